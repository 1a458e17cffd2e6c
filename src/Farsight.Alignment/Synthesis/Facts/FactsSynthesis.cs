using System.Text.Json;
using Farsight.Alignment.Data;
using Farsight.Alignment.Fiction.Facts;
using Farsight.Engine;
using Farsight.Engine.Numerics;

namespace Farsight.Alignment.Synthesis.Facts;

/// <summary>Plans dense-fact data: texts with many facts of one kind, questions about them, and the known answers.</summary>
/// <remarks>
/// All values of a document have the same form, so every other value is a plausible wrong answer. A rejected response is the chosen one
/// with one mistake of this kind. No model is asked.
/// </remarks>
static class FactsSynthesis
{
    const int FormatVersion = 2;

    /// <summary>Reads the documents and prepares the source of the samples.</summary>
    /// <exception cref="InputException">Options, model and documents do not fit together.</exception>
    internal static SynthesisPlan<FactsSettings> Plan(FactsOptions options, SynthesisModel model)
    {
        int chunkTokens = FactTexts.ChunkTokensOf(options.Length);
        ChunkedCorpus corpus = ChunkedCorpus.Read(
            options.CorpusOrDefault(), model.Format, new(options.Seed, chunkTokens, 1) { Keys = "length", PassageTokens = options.Length });
        IReadOnlyList<FactKind> kinds = options.KindsOrAll();
        string types = string.Join(", ", options.TypesOrAll.Select(t => Name(t)));
        FactsSettings settings = new(
            FormatVersion, "facts", model.Sha256, corpus.Sha256, options.Samples, options.Shard?.ToString(), options.Seed, types,
            string.Join(", ", kinds.Select(k => k.Name)), options.Facts, options.QuestionsPerDocument, options.Length, chunkTokens,
            options.Negatives == Negatives.None ? 0 : options.Rejected, Name(options.Negatives));
        FactTexts texts = new(model.Tokenizer, corpus, options.Length);
        FactSamples samples = new(options, kinds, texts, model.Readable);
        return new(settings, corpus.Counts, $"{QuestionPlan.Planted} ({types})", samples);
    }

    static string Name(Enum value) => JsonNamingPolicy.SnakeCaseLower.ConvertName(value.ToString());
}

/// <summary>Makes dense-fact samples. Types and kinds take turns, so that every type meets every kind.</summary>
/// <param name="options">The options.</param>
/// <param name="kinds">Kinds in the order of their turns.</param>
/// <param name="texts">Draws texts and inserts facts.</param>
/// <param name="readable">Formats chunks and question for people.</param>
sealed class FactSamples(
    FactsOptions options, IReadOnlyList<FactKind> kinds, FactTexts texts, Func<IEnumerable<int[]>, string, string> readable
) : ISampleSource
{
    const int MaxTexts = 16;

    /// <inheritdoc/>
    public Task<SampleOutcome> MakeSample(SampleTry at, AskModel ask, CancellationToken cancel)
    {
        SeededRandom random = at.Random(options.Seed, "synth facts");
        FactQuestionType type = options.TypesOrAll[at.Number % options.TypesOrAll.Count];
        FactKind kind = kinds[at.Number / options.TypesOrAll.Count % kinds.Count];
        (int least, int most) = options.FactRange;
        int items = FactSheet.ItemsOf(type, random.Next(least, most + 1));
        int absent = type == FactQuestionType.Absent ? (options.QuestionsPerDocument + 1) / 2 : 0;
        for (int i = 0; i < MaxTexts; i++)
        {
            FactSheet sheet = FactSheet.Draw(ref random, kind, type, items, absent);
            if (texts.Draw(sheet, ref random) is { } text)
            {
                return Task.FromResult(new SampleOutcome(null, Sample(at, type, sheet, text, ref random), null, []));
            }
        }
        return Task.FromResult(new SampleOutcome(null, null, DropReason.KeyInContext, []));
    }

    PreferenceSample Sample(SampleTry at, FactQuestionType type, FactSheet sheet, FactText text, ref SeededRandom random)
    {
        PreferenceTurn[] questions = new PreferenceTurn[options.QuestionsPerDocument];
        FactItem[] stated = [.. sheet.Items];
        random.Shuffle<FactItem>(stated);
        for (int k = 0; k < questions.Length; k++)
        {
            // Every second question of the type has an answer, so that a model cannot learn to refuse always.
            bool isAbsent = type == FactQuestionType.Absent && k % 2 == 0;
            FactItem item = isAbsent ? sheet.Absent[k / 2] : stated[k];
            questions[k] = Question(type, sheet, item, text, ref random, at.Random(options.Seed, $"synth facts/rejected {k}"));
        }
        PreferenceTurn first = questions[0];
        ContextChunk[] context =
        [
            .. text.Chunks.Select((c, i) => c with
            {
                Score = first.Seen.Chosen.Contains(i) ? 1 : 0,
                Role = first.Seen.Chosen.Contains(i) ? ChunkRole.Relevant
                    : text.FactChunks.Contains(i) ? ChunkRole.Partial
                    : ChunkRole.Irrelevant,
            }),
        ];
        SampleProvenance provenance = new(
            [.. context.Select(c => c.Document).Distinct()], options.Seed, at.Number, first.Seen, null, first.Fact, null, first.Origin,
            at.Try > 0 ? at.Try : null, true);
        return new(
            $"facts-{options.Seed}-{at.Number}", context, first.Question, first.Chosen, first.Rejected, provenance,
            readable(context.Select(c => c.Tokens), first.Question), Questions: questions.Length > 1 ? questions[1..] : null);
    }

    /// <summary>Asks about an item.</summary>
    /// <param name="type">The type of the document.</param>
    /// <param name="sheet">The facts of the document.</param>
    /// <param name="item">The item to ask about.</param>
    /// <param name="text">Where the facts are.</param>
    /// <param name="random">Draws the wording; advanced.</param>
    /// <param name="wrong">Draws the rejected responses, apart from everything else, so that it is the same without them.</param>
    PreferenceTurn Question(
        FactQuestionType type, FactSheet sheet, FactItem item, FactText text, ref SeededRandom random, SeededRandom wrong)
    {
        FactQuestion question = sheet.Ask(ref random, item);
        string[] rejected = options.Negatives == Negatives.None
            ? []
            : [.. MinimalPairs.Of(type, sheet, question, wrong).Take(options.Rejected)];
        int[] sentences = [.. Enumerable.Range(0, sheet.Sentences.Count).Where(i => sheet.Items[sheet.Sentences[i].Item] == item)];
        int[] stating = [.. sentences.Where(i => sheet.Sentences[i].Value is not null)];
        InsertedFact? fact = stating is [int only] ? new(sheet.Sentences[only].Text, item.Values[0], text.FactChunks[only]) : null;
        SeenChunks seen = new(
            [.. sentences.Select(i => text.FactChunks[i]).Distinct().Order()], [.. rejected.Select(_ => Array.Empty<int>())]);
        return new(question.Question, question.Answer, rejected, seen, QuestionOrigin.Fact, fact);
    }
}
