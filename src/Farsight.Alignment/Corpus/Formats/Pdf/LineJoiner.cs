using System.Text;
using System.Text.RegularExpressions;

namespace Farsight.Alignment.Corpus.Formats.Pdf;

/// <summary>Joins lines: decides whether a space stands between them, and whether a hyphen before a line break stays.</summary>
/// <param name="lines">All lines of the document, which show how its words are written.</param>
sealed partial class LineJoiner(IEnumerable<string> lines)
{
    const char SoftHyphen = '\u00AD';

    /// <summary>First parts that are written with a hyphen, and that no word is divided after.</summary>
    static readonly HashSet<string> s_prefixes = new(StringComparer.OrdinalIgnoreCase) { "self", "ex", "well", "quasi" };

    /// <summary>Words before which a hyphen stands for the rest of a compound, as in "pre- and postwar".</summary>
    static readonly HashSet<string> s_conjunctions = new(StringComparer.OrdinalIgnoreCase)
    {
        "and", "or", "to", "und", "oder", "bis", "et", "ou", "y", "o", "e", "en", "of", "och", "og", "eller", "i", "lub", "и", "или",
    };

    static readonly HashSet<string> s_tens = new(StringComparer.OrdinalIgnoreCase)
    {
        "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety",
    };

    static readonly HashSet<string> s_ones = new(StringComparer.OrdinalIgnoreCase)
    {
        "one", "two", "three", "four", "five", "six", "seven", "eight", "nine",
        "first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth",
    };

    readonly HashSet<string> _words = Words(lines);

    /// <summary>Appends a line that continues the text.</summary>
    internal void Append(StringBuilder text, string line)
    {
        if (text.Length == 0 || char.IsWhiteSpace(text[^1]))
        {
            text.Append(line);
            return;
        }
        char last = text[^1], first = line[0];
        if (last == SoftHyphen)
        {
            text.Length--;
        }
        else if (last is '-' or '\u2010' && text.Length > 1 && char.IsLetterOrDigit(text[^2]) && char.IsLetterOrDigit(first))
        {
            AppendAfterHyphen(text, line);
            return;
        }
        else if (!(last is '—' or '-' or '\u2010' or '\u2011' or '/' && char.IsLetterOrDigit(first) && !IsAfterSpace(text))
            && !(GlyphText.IsCjk(last) && GlyphText.IsCjk(first)))
        {
            text.Append(' ');
        }
        text.Append(line);
    }

    static bool IsAfterSpace(StringBuilder text) => text.Length < 2 || char.IsWhiteSpace(text[^2]);

    /// <summary>Removes soft hyphens within a line. One at its end marks a divided word.</summary>
    internal static string WithoutSoftHyphens(string text) => text.Replace("\u00AD", "", StringComparison.Ordinal);

    void AppendAfterHyphen(StringBuilder text, string line)
    {
        int start = text.Length - 1;
        while (start > 0 && !char.IsWhiteSpace(text[start - 1]))
        {
            start--;
        }
        string before = WithoutSoftHyphens(text.ToString(start, text.Length - 1 - start))
            .TrimStart('(', '[', '"', '“', '‘', '\'', '«', '„');
        string next = WordAtStart().Match(line).Value;
        if (s_conjunctions.Contains(next) && !_words.Contains(Lower(before + next)))
        {
            // "state-of-the-art" keeps its hyphens; "pre- and postwar" has a space behind the hyphen.
            text.Append(line.Length > next.Length && line[next.Length] is '-' or '\u2010' ? "" : " ");
        }
        else if (!IsCompound(before, next))
        {
            text.Length--;
        }
        text.Append(line);
    }

    bool IsCompound(string before, string next)
    {
        if (_words.Contains(Lower($"{before}-{next}")))
        {
            return true;
        }
        if (_words.Contains(Lower(before + next)))
        {
            return false;
        }
        string part = before[(before.LastIndexOfAny(['-', '\u2010', '/', '.']) + 1)..];
        return part.Length < before.Length // "state-of-the-", an address, a path
            || part.Length == 1 // "X-ray": no word is divided after its first letter
            || s_prefixes.Contains(part)
            || (s_tens.Contains(part) && s_ones.Contains(next))
            || !char.IsLower(next[0]) // "Anglo-Saxon", "1990-95"; but not a divided word in capitals
                && !(before.All(char.IsUpper) && next.All(char.IsUpper))
            || char.IsDigit(before[^1])
            || (before.All(char.IsUpper) && char.IsLower(next[0])); // "PDF-file"
    }

    static HashSet<string> Words(IEnumerable<string> lines)
    {
        HashSet<string> words = new(StringComparer.Ordinal);
        foreach (string line in lines)
        {
            foreach (Match match in Word().Matches(WithoutSoftHyphens(line)))
            {
                // Without the last part of a line, which may be the first part of a divided word.
                if (match.Index + match.Length < line.Length || !line.EndsWith('-'))
                {
                    words.Add(Lower(match.Value));
                }
            }
        }
        return words;
    }

    static string Lower(string word) => word.Replace('\u2010', '-').ToLowerInvariant();

    [GeneratedRegex(@"[\p{L}\p{M}\p{N}]+([-\u2010'’][\p{L}\p{M}\p{N}]+)*")]
    private static partial Regex Word();

    [GeneratedRegex(@"^[\p{L}\p{M}\p{N}]+")]
    private static partial Regex WordAtStart();
}
