using System.Globalization;
using Farsight.Alignment.Answering;
using Farsight.Engine.Numerics;
using Farsight.Evaluation.Core;
using Farsight.Evaluation.Metrics;

namespace Farsight.Evaluation.Benchmarks.RetrievalHeads;

/// <summary>Computes how much of a needle each head copied in one run.</summary>
/// <remarks>
/// A head copies a token when the place that it attends to most, as the token is chosen, lies in the needle and holds that token. Its
/// score is the number of tokens it copied over the needle's tokens. Source: arXiv:2404.15574, equation 1; nightdessert/Retrieval_Head
/// @3ac171a, retrieval_head_detection.py.
/// </remarks>
static class CopyScore
{
    /// <summary>Computes the scores [L · H] of one needle.</summary>
    /// <param name="heads">Where the heads looked.</param>
    /// <param name="start">Place of the needle's first token in the prompt.</param>
    /// <param name="end">The place after its last.</param>
    public static double[] Of(HeadTrace heads, int start, int end) => Of(heads, [(start, end)]);

    /// <summary>Computes the scores [L · H] of several needles that do not overlap, over the tokens of all of them.</summary>
    /// <param name="heads">Where the heads looked.</param>
    /// <param name="needles">Place of each needle's first token in the prompt, and the place after its last.</param>
    public static double[] Of(HeadTrace heads, IReadOnlyList<(int Start, int End)> needles)
    {
        double[] scores = new double[heads.Layers * heads.Heads];
        for (int t = 0; t < heads.Tokens.Count; t++)
        {
            for (int h = 0; h < scores.Length; h++)
            {
                int place = heads.Peaks[t][h];
                if (needles.Any(n => place >= n.Start && place < n.End) && heads.Prompt[place] == heads.Tokens[t])
                {
                    scores[h]++;
                }
            }
        }
        return [.. scores.Select(s => s == 0 ? 0 : s / needles.Sum(n => n.End - n.Start))];
    }

    /// <summary>
    /// Finds the first window of the prompt, as long as the needle, with more than 90 % of the needle's distinct tokens; (−1, −1) for
    /// none.
    /// </summary>
    /// <remarks>So does the original, because a needle's first and last tokens may be others inside a text.</remarks>
    public static (int Start, int End) Find(IReadOnlyList<int> prompt, IReadOnlyList<int> needle)
    {
        HashSet<int> wanted = [.. needle];
        for (int start = 0; start < prompt.Count; start++)
        {
            int end = Math.Min(start + needle.Count, prompt.Count);
            int found = Enumerable.Range(start, end - start).Select(i => prompt[i]).Where(wanted.Contains).Distinct().Count();
            if ((double)found / wanted.Count > 0.9)
            {
                return (start, start + needle.Count);
            }
        }
        return (-1, -1);
    }

    /// <summary>Computes the share of the gold answer's tokens that an answer contains, each as often as the answer has it.</summary>
    public static double Recall(IReadOnlyList<int> gold, IReadOnlyList<int> answer) =>
        gold.Count == 0 ? 0 : (double)CommonElements.Count(gold, answer) / gold.Count;

    /// <summary>
    /// Computes the score of one example: the mean of its ten best heads, or 0 where the run does not count; all heads' scores are beside
    /// it.
    /// </summary>
    internal static EvalScore Score(HeadTrace heads, int start, int end, IReadOnlyList<int> gold, bool isFound)
    {
        double[] scores = Of(heads, start, end);
        Dictionary<string, double> beside = new()
        {
            [HeadRun.Counted] = isFound ? 1 : 0,
            [HeadRun.Recall] = Recall(gold, heads.Tokens),
        };
        AddHeads(beside, heads, scores);
        return new(isFound ? scores.OrderDescending().Take(HeadScores.Best).Average() : 0, beside);
    }

    /// <summary>Writes the scores of all heads beside an example's score.</summary>
    internal static void AddHeads(Dictionary<string, double> beside, HeadTrace heads, double[] scores)
    {
        beside[HeadRun.Layers] = heads.Layers;
        beside[HeadRun.Heads] = heads.Heads;
        for (int h = 0; h < scores.Length; h++)
        {
            if (scores[h] > 0)
            {
                beside[HeadRun.Name(h / heads.Heads, h % heads.Heads)] = scores[h];
            }
        }
    }

    /// <summary>Computes the result of several examples: the mean of the ten heads that are best over all runs that count.</summary>
    internal static EvalScore Aggregate(IReadOnlyList<ScoredExample> examples)
    {
        ScoredExample[] counted = [.. examples.Where(e => e.Score.Beside.GetValueOrDefault(HeadRun.Counted) == 1)];
        double[] scores = HeadRun.Means(counted), best = [.. scores.OrderDescending().Take(HeadScores.Best)];
        double heads = counted.Length == 0 ? 1 : counted[0].Score.Beside[HeadRun.Layers] * counted[0].Score.Beside[HeadRun.Heads];
        return new(best.Sum() / Math.Min(HeadScores.Best, heads), new Dictionary<string, double>
        {
            [HeadRun.Counted] = (double)counted.Length / examples.Count,
            [HeadRun.Recall] = examples.Average(e => e.Score.Beside.GetValueOrDefault(HeadRun.Recall)),
            ["> 0.1"] = scores.Count(s => s > HeadScores.Threshold) / heads,
        });
    }

    /// <summary>Writes ids in the form of an example's details.</summary>
    internal static IReadOnlyList<string> Write(IEnumerable<int> ids) => [.. ids.Select(i => i.ToString(CultureInfo.InvariantCulture))];

    /// <summary>Reads ids from an example's details.</summary>
    internal static int[] Read(EvalExample example, string detail) =>
        [.. example.Details[detail].Select(i => int.Parse(i, CultureInfo.InvariantCulture))];
}
