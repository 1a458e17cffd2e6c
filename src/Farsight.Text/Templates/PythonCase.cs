using System.Globalization;
using System.Text;

namespace Farsight.Text.Templates;

/// <summary>Implements Python's letter case, which follows Unicode's special casing: "ß" becomes "SS", and a final "Σ" "ς".</summary>
static class PythonCase
{
    const char SharpN = '\u0149', DottedI = '\u0130', Sigma = '\u03A3', SmallSigma = '\u03C3', FinalSigma = '\u03C2';
    const char CapitalIota = '\u0399', IotaBelow = '\u0345';

    /// <summary>Letters of other categories than Mn, Me, Cf, Lm and Sk that do not end a word.</summary>
    const string Ignorable = "'.:\u00B7\u0387\u055F\u05F4\u2018\u2019\u2024\u2027\uFE13\uFE52\uFE55\uFF07\uFF0E\uFF1A";

    /// <summary>Each entry is a letter and its uppercase, which has several letters or is missing in .NET's invariant casing.</summary>
    const string SpecialUpper =
        "\u0131I \u017FS \u00DFSS \u0149\u02BCN \u01F0J\u030C \u0390\u0399\u0308\u0301 \u03B0\u03A5\u0308\u0301 \u0587\u0535\u0552 "
        + "\u1E96H\u0331 \u1E97T\u0308 \u1E98W\u030A \u1E99Y\u030A \u1E9AA\u02BE \u1F50\u03A5\u0313 \u1F52\u03A5\u0313\u0300 "
        + "\u1F54\u03A5\u0313\u0301 \u1F56\u03A5\u0313\u0342 \u1FB2\u1FBA\u0399 \u1FB3\u0391\u0399 \u1FB4\u0386\u0399 "
        + "\u1FB6\u0391\u0342 \u1FB7\u0391\u0342\u0399 \u1FBC\u0391\u0399 \u1FC2\u1FCA\u0399 \u1FC3\u0397\u0399 "
        + "\u1FC4\u0389\u0399 \u1FC6\u0397\u0342 \u1FC7\u0397\u0342\u0399 \u1FCC\u0397\u0399 \u1FD2\u0399\u0308\u0300 "
        + "\u1FD3\u0399\u0308\u0301 \u1FD6\u0399\u0342 \u1FD7\u0399\u0308\u0342 \u1FE2\u03A5\u0308\u0300 \u1FE3\u03A5\u0308\u0301 "
        + "\u1FE4\u03A1\u0313 \u1FE6\u03A5\u0342 \u1FE7\u03A5\u0308\u0342 \u1FF2\u1FFA\u0399 \u1FF3\u03A9\u0399 "
        + "\u1FF4\u038F\u0399 \u1FF6\u03A9\u0342 \u1FF7\u03A9\u0342\u0399 \u1FFC\u03A9\u0399 \uFB00FF \uFB01FI \uFB02FL \uFB03FFI "
        + "\uFB04FFL \uFB05ST \uFB06ST \uFB13\u0544\u0546 \uFB14\u0544\u0535 \uFB15\u0544\u053B \uFB16\u054E\u0546 "
        + "\uFB17\u0544\u053D";

    static readonly Dictionary<int, string> s_upper = SpecialUpper.Split(' ').ToDictionary(e => (int)e[0], e => e[1..]);

    /// <summary>str.upper().</summary>
    internal static string Upper(string text) =>
        Ascii.IsValid(text) ? text.ToUpperInvariant() : Map(text, 0, (i, rune) => Upper(rune));

    /// <summary>str.lower().</summary>
    internal static string Lower(string text) => Lower(text, 0);

    /// <summary>str.capitalize().</summary>
    internal static string Capitalize(string text)
    {
        int first = text.Length == 0 ? 0 : CodePoints.LengthAt(text, 0);
        return Map(text[..first], 0, (i, rune) => Title(rune)) + Lower(text, first);
    }

    /// <summary>str.title(): a letter after another one is lower.</summary>
    internal static string Title(string text)
    {
        bool isInside = false;
        return Map(
            text, 0,
            (i, rune) =>
            {
                string mapped = isInside ? Lower(text, i, rune) : Title(rune);
                isInside = IsCased(rune);
                return mapped;
            });
    }

    /// <summary>str.isupper().</summary>
    internal static bool IsUpper(string text) => text.EnumerateRunes().Any(Rune.IsUpper) && !text.EnumerateRunes().Any(IsLowerOrTitle);

    /// <summary>str.islower().</summary>
    internal static bool IsLower(string text) =>
        text.EnumerateRunes().Any(Rune.IsLower) && !text.EnumerateRunes().Any(r => Rune.IsUpper(r) || IsTitle(r));

    static string Lower(string text, int from) => Ascii.IsValid(text)
        ? text[from..].ToLowerInvariant()
        : Map(text, from, (i, rune) => Lower(text, i, rune));

    static string Map(string text, int from, Func<int, Rune, string> map)
    {
        StringBuilder mapped = new(text.Length);
        for (int i = from; i < text.Length;)
        {
            if (Rune.TryGetRuneAt(text, i, out Rune rune))
            {
                mapped.Append(map(i, rune));
                i += rune.Utf16SequenceLength;
            }
            else
            {
                mapped.Append(text[i++]); // half a surrogate pair
            }
        }
        return mapped.ToString();
    }

    static string Upper(Rune rune) => rune.Value switch
    {
        >= 0x1F80 and <= 0x1FAF and var c => $"{(char)((c < 0x1F90 ? 0x1F08 : c < 0x1FA0 ? 0x1F28 : 0x1F68) + (c & 7))}{CapitalIota}",
        var c => s_upper.TryGetValue(c, out string? letters) ? letters : Rune.ToUpperInvariant(rune).ToString(),
    };

    static string Lower(string text, int at, Rune rune) => rune.Value switch
    {
        DottedI => "i\u0307",
        Sigma => (IsFinal(text, at) ? FinalSigma : SmallSigma).ToString(),
        _ => Rune.ToLowerInvariant(rune).ToString(),
    };

    static string Title(Rune rune)
    {
        string upper = Upper(rune);
        return rune.Value switch
        {
            >= 0x01C4 and <= 0x01CC and var c => ((char)(0x01C5 + (3 * ((c - 0x01C4) / 3)))).ToString(), // Dž, Lj, Nj
            >= 0x01F1 and <= 0x01F3 => "\u01F2", // Dz
            >= 0x10D0 and <= 0x10FF => rune.ToString(), // Georgian has no title case
            >= 0x1F80 and <= 0x1FAF and var c => ((char)(c | 8)).ToString(),
            0x1FB3 or 0x1FC3 or 0x1FF3 => ((char)(rune.Value + 9)).ToString(),
            0x1FBC or 0x1FCC or 0x1FFC => rune.ToString(),
            SharpN => upper,
            _ when upper.Length > 1 && upper[^1] == CapitalIota => upper[..^1] + IotaBelow,
            _ when s_upper.ContainsKey(rune.Value) => upper[0] + upper[1..].ToLowerInvariant(),
            _ => upper,
        };
    }

    static bool IsFinal(string text, int at)
    {
        Rune[] before = [.. text[..at].EnumerateRunes().Reverse().SkipWhile(IsIgnorable).Take(1)];
        Rune[] after = [.. text[(at + 1)..].EnumerateRunes().SkipWhile(IsIgnorable).Take(1)];
        return before.Any(IsCased) && !after.Any(IsCased);
    }

    static bool IsCased(Rune rune) => Rune.IsUpper(rune) || IsLowerOrTitle(rune) || rune.Value is 0xAA or 0xBA;

    static bool IsLowerOrTitle(Rune rune) => Rune.IsLower(rune) || IsTitle(rune);

    static bool IsTitle(Rune rune) => Rune.GetUnicodeCategory(rune) == UnicodeCategory.TitlecaseLetter;

    static bool IsIgnorable(Rune rune) => Rune.GetUnicodeCategory(rune)
        is UnicodeCategory.NonSpacingMark or UnicodeCategory.EnclosingMark or UnicodeCategory.Format or UnicodeCategory.ModifierLetter
            or UnicodeCategory.ModifierSymbol
        || (rune.IsBmp && Ignorable.Contains((char)rune.Value, StringComparison.Ordinal));
}

/// <summary>Counts the code points of strings, in which Python counts; half a surrogate pair counts as one.</summary>
static class CodePoints
{
    internal static int Count(ReadOnlySpan<char> text)
    {
        int pairs = 0;
        for (int i = 1; i < text.Length; i++)
        {
            pairs += char.IsSurrogatePair(text[i - 1], text[i]) ? 1 : 0;
        }
        return text.Length - pairs;
    }

    /// <summary>Returns the number of chars of the code point that starts at an index.</summary>
    internal static int LengthAt(string text, int at) => char.IsSurrogatePair(text, at) ? 2 : 1;

    /// <summary>Returns the number of chars of the code point that ends before an index.</summary>
    internal static int LengthBefore(string text, int end) => end > 1 && char.IsSurrogatePair(text, end - 2) ? 2 : 1;

    /// <summary>Adds characters at the start or the end until a text has a number of code points.</summary>
    internal static string Pad(string text, int width, string filler, bool atEnd)
    {
        string padding = string.Concat(Enumerable.Repeat(filler, Math.Max(0, width - Count(text))));
        return atEnd ? text + padding : padding + text;
    }

    /// <summary>Returns the first code points of a text.</summary>
    internal static string Take(string text, int count)
    {
        int end = 0;
        for (int i = 0; i < count && end < text.Length; i++)
        {
            end += LengthAt(text, end);
        }
        return text[..end];
    }

    /// <summary>Compares as Python does: by code points, which order characters beyond U+FFFF after all others.</summary>
    internal static int Compare(string a, string b)
    {
        int same = a.AsSpan().CommonPrefixLength(b);
        return same == a.Length || same == b.Length ? a.Length.CompareTo(b.Length) : Order(a[same]).CompareTo(Order(b[same]));
    }

    static int Order(char c) => char.IsSurrogate(c) ? c + 0x10000 : c;
}
