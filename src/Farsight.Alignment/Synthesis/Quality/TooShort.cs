namespace Farsight.Alignment.Synthesis.Quality;

/// <summary>A response with too few words to prefer or reject.</summary>
public static class TooShort
{
    /// <summary>As it stands in summaries.</summary>
    public const string Reason = "too_short";

    /// <summary>
    /// The fault of a response with fewer words than <paramref name="leastWords"/>; a number or a name of one word is an answer, so that
    /// the least is 1 unless told.
    /// </summary>
    public static Fault? Check(string response, int leastWords = 1)
    {
        int words = ResponseWords.Plain(response).Length;
        return words < leastWords ? new(Reason, $"{words} words") : null;
    }
}
