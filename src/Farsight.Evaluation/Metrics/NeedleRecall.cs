namespace Farsight.Evaluation.Metrics;

/// <summary>
/// Determines without a judge whether a needle was found: by the share of its words in the response (Wu et al. 2024, retrieval heads).
/// </summary>
static class NeedleRecall
{
    /// <summary>Computes the recall of Google's ROUGE-1 with stemmer, in percent.</summary>
    public static double Percent(string needle, string response) => GoogleRouge.N(needle, response, 1, stem: true).Recall * 100;

    /// <summary>Determines whether the response has more than half of the needle's words.</summary>
    public static bool IsFound(string needle, string response) => Percent(needle, response) > 50;
}
