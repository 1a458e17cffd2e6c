using Farsight.Alignment.Data;

namespace Farsight.Workflows.Timing.Importance;

/// <summary>Measures how well scores put the chunks with the evidence first.</summary>
/// <param name="Chunks">Number of gold chunks.</param>
/// <param name="Top1">Share of them with the best score; among equal scores the expected share.</param>
/// <param name="Top3">Share among the best three.</param>
/// <param name="Top5">Share among the best five.</param>
/// <param name="MeanReciprocalRank">Mean of 1 / rank.</param>
/// <param name="CalledRelevant">Share of them whose role is relevant.</param>
/// <param name="CalledIrrelevant">Share of them whose role is irrelevant: evidence where there should be none.</param>
/// <param name="RelevantPerQuestion">Chunks with that role, gold or not, in the mean.</param>
public sealed record RankQuality(
    int Chunks,
    double Top1,
    double Top3,
    double Top5,
    double MeanReciprocalRank,
    double CalledRelevant,
    double CalledIrrelevant,
    double RelevantPerQuestion)
{
    /// <summary>Measures; each gold chunk is ranked among the chunks that are not gold, and equal scores stand in random order.</summary>
    /// <param name="cases">Questions and their documents.</param>
    /// <param name="threshold">The score from which a chunk is relevant; where none reaches it, the best are.</param>
    /// <param name="scores">[N] scores of a case's chunks for one of its questions, for the whole case at once.</param>
    public static RankQuality Of(IEnumerable<RankCase> cases, double threshold, Func<RankCase, IEnumerable<double[]>> scores)
    {
        double[] within = new double[6];
        double reciprocal = 0;
        int count = 0, called = 0, missed = 0, relevant = 0, questions = 0;
        foreach (RankCase one in cases)
        {
            foreach ((RankQuestion question, double[] of) in one.Questions.Zip(scores(one)))
            {
                ChunkRole[] roles = Alignment.Synthesis.Importance.Roles(of, threshold);
                questions++;
                relevant += roles.Count(r => r == ChunkRole.Relevant);
                called += question.Gold.Count(g => roles[g] == ChunkRole.Relevant);
                missed += question.Gold.Count(g => roles[g] == ChunkRole.Irrelevant);
                double[] others = [.. of.Where((_, i) => !question.Gold.Contains(i))];
                foreach (int gold in question.Gold)
                {
                    int better = others.Count(s => s > of[gold]), equal = others.Count(s => s == of[gold]) + 1;
                    for (int k = 1; k < within.Length; k++)
                    {
                        within[k] += Math.Clamp((k - better) / (double)equal, 0, 1);
                    }
                    reciprocal += Enumerable.Range(better + 1, equal).Sum(rank => 1.0 / rank) / equal;
                    count++;
                }
            }
        }
        return new(
            count,
            within[1] / count,
            within[3] / count,
            within[5] / count,
            reciprocal / count,
            (double)called / count,
            (double)missed / count,
            (double)relevant / questions);
    }
}
