using System.Globalization;
using System.Text;
using Farsight.Engine;
using Farsight.Engine.Files;
using Farsight.Text.Conversations;

namespace Farsight.Alignment.Data.Exchange;

/// <summary>Represents the result of an import.</summary>
/// <param name="Lines">Lines read.</param>
/// <param name="Samples">Samples written; consecutive lines with the same prompt and chosen response form one sample.</param>
/// <param name="WithoutDocument">Samples whose prompt is a question without context.</param>
/// <param name="Dropped">Dropped lines by reason: "several_turns", "empty".</param>
public sealed record ImportCounts(int Lines, int Samples, int WithoutDocument, IReadOnlyDictionary<string, int> Dropped);

/// <summary>
/// Converts files in other programs' formats, including those of <see cref="PreferenceExport"/>, to a preference dataset.
/// </summary>
/// <remarks>
/// Such files have no chunks. The last paragraph of a prompt becomes the question, and the text before it the context: tokens of the given
/// tokenizer in chunks of equal length (the last may be shorter). The chunks have no scores: each counts as relevant with score 0, and as
/// seen by every response. A prompt of one paragraph is a question without context.
/// </remarks>
public static class PreferenceImport
{
    /// <summary>Writes the dataset, one sample in memory at a time.</summary>
    /// <param name="input">A .jsonl file.</param>
    /// <param name="output">The dataset; an existing file is replaced.</param>
    /// <param name="format">Encodes the contexts, for the model that will be trained.</param>
    /// <param name="chunkTokens">Tokens per chunk; &gt; 0.</param>
    /// <exception cref="InputException">The file is damaged, has an unknown format, or gives no sample; the message names the
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
