using System.Globalization;
using System.Text.RegularExpressions;
using Farsight.Engine;

namespace Farsight.Alignment.Synthesis;

/// <summary>
/// Represents the part of a dataset that one of several processes makes. All parts together equal the file of a single process.
/// </summary>
/// <remarks>
/// The sample numbers 0, 1, 2, … are split into groups that are answered together. Shard i of n has the groups i − 1, i − 1 + n, …. With an
/// endpoint, a group is one number. With the local model it has several, because the bits of an answer may depend on its batch.
/// </remarks>
/// <param name="Number">i, from 1.</param>
/// <param name="Count">n.</param>
public sealed partial record SynthesisShard(int Number, int Count)
{
    /// <summary>Parses "2/4".</summary>
    /// <exception cref="OptionException">The text has another form, or there is no such part.</exception>
    public static SynthesisShard Parse(string text) =>
        Form().Match(text) is { Success: true } match
        && int.TryParse(match.Groups[1].Value, CultureInfo.InvariantCulture, out int number)
        && int.TryParse(match.Groups[2].Value, CultureInfo.InvariantCulture, out int count)
        && number >= 1 && number <= count
            ? new(number, count)
            : throw new OptionException("shard", $"is {text}; write i/n, for example 2/4 for the second of four parts.");

    /// <summary>Returns the file name of this part: data.jsonl becomes data.shard-2-of-4.jsonl.</summary>
    public string PathOf(string output) => string.Create(
        CultureInfo.InvariantCulture,
        $"{Path.ChangeExtension(output, null)}.shard-{Number}-of-{Count}{Path.GetExtension(output)}");

    /// <summary>Returns "2/4".</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Number}/{Count}");

    /// <summary>Returns the groups of a part, or of all parts.</summary>
    /// <exception cref="OptionException">The part would be empty.</exception>
    internal static int[][] GroupsOf(SynthesisShard? shard, int samples, int groupSize)
    {
        int[][] groups = [.. (shard ?? new(1, 1)).Groups(samples, groupSize)];
        int parts = (samples + groupSize - 1) / groupSize;
        return groups.Length > 0
            ? groups
            : throw new OptionException(
                "shard",
                $"{shard} would be empty: {samples} samples in groups of {groupSize} make at most {parts} parts; use {parts} or fewer.");
    }

    /// <summary>Returns the groups of sample numbers of this part, in order.</summary>
    /// <param name="samples">Samples of the whole dataset.</param>
    /// <param name="groupSize">Sample numbers per group.</param>
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
