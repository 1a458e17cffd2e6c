using System.Globalization;
using System.Text.RegularExpressions;
using Farsight.Engine;

namespace Farsight.Alignment.Synthesis;

/// <summary>
/// The part of a dataset that one of several processes makes; all parts together are the file that one process would have made.
/// </summary>
/// <remarks>
/// The sample numbers 0, 1, 2, … are cut into groups that are answered together, and shard i of n has the groups i − 1, i − 1 + n, …. With
/// an
/// endpoint a group is one number; with the local model it is several, because the bits of an answer may depend on what is decoded beside
/// it.
/// </remarks>
/// <param name="Number">i, from 1.</param>
/// <param name="Count">n.</param>
public sealed partial record SynthesisShard(int Number, int Count)
{
    /// <summary>Reads "2/4".</summary>
    /// <exception cref="InputException">The text is not of this form, or there is no such part.</exception>
    public static SynthesisShard Parse(string text) =>
        Form().Match(text) is { Success: true } match
        && int.TryParse(match.Groups[1].Value, CultureInfo.InvariantCulture, out int number)
        && int.TryParse(match.Groups[2].Value, CultureInfo.InvariantCulture, out int count)
        && number >= 1 && number <= count
            ? new(number, count)
            : throw new InputException($"--shard is {text}; write i/n, as 2/4 for the second of four parts.");

    /// <summary>The name of this part of a file: data.jsonl becomes data.shard-2-of-4.jsonl.</summary>
    public string PathOf(string output) => string.Create(
        CultureInfo.InvariantCulture,
        $"{Path.ChangeExtension(output, null)}.shard-{Number}-of-{Count}{Path.GetExtension(output)}");

    /// <summary>"2/4".</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Number}/{Count}");

    /// <summary>The groups of a part, or of all parts.</summary>
    /// <exception cref="InputException">There is none: the part would be empty.</exception>
    internal static int[][] GroupsOf(SynthesisShard? shard, int samples, int groupSize)
    {
        int[][] groups = [.. (shard ?? new(1, 1)).Groups(samples, groupSize)];
        int parts = (samples + groupSize - 1) / groupSize;
        return groups.Length > 0
            ? groups
            : throw new InputException(
                $"--shard {shard} would be empty: {samples} samples are written {groupSize} at a time and make {parts} parts at most; use {parts} or fewer."
            );
    }

    /// <summary>This part's groups of sample numbers, in order.</summary>
    /// <param name="samples">Of the whole dataset.</param>
    /// <param name="groupSize">Numbers of a group.</param>
    internal IEnumerable<int[]> Groups(int samples, int groupSize)
    {
        for (long first = (long)(Number - 1) * groupSize; first < samples; first += (long)Count * groupSize)
        {
            yield return [.. Enumerable.Range((int)first, (int)Math.Min(groupSize, samples - first))];
        }
    }

    [GeneratedRegex(@"^(\d{1,9})/(\d{1,9})$", RegexOptions.CultureInvariant)]
    private static partial Regex Form();
}
