using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace Farsight.Alignment.Synthesis.Quality;

/// <summary>
/// Detects a response in another form than requested, as far as rules can; the first error pattern of LOGO (arXiv 2410.18533, section 1).
/// </summary>
/// <remarks>The rules cover N items, one word, at most N words, N sentences, JSON, yes or no,
/// and questions for a number or a year.</remarks>
static partial class UnfollowedInstruction
{
    /// <summary>The reason as summaries spell it.</summary>
    public const string Reason = "instruction_unfollowed";

    static readonly string[] s_otherNumbers =
    [
        "thirty",
        "forty",
        "fifty",
        "sixty",
        "seventy",
        "eighty",
        "ninety",
        "hundred",
        "hundreds",
        "thousand",
        "thousands",
        "million",
        "no",
        "none",
        "once",
        "twice",
        "both",
        "half",
        "dozen",
    ];

    /// <summary>Reports a response in another form.</summary>
    public static ResponseFault? Check(string question, string response) =>
        Items(question, response)
        ?? Length(question, response)
        ?? Sentences(question, response)
        ?? Json(question, response)
        ?? YesNo(question, response)
        ?? Number(question, response);

    static ResponseFault? Items(string question, string response)
    {
        if (!ItemsAsked().IsMatch(question) || NumberOf(ItemsAsked().Match(question).Groups[1].Value) is not { } asked)
        {
            return null;
        }
        int lines = response.Split('\n').Count(l => ItemLine().IsMatch(l));
        int[] counts =
            lines > 1 ? [lines] : [ItemBreak().Count(response) + 1, response.Split('.', ';').Count(s => !string.IsNullOrWhiteSpace(s))];
        return counts.Contains(asked) ? null : new(Reason, $"{asked} items were asked for, {counts[0]} were given");
    }

    static ResponseFault? Length(string question, string response)
    {
        int words = ResponseWords.Of(response).Length;
        int? most =
            OneWordAsked().IsMatch(question) ? 1
            : MostWordsAsked().Match(question) is { Success: true } m ? NumberOf(m.Groups[1].Value)
            : null;
        return words > most ? new(Reason, $"at most {most} words were asked for, {words} were given") : null;
    }

    static ResponseFault? Sentences(string question, string response)
    {
        if (SentencesAsked().Match(question) is not { Success: true } match || NumberOf(match.Groups[1].Value) is not { } asked)
        {
            return null;
        }
        int given = SentenceEnd().Count(response.Trim());
        return given == asked || (given == 0 && asked == 1) ? null : new(Reason, $"{asked} sentences were asked for, {given} were given");
    }

    static ResponseFault? Json(string question, string response)
    {
        if (!JsonAsked().IsMatch(question))
        {
            return null;
        }
        try
        {
            using JsonDocument json = JsonDocument.Parse(
                Fence().Match(response) is { Success: true } fenced ? fenced.Groups[1].Value : response);
            return null;
        }
        catch (JsonException)
        {
            return new(Reason, "JSON was asked for and the response is none");
        }
    }

    static ResponseFault? YesNo(string question, string response) =>
        YesNoAsked().IsMatch(question) && ResponseWords.Plain(response).FirstOrDefault() is not ("yes" or "no")
            ? new(Reason, "yes or no was asked for")
            : null;

    static ResponseFault? Number(string question, string response) =>
        NumberAsked().IsMatch(question)
        && !response.Any(char.IsDigit)
        && !ResponseWords.Plain(response).Any(w => w.Split('-').Any(p => ResponseWords.Numbers.Contains(p) || s_otherNumbers.Contains(p)))
            ? new(Reason, "a number was asked for")
            : null;

    static int? NumberOf(string text) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int number) ? number
        : text.Equals("single", StringComparison.OrdinalIgnoreCase) ? 1
        : Array.IndexOf(ResponseWords.Numbers, text.ToLowerInvariant()) is >= 0 and <= 12 and var named ? named
        : null;

    const string Count = "(two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|[2-9]|[1-9][0-9])";

    [GeneratedRegex(
        $@"\b(?:list|name|give|mention|state|provide)\s+(?:(?:me|us|exactly|the|at\s+least)\s+)*{Count}\b",
        RegexOptions.IgnoreCase
    )]
    private static partial Regex ItemsAsked();

    [GeneratedRegex(@"^\s*(?:[-*•]|\d+[.)])\s+\S")]
    private static partial Regex ItemLine();

    [GeneratedRegex(@",\s*and\s|\sand\s|[,;]", RegexOptions.IgnoreCase)]
    private static partial Regex ItemBreak();

    [GeneratedRegex(@"\b(?:in|with|using)\s+(?:only\s+)?(?:one|a\s+single)\s+word\b|\bone-word\s+answer\b", RegexOptions.IgnoreCase)]
    private static partial Regex OneWordAsked();

    [GeneratedRegex(
        @"(?<=\b(?:at\s+most|no\s+more\s+than|not\s+more\s+than|up\s+to|fewer\s+than|less\s+than|under|within|in)\s+)(\d+)(?=\s+words\b)",
        RegexOptions.IgnoreCase
    )]
    private static partial Regex MostWordsAsked();

    [GeneratedRegex($@"\bin\s+(?:exactly\s+)?(?:a\s+)?(one|single|{Count})\s+sentences?\b", RegexOptions.IgnoreCase)]
    private static partial Regex SentencesAsked();

    [GeneratedRegex(@"[.!?]+(?=\s|$|[""'”’)])")]
    private static partial Regex SentenceEnd();

    [GeneratedRegex(@"\b(?:in|as|valid)\s+(?:a\s+)?json\b", RegexOptions.IgnoreCase)]
    private static partial Regex JsonAsked();

    [GeneratedRegex(@"```(?:json)?\s*(.*?)```", RegexOptions.Singleline)]
    private static partial Regex Fence();

    [GeneratedRegex(
        @"\b(?:answer|reply|respond)\s+(?:only\s+|with\s+|by\s+)*yes\s+or\s+no\b|\(yes\s+or\s+no\)|\byes\s+or\s+no\?",
        RegexOptions.IgnoreCase
    )]
    private static partial Regex YesNoAsked();

    [GeneratedRegex(
        @"\bhow\s+many\b|\b(?:what|which)\s+(?:is\s+the\s+)?(?:special\s+magic\s+|exact\s+|total\s+)?(?:number|year)\b",
        RegexOptions.IgnoreCase
    )]
    private static partial Regex NumberAsked();
}
