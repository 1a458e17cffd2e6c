using Farsight.Alignment.Answering;
using Farsight.Alignment.Fiction;
using Farsight.Engine.Numerics;
using Farsight.Evaluation.Benchmarks.Needles;
using Farsight.Evaluation.Core;
using Farsight.Evaluation.Metrics;

namespace Farsight.Evaluation.Benchmarks.RetrievalHeads;

/// <summary>Measures how much of a needle with three values each head copies while the model reads the right answer.</summary>
/// <remarks>
/// Version 1. Three sentences give three magic numbers for one key. The model does not answer: it is given the three sentences as its
/// answer (teacher forcing), so every example counts, whether the model would have found the needle or not. A head's score is its mean
/// over all examples; the tokens of an example are those of the three sentences. The task's number is the mean score of the heads above
/// 0.1; it can rise as heads fall below the threshold, so read it with their number. "ten best" is the mean of the ten best heads over all
/// examples. The needles lie at depth d and at d + (1 − d)·i/3.
/// </remarks>
sealed class RetrievalHeadsGiven : IObservedTask, IAggregatedTask
{
    const string Spans = "needle spans", Above = "heads above 0.1", TenBest = "ten best";
    const int Needles = 3;

    /// <inheritdoc/>
    public EvalTaskCard Card { get; } =
        new(
            "retrieval-heads/given",
            1,
            "Retrieval heads with given answers",
            "arXiv:2404.15574, equation 1; LOGO, appendix B and figure 7",
            "mean retrieval score of the heads above 0.1, over all examples",
            null)
        {
            IsPerLength = true,
            Metrics = [new(Above) { IsShare = false }, new(TenBest)],
        };

    /// <inheritdoc/>
    public IEnumerable<EvalExample> Examples(EvalSetting setting) =>
        NeedlePrompt.Each(setting, Card.Name, (ref SeededRandom random, string id, double depth, int number) =>
        {
            Needle[] needles = Draw(ref random);
            NeedleDraft draft = new(
                [.. needles.Select((n, i) => new PlacedNeedle(n, depth + (1 - depth) * i / Needles))],
                $"List all special magic numbers for {needles[0].Key}.",
                string.Join(' ', needles.Select(n => n.Answer)),
                [.. needles.Select(n => n.Value)]);
            EvalExample example = NeedlePrompt.Build(ref random, setting, Card.Name, id, depth, draft);
            IPromptText format = setting.FormatFor(Card.Name);
            int[] prompt = [.. ((EvalPrompt.Tokens)example.Prompt).Ids];
            return example with
            {
                GivenAnswer = format.Response(draft.Answer)[..^1],
                Details = new Dictionary<string, IReadOnlyList<string>>(example.Details)
                {
                    [Spans] = CopyScore.Write(needles.SelectMany(n => Span(prompt, format.Encode(" " + n.Sentence)))),
                },
            };
        });

    /// <inheritdoc/>
    public int? Count(EvalSetting setting) => NeedlePrompt.Count(setting);

    /// <summary>Scores the share of the values that an answer contains.</summary>
    public EvalScore Score(EvalExample example, string completion) =>
        new(TextMatch.ShareFound(completion, example.Details[NeedlePrompt.Values]));

    /// <inheritdoc/>
    public EvalScore Score(EvalExample example, string completion, HeadTrace heads)
    {
        (int, int)[] spans = [.. CopyScore.Read(example, Spans).Chunk(2).Select(s => (s[0], s[1]))];
        double[] scores = CopyScore.Of(heads, spans);
        Dictionary<string, double> beside = new() { [HeadRun.Counted] = 1 };
        CopyScore.AddHeads(beside, heads, scores);
        return new(MeanAbove(scores), beside);
    }

    /// <inheritdoc/>
    public EvalScore Aggregate(IReadOnlyList<ScoredExample> examples)
    {
        double[] scores = HeadRun.Means(examples);
        ScoredExample? measured = examples.FirstOrDefault(e => e.Score.Beside.ContainsKey(HeadRun.Layers));
        double heads = measured is null ? 1 : measured.Score.Beside[HeadRun.Layers] * measured.Score.Beside[HeadRun.Heads];
        return new(MeanAbove(scores), new Dictionary<string, double>
        {
            [Above] = scores.Count(s => s > HeadScores.Threshold),
            [TenBest] = scores.OrderDescending().Take(HeadScores.Best).Sum() / Math.Min(HeadScores.Best, heads),
        });
    }

    static Needle[] Draw(ref SeededRandom random)
    {
        Needle[] needles = new Needle[Needles];
        HashSet<string> inUse = [];
        for (int i = 0; i < Needles; i++)
        {
            Needle drawn = NeedleMaker.Make(ref random, NeedleKind.MagicNumber, NeedleSplit.Evaluation, inUse);
            needles[i] = i == 0 ? drawn : WithValue(needles[0], drawn.Value);
            inUse.UnionWith([drawn.Key, drawn.Value]);
        }
        return needles;
    }

    static Needle WithValue(Needle needle, string value)
    {
        string sentence = needle.Sentence.Replace(needle.Value, value, StringComparison.Ordinal);
        return needle with { Sentence = sentence, Answer = sentence, Value = value };
    }

    static int[] Span(int[] prompt, int[] sentence)
    {
        int start = prompt.AsSpan().IndexOf(sentence);
        return [start, start + sentence.Length];
    }

    static double MeanAbove(double[] scores)
    {
        double[] above = [.. scores.Where(s => s > HeadScores.Threshold)];
        return above.Length == 0 ? 0 : above.Average();
    }
}
