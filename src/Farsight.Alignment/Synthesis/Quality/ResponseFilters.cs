namespace Farsight.Alignment.Synthesis.Quality;

/// <summary>Applies the filters in the order of synthesis; each filter can also be used alone.</summary>
static class ResponseFilters
{
    /// <summary>Returns the first fault of a chosen response; null if it has none.</summary>
    /// <param name="question">The question.</param>
    /// <param name="chosen">The response.</param>
    /// <param name="seen">Text of the chunks that it was written from.</param>
    public static ResponseFault? OfChosen(string question, string chosen, IEnumerable<string> seen) =>
        ShortResponse.Check(chosen)
        ?? RepetitionLoop.Check(chosen)
        ?? Refusal.Check(chosen)
        ?? UnfollowedInstruction.Check(question, chosen)
        ?? new Grounding([.. seen, question]).Check(chosen);

    /// <summary>Returns the first fault of a rejected response; null if it has none.</summary>
    /// <remarks>Refusals, invented answers and wrong forms are the purpose of rejected responses, so they pass.</remarks>
    public static ResponseFault? OfRejected(string chosen, string rejected) =>
        ShortResponse.Check(rejected) ?? RepetitionLoop.Check(rejected) ?? EqualResponses.Check(chosen, rejected);
}

/// <summary>Represents a fault of a response.</summary>
/// <param name="Reason">Reason in snake_case, as summaries spell it: "repetition_loop".</param>
/// <param name="Detail">The evidence in the response.</param>
public sealed record ResponseFault(string Reason, string Detail);

/// <summary>Formats faults as a dataset's summary spells them.</summary>
static class ResponseReason
{
    /// <summary>Returns a fault's reason prefixed with the side; null for no fault.</summary>
    /// <param name="side">"chosen" or "rejected".</param>
    /// <param name="fault">The fault that a filter found.</param>
    internal static string? Of(string side, ResponseFault? fault) =>
        fault is null ? null : fault.Reason.StartsWith(side, StringComparison.Ordinal) ? fault.Reason : $"{side}_{fault.Reason}";
}

/// <summary>Detects a rejected response that equals the chosen one apart from case and punctuation.</summary>
static class EqualResponses
{
    /// <summary>The reason as summaries spell it.</summary>
    public const string Reason = "chosen_equals_rejected";

    /// <summary>Reports a rejected response that equals the chosen one.</summary>
    public static ResponseFault? Check(string chosen, string rejected)
    {
        string[] words = ResponseWords.Plain(chosen);
        return words.SequenceEqual(ResponseWords.Plain(rejected)) ? new(Reason, string.Join(' ', words.Take(12))) : null;
    }
}

/// <summary>Detects a response with too few words.</summary>
static class ShortResponse
{
    /// <summary>The reason as summaries spell it.</summary>
    public const string Reason = "too_short";

    /// <summary>
    /// Reports a response with fewer words than <paramref name="leastWords"/>. The default is 1, because a number or a name of one word is
    /// an answer.
    /// </summary>
    public static ResponseFault? Check(string response, int leastWords = 1)
    {
        int words = ResponseWords.Plain(response).Length;
        return words < leastWords ? new(Reason, $"{words} words") : null;
    }
}

/// <summary>Splits a response into words.</summary>
static class ResponseWords
{
    /// <summary>[21] The numbers from zero to twenty.</summary>
    internal static readonly string[] Numbers =
    [
        "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten",
        "eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen", "twenty",
    ];

    static readonly char[] s_edges = [.. ".,;:!?\"'()[]{}*`"];

    internal static string[] Of(string text) => text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);

    /// <summary>Returns the words in lower case, without surrounding punctuation.</summary>
    internal static string[] Plain(string text) =>
        [.. Of(text.ToLowerInvariant().Replace('’', '\'')).Select(w => w.Trim(s_edges)).Where(w => w.Length > 0)];
}
