using System.Globalization;
using System.Text;
using Farsight.Engine;
using Farsight.Engine.Files;
using Farsight.Text.Conversations;

namespace Farsight.Alignment.Data.Exchange;

/// <summary>What came of importing.</summary>
/// <param name="Lines">Read.</param>
/// <param name="Samples">Written; lines that follow each other with the same prompt and chosen response are one.</param>
/// <param name="WithoutDocument">Of these, the ones whose prompt is a question alone.</param>
/// <param name="Dropped">Lines left out, by reason: "several_turns", "empty".</param>
public sealed record ImportCounts(int Lines, int Samples, int WithoutDocument, IReadOnlyDictionary<string, int> Dropped);

/// <summary>
/// Makes a preference dataset of files in other programs' formats, what <see cref="PreferenceExport"/> writes among them.
/// </summary>
/// <remarks>
/// Such files hold no chunks. The last paragraph of a prompt becomes the question, what is before it the context: tokens of the given
/// tokenizer, cut into chunks of equal length (the last may be shorter) that nobody scored: each counts as relevant with score 0 and as
/// seen by every response. A prompt of one paragraph is a question without context.
/// </remarks>
public static class PreferenceImport
{
    /// <summary>Writes the dataset, one sample in memory at a time.</summary>
    /// <param name="input">A .jsonl file.</param>
    /// <param name="output">The dataset; replaced if it is there.</param>
    /// <param name="format">Makes tokens of the contexts, for the model that will be trained.</param>
    /// <param name="chunkTokens">Tokens of a chunk; &gt; 0.</param>
    /// <exception cref="InputException">The file is damaged, in no format that is known, or gives no sample; the message names the
    /// line.</exception>
    public static ImportCounts Write(string input, string output, ChatFormat format, int chunkTokens)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(chunkTokens);
        SortedDictionary<string, int> dropped = new(StringComparer.Ordinal);
        int lines = 0,
            samples = 0,
            bare = 0;
        AtomicFile.Write(
            output,
            stream =>
            {
                foreach (List<(ForeignPreference Line, int Number)> group in Groups(Lines(input, dropped, () => lines++)))
                {
                    PreferenceSample sample = Sample(group, Path.GetFileName(input), samples++, format, chunkTokens);
                    bare += sample.Context.Count == 0 ? 1 : 0;
                    stream.Write(Encoding.UTF8.GetBytes(PreferenceLine.Format(sample) + "\n"));
                }
                if (samples == 0)
                {
                    throw new InputException(
                        $"{input} gives no sample ({lines} lines{string.Concat(dropped.Select(d => $", {d.Key} {d.Value}"))}).");
                }
            });
        return new(lines, samples, bare, dropped);
    }

    static IEnumerable<(ForeignPreference Line, int Number)> Lines(string input, SortedDictionary<string, int> dropped, Action count)
    {
        int number = 0;
        foreach (string json in PreferenceDataset.Lines(input, Path.GetFileName(input)))
        {
            number++;
            if (string.IsNullOrWhiteSpace(json))
            {
                continue;
            }
            count();
            ForeignPreference line = ForeignPreference.Parse(json, $"{Path.GetFileName(input)}:{number}");
            string? reason = line.Prompt is null ? "several_turns"
                : new[] { line.Prompt, line.Chosen, line.Rejected }.Any(string.IsNullOrWhiteSpace) ? "empty"
                : null;
            if (reason is null)
            {
                yield return (line, number);
            }
            else
            {
                dropped[reason] = dropped.GetValueOrDefault(reason) + 1;
            }
        }
    }

    static IEnumerable<List<(ForeignPreference Line, int Number)>> Groups(IEnumerable<(ForeignPreference Line, int Number)> lines)
    {
        List<(ForeignPreference Line, int Number)> group = [];
        foreach ((ForeignPreference Line, int Number) line in lines)
        {
            if (group.Count > 0 && group[0].Line with { Rejected = "" } != line.Line with { Rejected = "" })
            {
                yield return group;
                group = [];
            }
            group.Add(line);
        }
        if (group.Count > 0)
        {
            yield return group;
        }
    }

    static PreferenceSample Sample(
        List<(ForeignPreference Line, int Number)> group,
        string file,
        int index,
        ChatFormat format,
        int chunkTokens)
    {
        (ForeignPreference first, int number) = group[0];
        (string document, string question) = Parts(first.Prompt!);
        ContextChunk[] context =
            document.Length == 0
                ? []
                :
                [
                    .. format
                        .Context(document)
                        .Chunk(chunkTokens)
                        .Select((tokens, i) => new ContextChunk(file, i, tokens, 0, ChunkRole.Relevant)),
                ];
        int[] all = [.. Enumerable.Range(0, context.Length)];
        string[] rejected = [.. group.Select(g => g.Line.Rejected)];
        return new(
            first.Id ?? string.Create(CultureInfo.InvariantCulture, $"{file}#{number}"), context, question, first.Chosen, rejected,
            new([file], 0, index, new(all, [.. rejected.Select(_ => all)])), first.Prompt);
    }

    static (string Document, string Question) Parts(string prompt)
    {
        string whole = prompt.Trim();
        int at = whole.LastIndexOf("\n\n", StringComparison.Ordinal);
        return at < 0 ? ("", whole) : (whole[..at].TrimEnd(), whole[(at + 2)..].Trim());
    }
}
