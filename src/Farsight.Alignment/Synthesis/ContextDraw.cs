using Farsight.Alignment.Corpus;
using Farsight.Alignment.Data;
using Farsight.Engine.Numerics;

namespace Farsight.Alignment.Synthesis;

/// <summary>
/// Stage 3: draws contexts, N chunks with a question: one of the document's own, one for a fact put in, or one that the model writes.
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

    /// <summary>The context of one try; the same each time.</summary>
    internal async Task<DrawnContext> Draw(SampleTry at, AskModel ask, CancellationToken cancel)
    {
        if (_own.Length > 0 && at.Try == 0)
        {
            (Passage its, QuestionAnswer asked) = _own[at.Number % _own.Length]; // no question twice before each was asked once
            return Own(at, its, asked, at.Random(seed, "synth logo"), cancel);
        }
        SeededRandom random = at.Random(seed, "synth logo");
        Passage passage = corpus.Draw(ref random);
        return plan.For(passage) switch
        {
            QuestionSource.Own => Own(at, passage, random.Pick(passage.Questions), random, cancel),
            QuestionSource.Insert => new(facts.Draw(at, passage, ref random, cancel), null),
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

/// <summary>What decides a context.</summary>
/// <param name="Chunks">N.</param>
/// <param name="Threshold">δ, in the unit of the scorer.</param>
/// <param name="GoldIsChosen">All that a gold answer says must be in the context.</param>
sealed record ContextRules(int Chunks, double Threshold, bool GoldIsChosen = false);
