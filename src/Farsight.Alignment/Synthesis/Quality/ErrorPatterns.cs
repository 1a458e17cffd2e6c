namespace Farsight.Alignment.Synthesis.Quality;

/// <summary>
/// The two errors of long-context models that LOGO is about (arXiv 2410.18533, section 1), counted by rule over responses.
/// </summary>
/// <param name="Responses">Looked at.</param>
/// <param name="Unfollowed">In another form than asked for, or a refusal.</param>
/// <param name="Hallucinated">With a name or number that neither the context nor the question has.</param>
public sealed record ErrorPatterns(int Responses, int Unfollowed, int Hallucinated)
{
    /// <summary>Nothing looked at.</summary>
    public static ErrorPatterns None { get; } = new(0, 0, 0);

    /// <summary>With one response more.</summary>
    /// <param name="question">What was asked.</param>
    /// <param name="response">What was answered.</param>
    /// <param name="known">The whole context and the question.</param>
    public ErrorPatterns With(string question, string response, Grounding known)
    {
        bool unfollowed = Quality.Unfollowed.Check(question, response) is not null || Refusal.Check(response) is not null;
        return new(Responses + 1, Unfollowed + (unfollowed ? 1 : 0), Hallucinated + (known.Check(response) is not null ? 1 : 0));
    }
}
