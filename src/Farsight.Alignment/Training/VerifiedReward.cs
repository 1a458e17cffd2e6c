using System.Text.RegularExpressions;

namespace Farsight.Alignment.Training;

/// <summary>Computes the reward of a response from the answer and the evidence that synthesis knows.</summary>
/// <remarks>
/// a = 1 if the response contains the known answer, else 0. Without evidence the reward is a; with it, a + η·F + (1 − η)·a·F with η = 0.1,
/// as in arXiv:2603.02146, where F is the F-score with β = 2 of the cited chunks. There the context is numbered and a response lists
/// numbers. Here contexts are not numbered, so a response cites by quotes of three words or more. A quote that stands in the chunk with the
/// fact is right; precision counts every quote, also a repeated one, and the answer counts only outside of quotes.
/// </remarks>
static partial class VerifiedReward
{
    const double EvidenceAlone = 0.1;
    const int LeastWords = 3;

    /// <summary>Computes the reward of a response, 0 to 2; at most 1 without evidence.</summary>
    /// <param name="response">The response's text.</param>
    /// <param name="answer">The known answer.</param>
    /// <param name="evidence">Text of the chunk with the answer; null to reward the answer alone.</param>
    internal static double Of(string response, string answer, string? evidence)
    {
        if (evidence is null)
        {
            return Contains(response, answer) ? 1 : 0;
        }
        string[] quotes =
            [.. Quotes().Matches(response).Select(m => m.Value.Trim('"', '“', '”')).Where(q => Words(q).Length >= LeastWords)];
        double right = Contains(Quotes().Replace(response, " "), answer) ? 1 : 0;
        int found = quotes.Count(q => Contains(evidence, q));
        double precision = quotes.Length == 0 ? 0 : (double)found / quotes.Length, recall = found > 0 ? 1 : 0;
        double f = found == 0 ? 0 : 5 * precision * recall / (4 * precision + recall);
        return right + EvidenceAlone * f + (1 - EvidenceAlone) * right * f;
    }

    /// <summary>Whether a text contains another, whatever the case and the white space.</summary>
    static bool Contains(string text, string part) =>
        string.Join(' ', Words(text)).Contains(string.Join(' ', Words(part)), StringComparison.OrdinalIgnoreCase);

    static string[] Words(string text) => text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);

    [GeneratedRegex("\"[^\"]*\"|“[^”]*”")]
    private static partial Regex Quotes();
}
