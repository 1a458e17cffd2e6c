namespace Farsight.Alignment.Synthesis.Quality;

/// <summary>A rejected response that says what the chosen one says, word for word but for case and signs.</summary>
public static class EqualResponses
{
    /// <summary>As it stands in summaries.</summary>
    public const string Reason = "chosen_equals_rejected";

    /// <summary>The fault of a rejected response.</summary>
    public static Fault? Check(string chosen, string rejected)
    {
        string[] words = ResponseWords.Plain(chosen);
        return words.SequenceEqual(ResponseWords.Plain(rejected)) ? new(Reason, string.Join(' ', words.Take(12))) : null;
    }
}
