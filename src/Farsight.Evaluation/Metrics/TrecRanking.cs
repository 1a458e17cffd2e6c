using System.Text;

namespace Farsight.Evaluation.Metrics;

/// <summary>Computes ranking metrics as trec_eval does, which BEIR, MTEB and HELMET call through pytrec_eval.</summary>
/// <remarks>
/// Documents are ordered by score, stored in single precision; equal scores by document id, descending in bytes. A document without a
/// judgment has relevance 0. Relevant are documents with relevance 1 or more. Gain = relevance, discount = log2(rank + 1).
/// </remarks>
sealed class TrecRanking
{
    readonly int[] _gains;
    readonly int[] _ideal;
    readonly int _relevant;

    /// <summary>Orders the documents of one query.</summary>
    /// <param name="judgments">Relevance by document id.</param>
    /// <param name="scores">Score by document id, larger is better.</param>
    internal TrecRanking(IReadOnlyDictionary<string, int> judgments, IReadOnlyDictionary<string, double> scores)
    {
        _gains =
        [
            .. scores.OrderByDescending(s => (float)s.Value)
                .ThenByDescending(s => Encoding.UTF8.GetBytes(s.Key), Comparer<byte[]>.Create((a, b) => a.AsSpan().SequenceCompareTo(b)))
                .Select(s => judgments.GetValueOrDefault(s.Key)),
        ];
        _ideal = [.. judgments.Values.Where(r => r > 0).OrderDescending()];
        _relevant = _ideal.Length;
    }

    /// <summary>Computes the normalized discounted cumulative gain of the first documents; 0 when nothing is relevant.</summary>
    internal double Ndcg(int cut) => Discounted(_ideal, cut) is > 0 and var ideal ? Discounted(_gains, cut) / ideal : 0;

    /// <summary>Computes the mean precision at the relevant documents among the first, over all relevant ones.</summary>
    internal double AveragePrecision(int cut)
    {
        int found = 0;
        double sum = 0;
        for (int i = 0; i < Math.Min(cut, _gains.Length); i++)
        {
            if (_gains[i] > 0)
            {
                sum += (double)++found / (i + 1);
            }
        }
        return _relevant == 0 ? 0 : sum / _relevant;
    }

    /// <summary>Computes the share of the relevant documents that are among the first.</summary>
    internal double Recall(int cut) => _relevant == 0 ? 0 : (double)Found(cut) / _relevant;

    /// <summary>Computes the share of the first places that hold a relevant document; an empty place holds none.</summary>
    internal double Precision(int cut) => (double)Found(cut) / cut;

    /// <summary>Computes 1 / rank of the first relevant document; 0 without one.</summary>
    internal double ReciprocalRank() => Array.FindIndex(_gains, g => g > 0) is >= 0 and var first ? 1.0 / (first + 1) : 0;

    int Found(int cut) => _gains.Take(cut).Count(g => g > 0);

    // trec_eval ignores negative judgments here, too.
    static double Discounted(int[] gains, int cut)
    {
        double sum = 0;
        for (int i = 0; i < Math.Min(cut, gains.Length); i++)
        {
            sum += gains[i] > 0 ? gains[i] / Math.Log2(i + 2) : 0;
        }
        return sum;
    }
}
