namespace Farsight.Alignment.Synthesis.Quality;

/// <summary>Detects a response that refuses to answer, by English phrases of our own; other languages pass.</summary>
public static class Refusal
{
    /// <summary>The reason as summaries spell it.</summary>
    public const string Reason = "refusal";

    const int MostWords = 60; // a longer response that holds such a phrase usually answers, too

    static readonly string[] s_beginnings =
    [
        "i'm sorry",
        "i am sorry",
        "sorry,",
        "i apologize",
        "i apologise",
        "unfortunately, i",
        "i cannot",
        "i can't",
        "i can not",
        "i am unable",
        "i'm unable",
        "i am not able",
        "i'm not able",
        "i won't",
        "i will not",
        "i do not know",
        "i don't know",
        "i do not have",
        "i don't have",
        "as an ai",
        "as a language model",
    ];

    static readonly string[] s_anywhere =
    [
        "as an ai",
        "as a language model",
        "unable to answer",
        "cannot answer",
        "can't answer",
        "cannot be answered",
        "cannot be determined",
        "can't be determined",
        "impossible to say",
        "impossible to determine",
        "not possible to determine",
        "not enough information",
        "insufficient information",
        "no information about",
        "no information on",
        "is not mentioned",
        "are not mentioned",
        "isn't mentioned",
        "is not stated",
        "is not specified",
        "is not provided",
        "no mention of",
        "does not mention",
        "doesn't mention",
        "does not say",
        "does not contain",
        "does not provide",
        "doesn't provide",
        "does not specify",
        "does not state",
        "does not include",
        "do not mention",
        "do not contain",
        "do not provide",
        "unanswerable",
    ];

    /// <summary>Reports a response that begins with such a phrase, or is short and contains one.</summary>
    public static ResponseFault? Check(string response)
    {
        string plain = string.Join(' ', ResponseWords.Of(response.ToLowerInvariant().Replace('’', '\'')));
        string? phrase =
            s_beginnings.FirstOrDefault(p => plain.StartsWith(p, StringComparison.Ordinal))
            ?? (
                ResponseWords.Of(plain).Length <= MostWords
                    ? s_anywhere.FirstOrDefault(p => plain.Contains(p, StringComparison.Ordinal))
                    : null);
        return phrase is null ? null : new(Reason, phrase);
    }
}
