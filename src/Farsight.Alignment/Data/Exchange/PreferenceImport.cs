using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Farsight.Alignment.Corpus.Chunks;
using Farsight.Alignment.Corpus.Reading;
using Farsight.Engine;
using Farsight.Engine.Files;
using Farsight.Text.Conversations;

namespace Farsight.Alignment.Data.Exchange;

/// <summary>Represents the result of an import.</summary>
/// <param name="Lines">Lines read.</param>
/// <param name="Samples">Samples written; consecutive lines with the same prompt and chosen response form one sample.</param>
/// <param name="WithoutDocument">Samples whose prompt is a question without context.</param>
/// <param name="Dropped">Dropped lines by reason, such as "different_prompts" or "empty".</param>
/// <param name="Unused">Fields of imported lines that a sample does not keep, such as "score", with the number of their lines.</param>
public sealed record ImportCounts(
    int Lines,
    int Samples,
    int WithoutDocument,
    IReadOnlyDictionary<string, DroppedLines> Dropped,
    IReadOnlyDictionary<string, int> Unused);

/// <summary>Represents the lines that were dropped for one reason.</summary>
/// <param name="Lines">Number of lines.</param>
/// <param name="First">Numbers of the first lines, at most 5, from 1.</param>
/// <param name="Reason">The reason as a clause, for messages.</param>
public sealed record DroppedLines(int Lines, IReadOnlyList<int> First, string Reason);

/// <summary>
/// Converts files in other programs' formats, including those of <see cref="PreferenceExport"/>, to a preference dataset.
/// </summary>
/// <remarks>
/// Such files have no chunks. The last paragraph of a prompt becomes the question, and the text before it the context: tokens of the
/// given tokenizer in chunks that end at sentences (<see cref="TokenChunks"/>). The chunks have no scores: each counts as relevant with
/// score 0, and as seen by every response. A prompt of one paragraph is a question without context. A system message and earlier turns
/// stay messages before it. A document in a field beside the prompt is the context, and the whole prompt the question. Lines with one
/// answer, for supervised fine-tuning, become samples without rejected responses; of a conversation, the last answer is the chosen
/// response. A file has lines of one kind. Line ends become "\n". A line that a sample cannot represent, or that repeats or contradicts
/// an earlier line, is dropped and reported with its number and the reason; nothing of a conversation is flattened. A file of BIO tags
/// (<see cref="EntityDocument"/>) has a line per document: the document, the question for its entities, and their list.
/// </remarks>
public static partial class PreferenceImport
{
    const int MaxPlaces = 5;

    /// <summary>Writes the dataset, one sample in memory at a time.</summary>
    /// <param name="input">A .jsonl, .parquet, .bio or .conll file.</param>
    /// <param name="output">The dataset; it must not exist.</param>
    /// <param name="format">Encodes the contexts, for the model that will be trained.</param>
    /// <param name="chunkTokens">Maximum tokens per chunk; &gt; 0.</param>
    /// <exception cref="InputException">The output exists, or the file is damaged, has an unknown format, or contains no usable sample; the
    /// message names the line.</exception>
    public static ImportCounts Write(string input, string output, ChatFormat format, int chunkTokens)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(chunkTokens);
        AtomicFile.RequireNew(output);
        ImportLog log = new();
        HashSet<string> ids = new(StringComparer.Ordinal);
        int samples = 0,
            bare = 0;
        AtomicFile.Write(
            output,
            stream =>
            {
                foreach (List<(ForeignPreference Line, int Number)> group in Groups(Lines(input, format, log)))
                {
                    PreferenceSample sample = Sample(group, Path.GetFileName(input), samples++, format, chunkTokens, ids);
                    bare += sample.Context.Count == 0 ? 1 : 0;
                    stream.Write(Encoding.UTF8.GetBytes(PreferenceLine.Format(sample) + "\n"));
                }
                if (samples == 0)
                {
                    throw log.Problem(input);
                }
            });
        return new(log.Lines, samples, bare, log.Dropped, log.Unused);
    }

    static IEnumerable<(ForeignPreference Line, int Number)> Lines(string input, ChatFormat format, ImportLog log)
    {
        PairCheck check = new(format);
        HashSet<UInt128> seen = [];
        bool? compares = null;
        int number = 0;
        IEnumerable<string> lines = ParquetLines.IsNamed(input) ? ParquetLines.Read(input)
            : BioLines.IsNamed(input) ? BioLines.Read(input)
            : PreferenceDataset.Lines(input);
        foreach (string json in lines)
        {
            number++;
            if (string.IsNullOrWhiteSpace(json))
            {
                continue;
            }
            log.Lines++;
            if (Read(json, $"{input}:{number}", number, check, log) is not { } pair)
            {
                continue;
            }
            string rejected = pair.Rejected ?? "";
            compares ??= pair.Rejected is not null;
            if (compares != (pair.Rejected is not null))
            {
                log.Drop(ImportFault.OtherKind, number);
            }
            else if (seen.Contains(Key(pair, rejected, pair.Chosen)))
            {
                log.Drop(ImportFault.Contradiction, number);
            }
            else if (!seen.Add(Key(pair, pair.Chosen, rejected)))
            {
                log.Drop(ImportFault.Duplicate, number);
            }
            else
            {
                log.CountUnused(pair.Unused);
                yield return (pair, number);
            }
        }
    }

    /// <summary>Returns a hash of prompt and responses, so that the lines of a large file are compared without keeping them.</summary>
    static UInt128 Key(ForeignPreference pair, string chosen, string rejected)
    {
        IEnumerable<string> parts =
        [
            .. pair.History.Concat(pair.ToolTurns).SelectMany(t => new[] { t.Role, t.Content, t.ToolCalls?.ToJsonString() ?? "" }),
            pair.Tools ?? "", pair.ChosenCalls ?? "", pair.Document ?? "", pair.Prompt.Trim(), chosen.Trim(),
            rejected.Trim(),
        ];
        string text = string.Concat(parts.Select(p => string.Create(CultureInfo.InvariantCulture, $"{p.Length}:{p}")));
        return BinaryPrimitives.ReadUInt128LittleEndian(SHA256.HashData(Encoding.UTF8.GetBytes(text)));
    }

    static ForeignPreference? Read(string json, string source, int number, PairCheck check, ImportLog log)
    {
        try
        {
            (ForeignPreference? pair, string? fault) = ForeignPreference.Parse(json, source);
            fault ??= check.Of(pair!);
            if (fault is null)
            {
                return pair;
            }
            log.Drop(fault, number);
        }
        catch (FormatException e)
        {
            log.FirstProblem ??= new InputException(e.Message, e);
            log.Drop(ImportFault.Malformed, number);
        }
        return null;
    }

    /// <summary>Groups consecutive lines with the same prompt and chosen response.</summary>
    static IEnumerable<List<(ForeignPreference Line, int Number)>> Groups(IEnumerable<(ForeignPreference Line, int Number)> lines)
    {
        List<(ForeignPreference Line, int Number)> group = [];
        foreach ((ForeignPreference Line, int Number) line in lines)
        {
            if (group.Count > 0 && !group[0].Line.HasPromptOf(line.Line))
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
        int chunkTokens,
        HashSet<string> ids)
    {
        (ForeignPreference first, int number) = group[0];
        (string document, string question) = first.Document is { } given ? (given, first.Prompt.Trim()) : Parts(first.Prompt);
        ContextChunk[] context =
            document.Length == 0
                ? []
                :
                [
                    .. TokenChunks.Cut(format.Context(document, first.History), format.Tokenizer, chunkTokens)
                        .Select((tokens, i) => new ContextChunk(file, i, tokens, 0, ChunkRole.Relevant)),
                ];
        int[] all = [.. Enumerable.Range(0, context.Length)];
        string[] rejected = [.. group.Select(g => g.Line.Rejected).OfType<string>()];
        return new(
            Id(first.Id, string.Create(CultureInfo.InvariantCulture, $"{file}#{number}"), ids), context, question, first.Chosen, rejected,
            new([file], 0, index, new(all, [.. rejected.Select(_ => all)])),
            first.Document is null ? first.Prompt.Trim() : $"{document}\n\n{question}", null,
            first.History.Count == 0 ? null : first.History)
        {
            Tools = Parse(first.Tools),
            ToolTurns = first.ToolTurns.Count == 0 ? null : first.ToolTurns,
            ChosenCalls = Parse(first.ChosenCalls),
        };
    }

    static JsonArray? Parse(string? json) => json is null ? null : JsonNode.Parse(json)!.AsArray();

    /// <summary>Returns the id of a line, or a free id that begins with the name of the line.</summary>
    static string Id(string? given, string ofLine, HashSet<string> ids)
    {
        string id = string.IsNullOrWhiteSpace(given) ? ofLine : given;
        for (int i = 1; !ids.Add(id); i++)
        {
            id = i == 1 ? ofLine : string.Create(CultureInfo.InvariantCulture, $"{ofLine}/{i}");
        }
        return id;
    }

    static (string Document, string Question) Parts(string prompt)
    {
        string whole = prompt.Trim();
        Match gap = LastEmptyLine().Match(whole);
        return gap.Success ? (whole[..gap.Index].TrimEnd(), whole[(gap.Index + gap.Length)..].Trim()) : ("", whole);
    }

    [GeneratedRegex(@"\n[ \t]*\n", RegexOptions.RightToLeft)]
    private static partial Regex LastEmptyLine();

    /// <summary>Counts lines and unused fields, and keeps the first places of each fault.</summary>
    sealed class ImportLog
    {
        readonly SortedDictionary<string, (int Count, List<int> First)> _dropped = new(StringComparer.Ordinal);
        readonly SortedDictionary<string, int> _unused = new(StringComparer.Ordinal);

        internal int Lines { get; set; }

        /// <summary>The first line of an unknown format, which explains a file without a single sample.</summary>
        internal InputException? FirstProblem { get; set; }

        internal IReadOnlyDictionary<string, DroppedLines> Dropped => _dropped.ToDictionary(
            d => d.Key, d => new DroppedLines(d.Value.Count, d.Value.First, ImportFault.Describe(d.Key)), StringComparer.Ordinal);

        internal IReadOnlyDictionary<string, int> Unused => _unused;

        internal void CountUnused(IEnumerable<string> fields)
        {
            foreach (string field in fields)
            {
                _unused[field] = _unused.GetValueOrDefault(field) + 1;
            }
        }

        internal void Drop(string fault, int number)
        {
            (int count, List<int> first) = _dropped.GetValueOrDefault(fault, (0, []));
            if (first.Count < MaxPlaces)
            {
                first.Add(number);
            }
            _dropped[fault] = (count + 1, first);
        }

        internal InputException Problem(string input) => FirstProblem ?? new InputException(
            $"{input} contains no usable sample ({Lines} {(Lines == 1 ? "line" : "lines")}"
                + string.Concat(_dropped.Select(d => $", {d.Key} {d.Value.Count}"))
                + ")"
                + string.Concat(_dropped.Take(1).Select(d => $". Line {d.Value.First[0]}: {ImportFault.Describe(d.Key)}"))
                + ".");
    }
}
