using System.Text.RegularExpressions;

namespace Farsight.Evaluation.Metrics;

/// <summary>Cuts text into sentences well enough to insert another sentence between two of them.</summary>
static partial class Sentences
{
    /// <summary>
    /// Yields the sentences with their marks and with collapsed white space. A paragraph without a full stop is one sentence.
    /// </summary>
    internal static IEnumerable<string> Of(string text) =>
        from paragraph in BlankLine().Split(text)
        from sentence in Boundary().Split(WhiteSpace().Replace(paragraph, " ").Trim())
        where sentence.Length > 0
        select sentence;

    [GeneratedRegex(@"\n\s*\n")]
    private static partial Regex BlankLine();

    [GeneratedRegex(@"\s+")]
    private static partial Regex WhiteSpace();

    // A stop, closing quotes or brackets, a space, and something that opens a sentence. Titles of one to three letters
    // ("Mr.", "St.") and initials do not end one.
    [GeneratedRegex(@"(?<=[.!?][""'”’)\]]*)(?<!\b(?:\p{Lu}|Mr|Mrs|Ms|Dr|St|No|vs)\.) (?=[""'“‘(\[]*[\p{Lu}\p{N}])")]
    private static partial Regex Boundary();
}
