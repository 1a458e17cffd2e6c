using Farsight.Alignment.Answering;
using Farsight.Alignment.Fiction;
using Farsight.Engine.Numerics;
using Farsight.Evaluation.Benchmarks.Needles;
using Farsight.Evaluation.Core;
using Farsight.Evaluation.Metrics;

namespace Farsight.Evaluation.Benchmarks.RetrievalHeads;

/// <summary>Finds the heads that copy a needle, with the needles of needle/single in the model's own chat format.</summary>
/// <remarks>
/// Version 1. Differs from <see cref="RetrievalHeadsOriginal"/>: the needle's place is known and not searched for; all of it is asked for;
/// because most of an answer's words stand in the question, a run counts only where the number is right.
/// </remarks>
sealed class RetrievalHeadsTask : IObservedTask, IAggregatedTask
{
    const string Span = "needle span", Gold = "gold";

    /// <inheritdoc/>
    public EvalTaskCard Card { get; } =
        new(
            "retrieval-heads",
            1,
            "Retrieval heads",
            "arXiv:2404.15574, equation 1; LOGO, appendix B",
            "mean retrieval score of the ten best heads",
            null)
        {
            IsPerLength = true,
        };

    /// <inheritdoc/>
    public IEnumerable<EvalExample> Examples(EvalSetting setting) =>
        NeedlePrompt.Each(setting, Card.Name, (ref SeededRandom random, string id, double depth, int number) =>
        {
            Needle needle = NeedleMaker.Make(ref random, NeedleKind.MagicNumber, NeedleSplit.Evaluation, new HashSet<string>());
            EvalExample example = NeedlePrompt.Build(
                ref random, setting, Card.Name, id, depth, NeedleDraft.One(needle, depth));
            int[] sentence = setting.FormatFor(Card.Name).Encode(" " + needle.Sentence);
            int start = ((EvalPrompt.Tokens)example.Prompt).Ids.ToArray().AsSpan().IndexOf(sentence);
            return example with
            {
                Details = new Dictionary<string, IReadOnlyList<string>>(example.Details)
                {
                    [Span] = CopyScore.Write([start, start + sentence.Length]),
                    [Gold] = CopyScore.Write(setting.FormatFor(Card.Name).Response(needle.Answer)[..^1]),
                },
            };
        });

    /// <inheritdoc/>
    public int? Count(EvalSetting setting) => NeedlePrompt.Count(setting);

    /// <summary>Scores 1 when the number was found.</summary>
    public EvalScore Score(EvalExample example, string completion) => EvalScore.Of(IsFound(example, completion));

    /// <inheritdoc/>
    public EvalScore Score(EvalExample example, string completion, HeadTrace heads)
    {
        int[] span = CopyScore.Read(example, Span);
        return CopyScore.Score(heads, span[0], span[1], CopyScore.Read(example, Gold), IsFound(example, completion));
    }

    /// <inheritdoc/>
    public EvalScore Aggregate(IReadOnlyList<ScoredExample> examples) => CopyScore.Aggregate(examples);

    static bool IsFound(EvalExample example, string completion) =>
        TextMatch.ShareFound(completion, example.Details[NeedlePrompt.Values]) == 1;
}
