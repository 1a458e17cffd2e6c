using System.Text.RegularExpressions;

namespace Farsight.Tests.Support;

/// <summary>Finds wording that plain technical English avoids. Tests apply it to help texts, documents, messages and comments.</summary>
static class EnglishPatterns
{
    const string Start = @"(?:^|(?<=[.!?:;]\s)|(?<=\n\s*[-*|]\s*))"; // of the text, a sentence, a list item or a table cell

    const string Units = "(?:token|step|second|minute|hour|sample|document|response|prompt|line|file|processor|layer)s?";

    const string BritishStems = "capitali|generali|initiali|memori|minimi|normali|optimi|organi|quanti|recogni|reali|regulari|seriali|"
        + "speciali|summari|synthesi|tokeni|utili|vectori";

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
        (Anywhere("to be had|is asked on|looked (?:at|for|in)|put together|left alone|thinks of"), "say it plainly"),
        (Anywhere("(?:cannot|could not) come to its end|what it says|what becomes of|what is made of|told of"), "say it plainly"),
        (Anywhere("wrong way round|real thing|(?:no|any|every) tricks?|brings? nothing|nearly the price|stay busy"), "say it plainly"),
        (Anywhere("says? so"), "name what is reported: 'records this', 'prints a note'"),
        (Anywhere("says? little(?! about)"), "name what it does not predict"),
        (Anywhere("at hand"), "use 'present', 'installed' or 'current'"),
        (Anywhere("(?:is|are) there(?=[,;.])"), "use 'exists' or 'is present'"),
        (Anywhere("anew"), "use 'again'"),
        (Anywhere("likeliest"), "use 'most likely'"),
        (Anywhere($"(?:{BritishStems})s(?:e|es|ed|ing|ation|ations|er|ers)|analys(?:e|ed|ing|er)"), "use American spelling: '-ize'"),
        (Anywhere(@"(?:colour|favour|behaviour|neighbour)\w*|centred?|licences?|labelled|modelled|artefacts?|judgements?|towards"),
            "use American spelling"),
        (Anywhere($@"(?:a|an) (?:{Units})(?= (?:at|in) (?:best|all))"), "use 'per …'"),
        (Anywhere($@"(?:[0-9]+ )?(?:MB|MiB|GB|GiB|GFLOP|bytes|nats|{Units}) an? (?:{Units})"), "use 'per …', not 'a …'"),
    ];

    static readonly (Regex Pattern, string Advice)[] s_help =
    [
        (Opening("Of|What|Where|Whether|How|Who|When|Which"), "use a noun phrase"),
        (Anywhere("by default|if left out|where none is given|unless told"), "use 'Default: …'"),
        (Anywhere("may be (?:given|repeated)|several times"), "use 'Repeatable'"),
    ];

    static readonly (Regex Pattern, string Advice)[] s_comments =
    [
        (Exactly(@"(?<=^|\n- )Of\b"), "name the thing; do not start with 'Of …'"),
    ];

    /// <summary>A name of the code, as DocumentReader; LongLoRA is a method.</summary>
    static readonly (Regex Pattern, string Advice)[] s_schema =
    [
        (Exactly(@"\b(?!LongLo)(?:[A-Z][a-z]+){2,}\b"), "describe it; the reader does not know the code"),
        (Anywhere("left out"), "use 'Default: …'"),
    ];

    /// <summary>The verbs that open command descriptions.</summary>
    static readonly HashSet<string> s_verbs =
    [
        "Align", "Analyze", "Answer", "Augment", "Chat", "Check", "Compare", "Compute", "Describe", "Download", "Estimate", "Export",
        "Extend", "Generate", "Group", "Import", "List", "Measure", "Merge", "Mix", "Print", "Rank", "Report", "Rescore", "Run", "Score",
        "Select", "Serve", "Show", "Synthesize", "Time", "Train", "Write",
    ];

    /// <summary>Returns what to change in a text: "'Most tokens': use 'Maximum …'".</summary>
    internal static IEnumerable<string> InProse(string text) => Find(s_prose, text);

    /// <summary>Returns what to change in comments, one list item each.</summary>
    internal static IEnumerable<string> InComments(string text) => Find([.. s_prose, .. s_comments], text);

    /// <summary>Returns what to change in the descriptions of a JSON Schema, one list item each.</summary>
    internal static IEnumerable<string> InSchema(string text) => Find([.. s_prose, .. s_comments, .. s_schema], text);

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

    static Regex Opening(string words) => new($@"{Start}(?:{words})\b", RegexOptions.CultureInvariant | RegexOptions.Compiled);

    static Regex Exactly(string pattern) => new(pattern, RegexOptions.CultureInvariant);

    static Regex Anywhere(string words) =>
        new($@"\b(?:{words})\b", RegexOptions.CultureInvariant | RegexOptions.IgnoreCase | RegexOptions.Compiled);
}
