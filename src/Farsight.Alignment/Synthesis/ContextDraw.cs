using Farsight.Alignment.Corpus;
using Farsight.Alignment.Data;
using Farsight.Engine.Numerics;

namespace Farsight.Alignment.Synthesis;

/// <summary>
/// Stage 3: draws contexts of N chunks with a question: the document's own, one about an inserted fact, or one that the model writes.
/// </summary>
sealed class ContextDraw(
    ChunkedCorpus corpus,
    QuestionPlan plan,
    FactContexts facts,
    QuestionContexts questions,
    QuestionWriter writer,
    int seed)
{
    readonly (Passage Passage, QuestionAnswer Asked)[] _own = plan.Rest == QuestionSource.Own ? Shuffled(corpus, seed) : [];

    /// <summary>Draws the context of one try. The result is deterministic.</summary>
    internal async Task<DrawnContext> Draw(SampleTry at, AskModel ask, CancellationToken cancel)
    {
        if (_own.Length > 0 && at.Try == 0)
        {
            (Passage its, QuestionAnswer asked) = _own[at.Number % _own.Length]; // each question is used once before any is used twice
            return Own(at, its, asked, at.Random(seed, "synth logo"), cancel);
        }
        SeededRandom random = at.Random(seed, "synth logo");
        Passage passage = corpus.Draw(ref random);
        return plan.For(passage) switch
        {
            QuestionSource.Own => Own(at, passage, random.Pick(passage.Questions), random, cancel),
            QuestionSource.Insert => new(facts.Draw(at, passage, corpus.ChunkTokens, ref random, cancel), null),
            _ => await Written(at, passage, random, ask, cancel).ConfigureAwait(false),
        };
    }

    DrawnContext Own(SampleTry at, Passage passage, QuestionAnswer asked, SeededRandom random, CancellationToken cancel) =>
        new(questions.Around(new(at, QuestionOrigin.Document, passage, [], asked.Question, asked.Answer), ref random, cancel), null);

    async Task<DrawnContext> Written(SampleTry at, Passage passage, SeededRandom random, AskModel ask, CancellationToken cancel)
    {
        QuestionDraft draft = writer.Draw(at, passage, ref random);
        WrittenQuestion written = await writer.Write(draft, ask).ConfigureAwait(false);
        return written.Fault is { } fault
            ? new(null, fault)
            : new(
                questions.Around(new(at, draft.Origin, passage, draft.Chunks, written.Question, written.Answer), ref random, cancel),
                null);
    }

    static (Passage, QuestionAnswer)[] Shuffled(ChunkedCorpus corpus, int seed)
    {
        (Passage, QuestionAnswer)[] all = [.. corpus.Passages.SelectMany(p => p.Questions.Select(q => (p, q)))];
        SeededRandom.For(seed, "synth logo/own questions", 0).Shuffle<(Passage, QuestionAnswer)>(all);
        return all;
    }
}

/// <summary>Holds the rules for contexts.</summary>
/// <param name="Chunks">N, chunks per context.</param>
/// <param name="Threshold">δ, in the unit of the scorer.</param>
/// <param name="GoldIsChosen">Whether the gold answer becomes the chosen response, so that the context must contain all it says.</param>
sealed record ContextRules(int Chunks, double Threshold, bool GoldIsChosen = false);
