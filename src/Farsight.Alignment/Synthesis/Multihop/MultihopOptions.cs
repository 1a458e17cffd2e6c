using System.Globalization;
using System.Text.Json.Serialization;
using Farsight.Alignment.Data;
using Farsight.Alignment.Synthesis.Methods;
using Farsight.Alignment.Synthesis.Quality;
using Farsight.Alignment.Synthesis.Scoring;
using Farsight.Engine.Numerics;

namespace Farsight.Alignment.Synthesis.Multihop;

/// <summary>Holds the options of multi-hop data (MIMG): questions about one chunk, merged across related documents.</summary>
public record MultihopOptions(string Model, string Documents, int Samples, int Seed, string Out)
    : MethodOptions(Model, Documents, Samples, Seed, Out)
{
    const int MaxHops = 8;

    /// <summary>Chunks of different documents that a question needs; 2 to 8.</summary>
    public int Hops { get; init; } = 2;

    /// <summary>Other documents that compete to be the next one; the most related chunk wins.</summary>
    public int Candidates { get; init; } = 16;

    internal override string Method => "multihop";

    /// <inheritdoc/>
    [JsonIgnore]
    public override int UsualChunkTokens => 2048;

    internal override string Questions => "written by the model about several documents";

    /// <inheritdoc/>
    public override void Check()
    {
        base.Check();
        AtLeast("hops", Hops, 2);
        if (Hops > MaxHops)
        {
            throw new OptionException("hops", $"is {Hops}; use {MaxHops} or fewer.");
        }
        AtLeast("candidates", Candidates, 1);
    }

    internal override MethodSettings Settings(MethodSettings common) => new MultihopSettings(common, Hops, Candidates);

    internal override ISampleSource Source(MethodParts parts) => new MultihopSamples(parts, Hops, Candidates);
}

/// <summary>Adds the settings of MIMG.</summary>
/// <param name="Common">The common settings.</param>
/// <param name="Hops">Documents that a question needs.</param>
/// <param name="Candidates">Competing documents per hop.</param>
sealed record MultihopSettings([property: JsonIgnore] MethodSettings Common, int Hops, int Candidates) : MethodSettings(Common);

/// <summary>Makes multi-hop samples with four roles that one model plays: single-hop writer, quality verifier, merger, and a sampler of
/// related documents.</summary>
/// <remarks>
/// Source: MIMG and LongMIT, arXiv:2409.01893; the prompts are ours. Related chunks are found by shared terms, weighted by rarity, instead
/// of embeddings. A failed step drops the sample, where the authors' code silently writes fewer hops, so the number of relevant chunks is
/// the number of hops. The writer may use its chunk only. <c>not_multi_hop</c> in the summary counts the merged questions that the verifier
/// refuses.
/// </remarks>
sealed class MultihopSamples(MethodParts parts, int hops, int candidates) : MethodSource(parts)
{
    static readonly IChunkScorer s_related = ChunkScorers.Open("evidence", null);

    const string Single =
        "Write one question about a number, a time, a person or a place in this text, and its short answer from this text alone. Name in "
        + "the question what it is about, without words such as \"he\", \"it\" or \"this\" that only the text explains. "
        + MethodPrompts.Form;

    private protected override async Task<SampleOutcome> Make(MethodTry attempt, CancellationToken cancel)
    {
        SeededRandom random = attempt.Random();
        List<SourceChunk> gold = [Parts.Pool.DrawChunk(ref random)];
        WrittenQuestion merged = await Write(attempt, 0, gold[0]).ConfigureAwait(false);
        for (int hop = 1; hop < hops && merged.Fault is null; hop++)
        {
            if (Related(gold, merged, ref random, cancel) is not { } next)
            {
                return attempt.Drop(DropReason.NoRelatedDocument);
            }
            gold.Add(next);
            WrittenQuestion other = await Write(attempt, hop, next).ConfigureAwait(false);
            merged = other.Fault is null ? await Merge(attempt, hop, merged, other).ConfigureAwait(false) : other;
        }
        string? fault = merged.Fault
            ?? ResponseReason.Of("chosen", ResponseFilters.OfChosen(merged.Question, merged.Answer, [Parts.TextOf(gold)]));
        if (fault is not null)
        {
            return attempt.Drop(fault);
        }
        int count = Math.Max(gold.Count, Parts.DrawCount(ref random));
        SourceChunk[] others = Parts.Pool.DrawOthers(count - gold.Count, [.. gold.Select(g => g.Document)], ref random);
        return attempt.Keep(
            MethodParts.Mix(gold, others, ref random), QuestionOrigin.MultiDetail, merged.Question, merged.Answer, [], [],
            string.Create(CultureInfo.InvariantCulture, $"{gold.Count}"));
    }

    /// <summary>Writes a question about one chunk and verifies that it can be understood alone.</summary>
    static async Task<WrittenQuestion> Write(MethodTry attempt, int hop, SourceChunk chunk)
    {
        WrittenQuestion written = await attempt.AskQuestion(new($"question {hop}", [chunk], Single), QuestionOrigin.SingleDetail)
            .ConfigureAwait(false);
        if (written.Fault is not null)
        {
            return written;
        }
        string? verdict = await attempt.Ask(new(
            $"clear {hop}", [],
            $"Question: {written.Question}\n\nCan a reader who has not seen the text tell what the question is about, without an "
                + "unresolved word such as \"he\", \"it\" or \"this company\"? Answer with yes or no first.",
            0)).ConfigureAwait(false);
        return MethodTry.IsYes(verdict) ? written : WrittenQuestion.Bad(DropReason.QuestionUnclear);
    }

    /// <summary>Merges two questions into one and verifies that it needs both.</summary>
    static async Task<WrittenQuestion> Merge(MethodTry attempt, int hop, WrittenQuestion a, WrittenQuestion b)
    {
        string both = $"Question 1: {a.Question}\nAnswer 1: {a.Answer}\nQuestion 2: {b.Question}\nAnswer 2: {b.Answer}";
        WrittenQuestion merged = await attempt.AskQuestion(
            new(
                $"merge {hop}", [],
                $"{both}\n\nWrite one new question that can be answered only with both answers, for example by comparing times, numbers or "
                    + "persons, or by using one answer to find the other. Change no fact. Give the reasoning in the answer. "
                    + MethodPrompts.Form),
            QuestionOrigin.MultiDetail).ConfigureAwait(false);
        if (merged.Fault is not null)
        {
            return merged;
        }
        string? verdict = await attempt.Ask(new(
            $"hops {hop}", [],
            $"{both}\n\nNew question: {merged.Question}\nNew answer: {merged.Answer}\n\nDoes the new question need both answers, and is "
                + "the new answer right? Answer with yes or no first.",
            0)).ConfigureAwait(false);
        return MethodTry.IsYes(verdict) ? merged : WrittenQuestion.Bad(DropReason.NotMultiHop);
    }

    /// <summary>Finds the most related chunk of a document that is not in use; null if none shares a term.</summary>
    SourceChunk? Related(List<SourceChunk> gold, WrittenQuestion question, ref SeededRandom random, CancellationToken cancel)
    {
        SourceChunk[] drawn = Parts.Pool.DrawCandidates(candidates, [.. gold.Select(g => g.Document)], ref random);
        if (drawn.Length == 0)
        {
            return null;
        }
        double[] scores = s_related.Read([.. drawn.Select(c => Parts.TextOf([c]))], cancel)
            .Scores($"{question.Question} {question.Answer}", "", cancel);
        int best = Array.IndexOf(scores, scores.Max());
        return scores[best] > 0 ? drawn[best] : null;
    }
}
