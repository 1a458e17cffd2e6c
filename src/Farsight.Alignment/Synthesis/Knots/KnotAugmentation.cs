using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Farsight.Alignment.Corpus;
using Farsight.Alignment.Runs;
using Farsight.Engine;
using Farsight.Engine.Files;
using Farsight.Engine.Numerics;
using Farsight.Text.Tokenizers;

namespace Farsight.Alignment.Synthesis.Knots;

/// <summary>Holds the options of Untie the Knots.</summary>
/// <param name="Documents">How the documents are read.</param>
/// <param name="Tokenizer">tokenizer.json file or model directory; measures the sequences.</param>
/// <param name="Out">The .jsonl file; it must not exist.</param>
/// <param name="Length">Tokens per sequence.</param>
/// <param name="Seed">Seeds every random choice.</param>
public sealed record KnotOptions(CorpusOptions Documents, string Tokenizer, string Out, int Length, int Seed)
{
    /// <summary>Probability that a sequence is tied; the others are documents in sequence.</summary>
    public double Probability { get; init; } = 0.3;

    /// <summary>Maximum pieces per document.</summary>
    public int MaxPieces { get; init; } = 3;

    /// <summary>Whether the pieces of a document keep their order.</summary>
    public bool KeepsOrder { get; init; }

    /// <summary>The part to make when several processes share the work; null for the whole file.</summary>
    public SynthesisShard? Shard { get; init; }

    /// <summary>The file that is written.</summary>
    public string File => Shard?.PathOf(Out) ?? Out;

    /// <summary>Checks the values.</summary>
    /// <exception cref="OptionException">A value cannot be used.</exception>
    public void Check()
    {
        if (Length < 1)
        {
            throw new OptionException("length", $"is {Length}; use 1 or more.");
        }
        if (!(Probability is >= 0 and <= 1))
        {
            throw new OptionException("probability", "must be 0 to 1.");
        }
        if (MaxPieces < 2)
        {
            throw new OptionException("max_pieces", $"is {MaxPieces}; use 2 or more, because one piece makes no knot.");
        }
    }
}

/// <summary>Packs documents into sequences and ties some of them, as documents for continued pre-training.</summary>
/// <remarks>
/// A line of the file has "id", "text", "documents", and for a tied sequence "unlearned": ranges of characters that the paper leaves out of
/// the loss. <c>farsight pretrain</c> reads the text only and learns all of it. A sequence is cut off at its length, because marks and
/// tasks push text beyond it; the rest of a document that fills a sequence begins the next one before anything is tied.
/// </remarks>
public static class KnotAugmentation
{
    const int MaxCharactersPerToken = 16; // on average; bounds the text that is encoded to find a cut

    static readonly JsonSerializerOptions s_line = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>
    /// Writes the sequences with their summary and card, or resumes where a process was stopped: the sequences that it wrote are kept, and
    /// the documents before them are packed again.
    /// </summary>
    /// <param name="options">The options.</param>
    /// <param name="cancel">Saves and stops; the same call resumes.</param>
    /// <param name="progress">Receives the number of packed sequences.</param>
    /// <returns>The counts.</returns>
    /// <exception cref="InputException">Options or documents cannot be used, the file exists, or it was started with other settings or
    /// documents.</exception>
    /// <exception cref="OperationCanceledException">Cancelled; the same call resumes.</exception>
    public static KnotCounts Write(KnotOptions options, CancellationToken cancel, IProgress<int>? progress = null)
    {
        options.Check();
        if (KnotJournal.FinishRenamed(options.File) is { } finished)
        {
            return finished;
        }
        AtomicFile.RequireNew(options.File);
        Tokenizer tokenizer = Tokenizer.Load(options.Tokenizer);
        CorpusReport report = new();
        int number = 0, withMarks = 0;
        JsonObject settings = Settings(options);
        using KnotJournal journal = KnotJournal.Open(options.File, settings);
        IEnumerable<SourceDocument> documents = DocumentReader.Read(options.Documents, report).Where(IsUsable);
        foreach (KnotSequence sequence in Pack(documents, tokenizer, options.Length))
        {
            if (journal.IsNew(number))
            {
                if (cancel.IsCancellationRequested)
                {
                    journal.Save(number);
                    throw new OperationCanceledException(cancel);
                }
                if (options.Shard is null || number % options.Shard.Count == options.Shard.Number - 1)
                {
                    Tie(number, sequence);
                }
            }
            journal.Pass(sequence.Texts);
            number++;
            progress?.Report(number);
        }
        if (journal.Counts.Sequences == 0)
        {
            throw new InputException(
                number == 0
                    ? $"{options.Documents.Path} has no text; give at least one document."
                    : $"The documents make {number} sequences, and the shard {options.Shard} has none of them; use fewer shards.");
        }
        JsonObject read = report.ToJson();
        read["with_marks"] = withMarks;
        journal.Finish(new()
        {
            ["settings"] = settings.DeepClone(),
            ["documents"] = read,
            ["counts"] = new JsonObject
            {
                ["sequences"] = journal.Counts.Sequences,
                ["tied"] = journal.Counts.Tied,
                ["cut_characters"] = journal.Counts.CutCharacters,
            },
        });
        return journal.Counts with { WithMarks = withMarks };

        bool IsUsable(SourceDocument document)
        {
            bool hasMarks = KnotText.HasMarks(document.Text);
            withMarks += hasMarks ? 1 : 0;
            return !hasMarks;
        }

        void Tie(int at, KnotSequence sequence)
        {
            SeededRandom random = SeededRandom.For(options.Seed, "augment knots", at);
            bool isTied = random.NextDouble() < options.Probability;
            KnottedText text = isTied
                ? KnotText.Tie(sequence.Texts, options.MaxPieces, options.KeepsOrder, ref random)
                : new(string.Join("\n\n", sequence.Texts), []);
            KnottedText cut = text.Take(LengthOf(text.Text, tokenizer, options.Length));
            journal.Append(Line(options.Seed, at, sequence, cut), isTied, text.Text.Length - cut.Text.Length);
        }
    }

    /// <summary>Packs documents into sequences; a document that fills one continues in the next.</summary>
    static IEnumerable<KnotSequence> Pack(IEnumerable<SourceDocument> documents, Tokenizer tokenizer, int length)
    {
        KnotSequence open = new([], []);
        int room = length;
        foreach (SourceDocument document in documents)
        {
            string rest = document.Text.Trim();
            while (rest.Length > 0)
            {
                int end = LengthOf(rest, tokenizer, room);
                if (end > 0)
                {
                    open = new([.. open.Ids, document.Id], [.. open.Texts, rest[..end]]);
                    room -= tokenizer.Count(open.Texts[^1]);
                    rest = rest[end..];
                }
                if (rest.Length > 0 || room <= 0)
                {
                    if (open.Texts.Count == 0)
                    {
                        break; // not even one word fits
                    }
                    yield return open;
                    (open, room) = (new([], []), length);
                }
            }
        }
        if (open.Texts.Count > 0)
        {
            yield return open;
        }
    }

    /// <summary>Returns the number of characters that fit into a number of tokens, up to white space unless all fit.</summary>
    static int LengthOf(string text, Tokenizer tokenizer, int tokens)
    {
        if (tokens <= 0)
        {
            return 0;
        }
        string start = text[..(int)Math.Min(text.Length, (long)tokens * MaxCharactersPerToken)];
        int[] ids = tokenizer.Encode(start);
        if (ids.Length <= tokens && start.Length == text.Length)
        {
            return text.Length;
        }
        int end = Math.Min(start.Length, tokenizer.Decode(ids.AsSpan(0, Math.Min(ids.Length, tokens))).Length);
        while (end > 0 && !(end < text.Length && char.IsWhiteSpace(text[end])))
        {
            end--;
        }
        return end;
    }

    static string Line(int seed, int number, KnotSequence sequence, KnottedText text)
    {
        JsonObject line = new()
        {
            ["id"] = string.Create(CultureInfo.InvariantCulture, $"knots-{seed}-{number}"),
            ["text"] = text.Text,
            ["documents"] = new JsonArray([.. sequence.Ids.Select(d => JsonValue.Create(d))]),
        };
        if (text.Unlearned.Count > 0)
        {
            line["unlearned"] = new JsonArray([.. text.Unlearned.Select(u => new JsonArray(u.Start, u.End))]);
        }
        return line.ToJsonString(s_line);
    }

    static JsonObject Settings(KnotOptions options) => new()
    {
        ["method"] = KnotCard.Method,
        ["tokenizer"] = InputHash.OfFile(Tokenizer.FileOf(options.Tokenizer)),
        ["length"] = options.Length,
        ["probability"] = options.Probability,
        ["max_pieces"] = options.MaxPieces,
        ["keeps_order"] = options.KeepsOrder,
        ["shard"] = options.Shard?.ToString(),
        ["seed"] = options.Seed,
    };

    sealed record KnotSequence(IReadOnlyList<string> Ids, IReadOnlyList<string> Texts);
}

/// <summary>Counts the sequences of an augmentation.</summary>
/// <param name="Sequences">Sequences written.</param>
/// <param name="Tied">Sequences that are tied.</param>
/// <param name="CutCharacters">Characters beyond the length of their sequence, which are lost.</param>
/// <param name="WithMarks">Documents that contain a mark by chance and are left out.</param>
public sealed record KnotCounts(int Sequences, int Tied, long CutCharacters, int WithMarks);
