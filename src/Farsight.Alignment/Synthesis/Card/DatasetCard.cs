using System.Text.Json.Nodes;
using Farsight.Alignment.Synthesis.Quality;

namespace Farsight.Alignment.Synthesis.Card;

/// <summary>Represents the statistics of a preference dataset.</summary>
/// <param name="Name">Name of the file.</param>
/// <param name="Sha256">SHA-256 of the file.</param>
/// <param name="Bytes">Size of the file.</param>
/// <param name="Samples">Number of samples.</param>
/// <param name="Documents">Number of distinct documents.</param>
/// <param name="Generators">Models that wrote the responses, with their sampling settings.</param>
/// <param name="Seeds">Seeds of the runs that made the file.</param>
/// <param name="InsertedFacts">Questions that ask for an invented fact; a sample of several turns or questions has several.</param>
/// <param name="RejectedPerSample">Number of samples by the number of rejected responses that each of their questions has.</param>
/// <param name="ContextTokens">Tokens per context.</param>
/// <param name="ContextChunks">Chunks per context.</param>
/// <param name="QuestionWords">Words per question.</param>
/// <param name="ChosenWords">Words per chosen response.</param>
/// <param name="RejectedWords">Words per rejected response.</param>
/// <param name="Scores">Importance of the chunks, by role.</param>
/// <param name="SeenChunks">Chunks that responses were written from: chosen, rejected.</param>
/// <param name="Patterns">Errors by rule: chosen, rejected_irrelevant, rejected_partial; null without the tokenizer.</param>
/// <param name="Faults">Faults that the filters find in the samples, by reason; null without the tokenizer.</param>
/// <param name="Judged">Verdicts of a judge: accepted, refused; empty without a judge.</param>
/// <param name="Synthesis">FILE.summary.json: settings, counts, and reasons for dropped samples; null if it is missing.</param>
public sealed record DatasetCard(
    string Name,
    string Sha256,
    long Bytes,
    int Samples,
    int Documents,
    IReadOnlyList<string> Generators,
    IReadOnlyList<int> Seeds,
    int InsertedFacts,
    IReadOnlyDictionary<string, int> RejectedPerSample,
    Distribution ContextTokens,
    Distribution ContextChunks,
    Distribution QuestionWords,
    Distribution ChosenWords,
    Distribution RejectedWords,
    IReadOnlyDictionary<string, Distribution> Scores,
    IReadOnlyDictionary<string, Distribution> SeenChunks,
    IReadOnlyDictionary<string, ErrorPatterns>? Patterns,
    IReadOnlyDictionary<string, int>? Faults,
    IReadOnlyDictionary<string, int> Judged,
    JsonNode? Synthesis);

/// <summary>Represents a distribution of numbers.</summary>
/// <param name="Count">Number of values.</param>
/// <param name="Min">Minimum.</param>
/// <param name="LowerQuartile">First quartile.</param>
/// <param name="Median">Median.</param>
/// <param name="UpperQuartile">Third quartile.</param>
/// <param name="Max">Maximum.</param>
/// <param name="Mean">Mean.</param>
public sealed record Distribution(int Count, double Min, double LowerQuartile, double Median, double UpperQuartile, double Max, double Mean)
{
    const int Digits = 3;

    /// <summary>Computes the distribution of numbers in any order; all 0 for no numbers.</summary>
    public static Distribution Of(IEnumerable<double> values)
    {
        double[] sorted = [.. values.Order()];
        double At(double share) =>
            Math.Round(sorted[(int)Math.Ceiling(share * sorted.Length) is var rank && rank > 0 ? rank - 1 : 0], Digits);
        return sorted.Length == 0
            ? new(0, 0, 0, 0, 0, 0, 0)
            : new(sorted.Length, At(0), At(0.25), At(0.5), At(0.75), At(1), Math.Round(sorted.Average(), Digits));
    }
}
