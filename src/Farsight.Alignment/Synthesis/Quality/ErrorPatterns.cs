namespace Farsight.Alignment.Synthesis.Quality;

/// <summary>
/// Counts the two errors of long-context models that LOGO addresses (arXiv 2410.18533, section 1), by rules over responses.
/// </summary>
/// <param name="Responses">Number of responses.</param>
/// <param name="Unfollowed">Responses in another form than requested, or refusals.</param>
/// <param name="Hallucinated">Responses with a name or number that is in neither the context nor the question.</param>
public sealed record ErrorPatterns(int Responses, int Unfollowed, int Hallucinated)
{
    /// <summary>The patterns of no responses.</summary>
    public static ErrorPatterns None { get; } = new(0, 0, 0);

    /// <summary>Adds a response.</summary>
    /// <param name="question">The question.</param>
    /// <param name="response">The response.</param>
    /// <param name="known">The whole context and the question.</param>
    public ErrorPatterns With(string question, string response, Grounding known)
    {
        bool unfollowed = Quality.UnfollowedInstruction.Check(question, response) is not null || Refusal.Check(response) is not null;
        return new(Responses + 1, Unfollowed + (unfollowed ? 1 : 0), Hallucinated + (known.Check(response) is not null ? 1 : 0));
    }
}
