using System.Text.RegularExpressions;

namespace Farsight.Alignment.Synthesis;

/// <summary>Names, numbers, dates, acronyms and content words, found by their shape; of English text.</summary>
/// <remarks>
/// The authors of LOGO take entity strings, verb lemmas and noun lemmas of a parser (arXiv 2410.18533, section 3.2.2). Here a
/// content word is a word that is not among the <see cref="StopWords"/>, and its lemma is the word without the endings of plural and possession.
/// </remarks>
public sealed partial class EntityRecognizer : IEntityRecognizer
{
    /// <inheritdoc/>
    public IReadOnlySet<string> Entities(string text)
    {
        HashSet<string> entities = new(StringComparer.Ordinal);
        AddAll(entities, Date().Matches(text), date => Spaces().Replace(date, " ").Replace(",", "", StringComparison.Ordinal));
        AddAll(entities, Acronym().Matches(text), acronym => acronym.Replace(".", "", StringComparison.Ordinal));
        AddAll(entities, Number().Matches(text), number => number.Replace(",", "", StringComparison.Ordinal));
        AddAll(entities, Name().Matches(text).Where(name => !StopWords.Contains(FirstWord(name.Value))), name => Spaces().Replace(name, " "));
        AddAll(entities, Word().Matches(text).Where(word => !StopWords.Contains(word.Value)), Lemma);
        return entities;
    }

    static void AddAll(HashSet<string> entities, IEnumerable<Match> found, Func<string, string> plain) =>
        entities.UnionWith(found.Select(match => plain(match.Value).ToLowerInvariant()));

    static string FirstWord(string name) => name[..name.AsSpan().IndexOfAny(" \n\t\r")];

    static string Lemma(string word)
    {
        string bare = word.EndsWith("'s", StringComparison.Ordinal) || word.EndsWith("’s", StringComparison.Ordinal) ? word[..^2] : word;
        bool isPlural = bare.Length > 3 && (bare[^1] is 's' or 'S') && bare[^2] is not ('s' or 'S' or 'u' or 'i');
        return isPlural ? bare[..^1] : bare;
    }

    const string Month = "(?:January|February|March|April|May|June|July|August|September|October|November|December)";

    [GeneratedRegex($@"\b\d{{4}}-\d\d-\d\d\b|\b\d{{1,2}}(?:st|nd|rd|th)?\s+{Month}(?:,?\s+\d{{4}})?\b|\b{Month}\s+\d{{1,2}}(?:st|nd|rd|th)?(?:,?\s+\d{{4}})?\b")]
    private static partial Regex Date();

    [GeneratedRegex(@"\b\p{Lu}{2,}\b|\b(?:\p{Lu}\.){2,}")]
    private static partial Regex Acronym();

    [GeneratedRegex(@"\b\d+(?:,\d{3})*(?:\.\d+)?\b")]
    private static partial Regex Number();

    // Two words or more: a single capital may only begin a sentence, and single names are content words anyway.
    [GeneratedRegex(@"\b\p{Lu}\p{Ll}+(?:\s\p{Lu}\p{Ll}+)+\b")]
    private static partial Regex Name();

    [GeneratedRegex(@"\b\p{L}{2,}(?:['’]\p{L}+)?\b")]
    private static partial Regex Word();

    [GeneratedRegex(@"\s+")]
    private static partial Regex Spaces();
}
