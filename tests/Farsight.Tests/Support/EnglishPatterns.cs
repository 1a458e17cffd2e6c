using System.Text.RegularExpressions;

namespace Farsight.Tests.Support;

/// <summary>Finds wording that plain technical English avoids. Tests apply it to help texts and documents.</summary>
static class EnglishPatterns
{
    const string Start = @"(?:^|(?<=[.!?:;]\s)|(?<=\n\s*[-*|]\s*))"; // of the text, a sentence, a list item or a table cell

    const string Units = "(?:token|step|second|minute|hour|sample|document|response|prompt|line|file|processor|layer)s?";

    static readonly (Regex Pattern, string Advice)[] s_prose =
    [
        (Opening("Of (?:a|an|the|all|its|their)"), "start with the subject, not with 'Of …'"),
        (Opening("What (?:is|was|are|comes|came|a|an|the)"), "name the thing; do not start with 'What …'"),
        (Opening("Whatever|Whoever|Nobody|Somebody|Everybody"), "name the subject"),
        (Opening("Most (?!of the (?:time|work))"), "use 'Maximum …'"),
        (Opening("Fewest|Least"), "use 'Minimum …'"),
        (Opening("Typed twice|Trained are|Written here|Preferred are"), "start with the subject, not with a participle"),
        (Anywhere("(?:is|are|be|was|were|been) (?:told|said)"), "name who does what: 'reports', 'prints', 'warns'"),
        (Anywhere("nobody|somebody|everybody"), "name the subject"),
        (Anywhere("as (?:they|it|one|you) likes?|what came of|comes to its end|goes? on|as far as it (?:came|comes)"), "say it plainly"),
        (Anywhere("to be had|is asked on|asked anew|looked at|put together|left alone|thinks of"), "say it plainly"),
        (Anywhere("likeliest"), "use 'most likely'"),
        (Anywhere($@"(?:a|an) (?:{Units})(?= (?:at|in) (?:best|all))"), "use 'per …'"),
        (Anywhere($@"(?:[0-9]+ )?(?:MB|MiB|GB|GiB|GFLOP|bytes|nats|{Units}) an? (?:{Units})"), "use 'per …', not 'a …'"),
    ];

    static readonly (Regex Pattern, string Advice)[] s_help =
    [
        (Opening("Of|What|Where|Whether|How|Who|When|Which"), "use a noun phrase"),
        (Anywhere("by default|if left out|where none is given|unless told"), "use 'Default: …'"),
        (Anywhere("may be (?:given|repeated)|several times"), "use 'Repeatable'"),
    ];

    /// <summary>The verbs that open command descriptions.</summary>
    static readonly HashSet<string> s_verbs =
    [
        "Align", "Analyze", "Answer", "Chat", "Check", "Compare", "Compute", "Describe", "Estimate", "Export", "Extend", "Generate",
        "Group", "Import", "List", "Measure", "Merge", "Print", "Report", "Run", "Score", "Synthesize", "Time", "Train", "Write",
    ];

    /// <summary>Returns what to change in a text: "'Most tokens': use 'Maximum …'".</summary>
    internal static IEnumerable<string> InProse(string text) => Find(s_prose, text);

    /// <summary>Returns what to change in the description of an option or argument.</summary>
    internal static IEnumerable<string> InHelp(string text) => Find([.. s_prose, .. s_help], text)
        .Concat(text.EndsWith('.') ? [] : [$"'{text}': end with a full stop"]);

    /// <summary>Returns what to change in the description of a command.</summary>
    internal static IEnumerable<string> InCommand(string text) => InHelp(text)
        .Concat(s_verbs.Contains(text.Split(' ')[0]) ? [] : [$"'{text}': start with an imperative verb"]);

    static IEnumerable<string> Find((Regex Pattern, string Advice)[] patterns, string text) =>
        from pattern in patterns
        from match in pattern.Pattern.Matches(text)
        select $"'{Around(text, match)}': {pattern.Advice}";

    static string Around(string text, Match match) =>
        text[match.Index..Math.Min(text.Length, match.Index + match.Length + 30)].ReplaceLineEndings(" ");

    static Regex Opening(string words) => new($@"{Start}(?:{words})\b", RegexOptions.CultureInvariant);

    static Regex Anywhere(string words) => new($@"\b(?:{words})\b", RegexOptions.CultureInvariant | RegexOptions.IgnoreCase);
}
