using Farsight.Evaluation.Metrics;

namespace Farsight.Evaluation.Benchmarks.Needles;

/// <summary>
/// Whether a needle was found, without a judge: the share of its words that the response holds (Wu et al. 2024, retrieval heads).
/// </summary>
public static class NeedleRecall
{
    /// <summary>Recall of Google's ROUGE-1 with stemmer, in percent.</summary>
    public static double Percent(string needle, string response) => GoogleRouge.N(needle, response, 1, stem: true).Recall * 100;

    /// <summary>More than half of the needle's words.</summary>
    public static bool IsFound(string needle, string response) => Percent(needle, response) > 50;
}
