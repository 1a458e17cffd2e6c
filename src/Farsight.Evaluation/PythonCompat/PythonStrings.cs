using System.Globalization;
using System.Text;

namespace Farsight.Evaluation.PythonCompat;

/// <summary>Implements methods of CPython's <c>str</c>, with its rules for white space, case and length.</summary>
static class PythonStrings
{
    /// <summary>Implements <c>text.split()</c>: the pieces between runs of white space, none empty.</summary>
    public static List<string> Split(string text)
    {
        List<string> pieces = [];
        int start = -1;
        for (int i = 0; i <= text.Length; i++)
        {
            bool space = i == text.Length || PythonCharacters.IsSpace(text[i]);
            if (!space && start < 0)
            {
                start = i;
            }
            else if (space && start >= 0)
            {
                pieces.Add(text[start..i]);
                start = -1;
            }
        }
        return pieces;
    }

    /// <summary>Implements <c>" ".join(text.split())</c>.</summary>
    public static string CollapseSpaces(string text) => string.Join(' ', Split(text));

    /// <summary>Implements <c>text.splitlines()</c>: a final line end adds no empty line; "\r\n" is one.</summary>
    public static List<string> SplitLines(string text)
    {
        List<string> lines = [];
        int start = 0;
        while (start < text.Length)
        {
            int end = start;
            while (end < text.Length && !PythonCharacters.IsLineEnd(text[end]))
            {
                end++;
            }
            lines.Add(text[start..end]);
            bool pair = end + 1 < text.Length && text[end] == '\r' && text[end + 1] == '\n';
            start = end + (pair ? 2 : 1);
        }
        return lines;
    }

    /// <summary>Implements <c>text.lstrip()</c>.</summary>
    public static string StripStart(string text)
    {
        int start = 0;
        while (start < text.Length && PythonCharacters.IsSpace(text[start]))
        {
            start++;
        }
        return text[start..];
    }

    /// <summary>Implements <c>text.rstrip()</c>.</summary>
    public static string StripEnd(string text)
    {
        int end = text.Length;
        while (end > 0 && PythonCharacters.IsSpace(text[end - 1]))
        {
            end--;
        }
        return text[..end];
    }

    /// <summary>Implements <c>text.strip()</c>.</summary>
    public static string Strip(string text) => StripStart(StripEnd(text));

    /// <summary>Returns the part before the first occurrence of a separator, or everything: <c>text.split(separator)[0]</c>.</summary>
    public static string Before(string text, string separator)
    {
        int at = text.IndexOf(separator, StringComparison.Ordinal);
        return at < 0 ? text : text[..at];
    }

    /// <summary>Implements <c>text.lower()</c>: İ becomes two characters, and a Σ that ends a word becomes ς.</summary>
    public static string Lower(string text)
    {
        if (Ascii.IsValid(text))
        {
            return text.ToLowerInvariant();
        }
        StringBuilder lower = new(text.Length);
        for (int i = 0; i < text.Length;)
        {
            Rune rune = PythonCharacters.At(text, i);
            switch (rune.Value)
            {
                case 'İ':
                    lower.Append("i\u0307");
                    break;
                case 'Σ':
                    lower.Append(EndsWord(text, i) ? 'ς' : 'σ');
                    break;
                default:
                    lower.Append(Rune.ToLowerInvariant(rune).ToString());
                    break;
            }
            i += rune.Utf16SequenceLength;
        }
        return lower.ToString();
    }

    /// <summary>Implements <c>len(text)</c>: code points.</summary>
    public static int Length(string text)
    {
        int pairs = 0;
        for (int i = 1; i < text.Length; i++)
        {
            if (char.IsSurrogatePair(text[i - 1], text[i]))
            {
                pairs++;
                i++;
            }
        }
        return text.Length - pairs;
    }

    /// <summary>Returns the code points of a text, [Length].</summary>
    public static int[] CodePoints(string text)
    {
        int[] points = new int[Length(text)];
        for (int i = 0, n = 0; i < text.Length; n++)
        {
            bool pair = i + 1 < text.Length && char.IsSurrogatePair(text[i], text[i + 1]);
            points[n] = pair ? char.ConvertToUtf32(text[i], text[i + 1]) : text[i];
            i += pair ? 2 : 1;
        }
        return points;
    }

    /// <summary>Implements <c>text[:count]</c> in code points.</summary>
    public static string Take(string text, int count)
    {
        int index = 0;
        for (int n = 0; n < count && index < text.Length; n++)
        {
            index += index + 1 < text.Length && char.IsSurrogatePair(text[index], text[index + 1]) ? 2 : 1;
        }
        return text[..index];
    }

    /// <summary>Returns every run of decimal digits: <c>re.findall(r"\d+", text)</c>.</summary>
    public static List<string> DigitRuns(string text)
    {
        List<string> runs = [];
        int start = -1;
        for (int i = 0; i <= text.Length;)
        {
            Rune rune = i < text.Length ? PythonCharacters.At(text, i) : default;
            bool digit = i < text.Length && PythonCharacters.IsDecimal(rune);
            if (digit && start < 0)
            {
                start = i;
            }
            else if (!digit && start >= 0)
            {
                runs.Add(text[start..i]);
                start = -1;
            }
            i += i < text.Length ? rune.Utf16SequenceLength : 1;
        }
        return runs;
    }

    /// <summary>
    /// Replaces every whole word of a list: <c>re.sub(r"\b(a|b|…)\b", replacement, text)</c>; the first match of the list counts.
    /// </summary>
    public static string ReplaceWords(string text, ReadOnlySpan<string> words, string replacement)
    {
        StringBuilder result = new(text.Length);
        for (int i = 0; i < text.Length;)
        {
            int length = PythonCharacters.IsWordBoundary(text, i) ? WordAt(text, i, words) : 0;
            if (length > 0)
            {
                result.Append(replacement);
                i += length;
            }
            else
            {
                result.Append(text[i++]);
            }
        }
        return result.ToString();
    }

    /// <summary>Returns the text without the characters of a set.</summary>
    public static string Remove(string text, System.Buffers.SearchValues<char> characters)
    {
        StringBuilder kept = new(text.Length);
        foreach (char c in text)
        {
            if (!characters.Contains(c))
            {
                kept.Append(c);
            }
        }
        return kept.ToString();
    }

    static int WordAt(string text, int index, ReadOnlySpan<string> words)
    {
        foreach (string word in words)
        {
            if (text.AsSpan(index).StartsWith(word, StringComparison.Ordinal) && PythonCharacters.IsWordBoundary(text, index + word.Length))
            {
                return word.Length;
            }
        }
        return 0;
    }

    // Unicode's condition Final_Sigma: a cased letter before, none after, case-ignorable characters skipped on both sides.
    static bool EndsWord(string text, int index)
    {
        int before = index;
        while (before > 0 && IsCaseIgnorable(PythonCharacters.Before(text, before)))
        {
            before -= PythonCharacters.Before(text, before).Utf16SequenceLength;
        }
        int after = index + 1;
        while (after < text.Length && IsCaseIgnorable(PythonCharacters.At(text, after)))
        {
            after += PythonCharacters.At(text, after).Utf16SequenceLength;
        }
        return before > 0
            && IsCased(PythonCharacters.Before(text, before))
            && !(after < text.Length && IsCased(PythonCharacters.At(text, after)));
    }

    static bool IsCased(Rune rune) => Rune.GetUnicodeCategory(rune)
        is UnicodeCategory.UppercaseLetter or UnicodeCategory.LowercaseLetter or UnicodeCategory.TitlecaseLetter;

    static bool IsCaseIgnorable(Rune rune) => rune.Value is '\'' or '.' or ':' or '^' or '`' or '·' or '‘' or '’' or '․' or '‧'
        || Rune.GetUnicodeCategory(rune) is UnicodeCategory.NonSpacingMark or UnicodeCategory.EnclosingMark or UnicodeCategory.Format
            or UnicodeCategory.ModifierLetter or UnicodeCategory.ModifierSymbol;
}
