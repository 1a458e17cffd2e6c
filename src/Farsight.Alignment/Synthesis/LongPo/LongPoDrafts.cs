using Farsight.Alignment.Corpus;
using Farsight.Alignment.Data;
using Farsight.Alignment.Fiction;
using Farsight.Engine.Numerics;

namespace Farsight.Alignment.Synthesis.LongPo;

/// <summary>
/// Drafts the turns about a subject: instructions that the model writes, the document's own questions, or questions about inserted facts.
/// </summary>
sealed class LongPoDrafts(SynthesisModel model, LongPoSubjects subjects, QuestionPlan plan, PassageScores scores, LongPoSettings settings)
{
    const double Temperature = 0.7; // of instructions
    const int MaxInstructionTokens = 512;

    readonly FactPlacement _placement = new(model.Tokenizer, model.Format);

    /// <summary>Drafts one try, or returns the reason for failing.</summary>
    internal async Task<(LongPoDraft? Draft, string? Fault)> Draw(SampleTry at, AskModel ask, CancellationToken cancel)
    {
        LongPoSubject subject = subjects.Draw(at);
        SeededRandom random = at.Random(settings.Seed, "synth longpo");
        return plan.For(subject.Document.Passage) switch
        {
            QuestionSource.Own => Own(at, subject, cancel),
            QuestionSource.Insert => (Insert(at, subject, ref random), null),
            _ => await Write(at, subject, random, ask).ConfigureAwait(false),
        };
    }

    async Task<(LongPoDraft?, string?)> Write(SampleTry at, LongPoSubject subject, SeededRandom random, AskModel ask)
    {
        IReadOnlyList<SourceChunk> chunks = subject.Document.Passage.Chunks;
        ResponseRequest[] asks = new ResponseRequest[subject.Chunks.Count];
        for (int k = 0; k < asks.Length; k++)
        {
            asks[k] = new(
                chunks[subject.Chunks[k]].Tokens,
                random.Pick(LongPoPhrases.Requests),
                Math.Max(MaxInstructionTokens, settings.MaxNewTokens),
                Temperature,
                at.Random(settings.Seed, $"synth longpo/instructions {k}"));
        }
        IReadOnlyList<string?> texts = await ask(asks).ConfigureAwait(false);
        List<TurnDraft> turns = [];
        foreach ((int chunk, string? text) in subject.Chunks.Zip(texts))
        {
            IReadOnlyList<string> instructions = text is null ? [] : InstructionParser.Read(text);
            if (instructions.Count == 0)
            {
                return (null, text is null ? DropReason.QuestionNoEnd : DropReason.QuestionUnparsed);
            }
            turns.Add(new(chunk, $"{random.Pick(LongPoPhrases.Prefixes)} {random.Pick(instructions)}", QuestionOrigin.Instruction));
        }
        return (Draft(at, chunks, turns), null);
    }

    /// <summary>Pairs each question with the chunk that scores best for it and its answer.</summary>
    (LongPoDraft?, string?) Own(SampleTry at, LongPoSubject subject, CancellationToken cancel)
    {
        Passage passage = subject.Document.Passage;
        List<TurnDraft> turns = [];
        foreach (QuestionAnswer own in subject.Own)
        {
            double[] values = scores.Of(passage, own.Question, own.Answer, cancel).Values;
            int best = subject.Document.Askable.MaxBy(i => values[i]);
            if (values[best] <= 0)
            {
                return (null, DropReason.NoRelevantChunk);
            }
            turns.Add(new(best, own.Question, QuestionOrigin.Document, own.Answer));
        }
        return (Draft(at, passage.Chunks, turns), null);
    }

    /// <summary>Inserts a fact into each chunk that is asked about, and misleading facts elsewhere if there is room.</summary>
    LongPoDraft Insert(SampleTry at, LongPoSubject subject, ref SeededRandom random)
    {
        LongDocument document = subject.Document;
        SourceChunk[] chunks = [.. document.Passage.Chunks];
        int[] elsewhere = [.. document.Askable.Except(subject.Chunks)];
        random.Shuffle<int>(elsewhere);
        int[] places = [.. subject.Chunks, .. elsewhere];
        List<Needle> needles = FactDraw.Draw(
            ref random,
            places.Length,
            n => _placement.Fits(n, settings.MinChunkTokens),
            least: subject.Chunks.Count);
        List<TurnDraft> turns = [];
        int room = settings.DocumentTokens - chunks.Sum(c => c.Tokens.Length);
        foreach ((Needle needle, int place) in needles.Zip(places))
        {
            int[] before = chunks[place].Tokens;
            int most = Math.Min(settings.ChunkTokens, before.Length + room);
            int[] tokens = _placement.Place(needle, place, before, most, ref random).Tokens;
            room -= tokens.Length - before.Length;
            chunks[place] = chunks[place] with { Tokens = tokens };
            turns.Add(new(place, needle.Question, QuestionOrigin.Fact, needle.Answer, new(needle.Sentence, needle.Value, place)));
        }
        LongPoDraft draft = Draft(at, chunks, [.. turns.Take(subject.Chunks.Count)]);
        int[] others = [.. turns.Skip(subject.Chunks.Count).Select(t => t.Chunk)];
        return draft with { Context = [.. draft.Context.Select((c, i) => others.Contains(i) ? c with { Role = ChunkRole.Partial } : c)] };
    }

    /// <summary>Assigns roles without scores, because the chunks that answer are known.</summary>
    static LongPoDraft Draft(SampleTry at, IReadOnlyList<SourceChunk> chunks, IReadOnlyList<TurnDraft> turns) =>
        new(
            at,
            [
                .. chunks.Select(
                    (c, i) =>
                        new ContextChunk(
                            c.Document,
                            c.Index,
                            c.Tokens,
                            0,
                            turns.Any(t => t.Chunk == i) ? ChunkRole.Relevant : ChunkRole.Irrelevant)),
            ],
            turns);
}

/// <summary>Represents a turn before its responses are written.</summary>
/// <param name="Chunk">Index of the chunk that answers: the short context.</param>
/// <param name="Question">The question, including its prefix.</param>
/// <param name="Origin">Origin of the question.</param>
/// <param name="Gold">The known answer; null if none is known.</param>
/// <param name="Fact">The fact inserted into the chunk; null for none.</param>
sealed record TurnDraft(int Chunk, string Question, QuestionOrigin Origin, string? Gold = null, InsertedFact? Fact = null);

/// <summary>Represents a sample before its responses are written.</summary>
/// <param name="At">The sample and the try.</param>
/// <param name="Context">The long context.</param>
/// <param name="Turns">[K] The turns.</param>
sealed record LongPoDraft(SampleTry At, IReadOnlyList<ContextChunk> Context, IReadOnlyList<TurnDraft> Turns)
{
    /// <summary>Tokens of the whole context.</summary>
    internal int[] Long { get; } = [.. Context.SelectMany(c => c.Tokens)];
}
