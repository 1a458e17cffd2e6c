using System.Globalization;
using System.Text;

namespace Farsight.Text.Templates;

/// <summary>Represents a method of a string.</summary>
/// <param name="text">The string.</param>
/// <param name="call">Its arguments.</param>
delegate object? StringMethod(MarkedText text, TemplateCall call);

/// <summary>Provides Python's methods of strings.</summary>
static class StringMethods
{
    internal static IReadOnlyDictionary<string, StringMethod> All { get; } =
        new Dictionary<string, StringMethod>(StringComparer.Ordinal)
        {
            ["strip"] = (s, c) => Strip(s, c, true, true),
            ["lstrip"] = (s, c) => Strip(s, c, true, false),
            ["rstrip"] = (s, c) => Strip(s, c, false, true),
            ["split"] = (s, c) => StringSplits.Split(s, c),
            ["rsplit"] = (s, c) => StringSplits.SplitFromEnd(s, c),
            ["splitlines"] = (s, c) => StringSplits.Lines(s, c),
            ["partition"] = (s, c) => StringSplits.Partition(s, c, fromEnd: false),
            ["rpartition"] = (s, c) => StringSplits.Partition(s, c, fromEnd: true),
            ["replace"] = (s, c) => Replace(s, c.Text(0, "old"), c.Text(1, "new"), c.Integer(2, "count", -1), c),
            ["join"] = (s, c) => Join(s, c.Items(c.Get(0, "iterable")), c),
            ["upper"] = (s, c) => s.Derive(PythonCase.Upper(s.Value)),
            ["lower"] = (s, c) => s.Derive(PythonCase.Lower(s.Value)),
            ["capitalize"] = (s, c) => s.Derive(PythonCase.Capitalize(s.Value)),
            ["title"] = (s, c) => s.Derive(PythonCase.Title(s.Value)),
            ["startswith"] = (s, c) => Any(s, c, (text, part) => text.StartsWith(part, StringComparison.Ordinal)),
            ["endswith"] = (s, c) => Any(s, c, (text, part) => text.EndsWith(part, StringComparison.Ordinal)),
            ["removeprefix"] = (s, c) =>
                c.Text(0, "prefix") is var p && s.Value.StartsWith(p.Value, StringComparison.Ordinal)
                    ? s.Slice(p.Length, s.Length - p.Length)
                    : s,
            ["removesuffix"] = (s, c) =>
                c.Text(0, "suffix") is var p && s.Value.EndsWith(p.Value, StringComparison.Ordinal) ? s.Slice(0, s.Length - p.Length) : s,
            ["find"] = (s, c) => Find(s, c, (text, part) => text.IndexOf(part, StringComparison.Ordinal)),
            ["rfind"] = (s, c) => Find(s, c, (text, part) => text.LastIndexOf(part, StringComparison.Ordinal)),
            ["index"] = (s, c) => Find(s, c, (text, part) => text.IndexOf(part, StringComparison.Ordinal)) is var at and >= 0
                ? at
                : throw c.Error("cannot find its argument"),
            ["count"] = (s, c) => Between(s, c) is { } range ? Count(range.Text, c.Text(0, "sub").Value) : 0L,
            ["isdigit"] = (s, c) => s.Length > 0 && s.Value.EnumerateRunes().All(IsDigit),
            ["isalpha"] = (s, c) => s.Length > 0 && s.Value.EnumerateRunes().All(Rune.IsLetter),
            ["isalnum"] = (s, c) => s.Length > 0 && s.Value.EnumerateRunes().All(IsLetterOrNumber),
            ["isspace"] = (s, c) => s.Length > 0 && s.Value.All(PythonText.IsSpace),
            ["isupper"] = (s, c) => PythonCase.IsUpper(s.Value),
            ["islower"] = (s, c) => PythonCase.IsLower(s.Value),
            ["zfill"] = (s, c) => s.Derive(FillWithZeros(s.Value, Width(c))),
            ["ljust"] = (s, c) => s.Derive(CodePoints.Pad(s.Value, Width(c), Filler(c), atEnd: true)),
            ["rjust"] = (s, c) => s.Derive(CodePoints.Pad(s.Value, Width(c), Filler(c), atEnd: false)),
            ["format"] = (s, c) => StringFormat.Format(s, c),
        };

    internal static MarkedText Strip(MarkedText text, TemplateCall call, bool start, bool end)
    {
        call.AtMost(1, "chars");
        string? set = call.OptionalText(0, "chars")?.Value;
        string value = text.Value;
        int first = 0, last = value.Length, length;
        while (start && first < last && Goes(first, length = CodePoints.LengthAt(value, first)))
        {
            first += length;
        }
        while (end && last > first && Goes(last - (length = CodePoints.LengthBefore(value, last)), length))
        {
            last -= length;
        }
        return text.Slice(first, last - first);

        bool Goes(int at, int count) =>
            set is null ? PythonText.IsSpace(value[at]) : set.AsSpan().IndexOf(value.AsSpan(at, count), StringComparison.Ordinal) >= 0;
    }

    internal static MarkedText Replace(MarkedText text, MarkedText old, MarkedText with, long count, TemplateCall call)
    {
        if (old.Length == 0)
        {
            throw call.Error("cannot replace the empty string");
        }
        List<MarkedText> parts = [];
        int start = 0;
        for (long n = 0; n != count && text.Value.IndexOf(old.Value, start, StringComparison.Ordinal) is var at and >= 0; n++)
        {
            call.Run.Spend(0, call.Line);
            parts.AddRange([text.Slice(start, at - start), with]);
            start = at + old.Length;
        }
        return parts.Count == 0 ? text : call.Run.Join([.. parts, text.Slice(start, text.Length - start)], call.Line);
    }

    /// <summary>str.isalnum() of one character.</summary>
    internal static bool IsLetterOrNumber(Rune rune) => Rune.IsLetter(rune) || IsDigit(rune) || Rune.GetNumericValue(rune) >= 0;

    static MarkedText Join(MarkedText separator, IReadOnlyList<object?> items, TemplateCall call)
    {
        List<MarkedText> parts = [];
        foreach (object? item in items)
        {
            if (parts.Count > 0)
            {
                parts.Add(separator);
            }
            parts.Add(item as MarkedText ?? throw call.Error($"joins strings, not {PythonMath.Describe(item)}"));
        }
        return call.Run.Join([.. parts], call.Line);
    }

    static bool Any(MarkedText text, TemplateCall call, Func<string, string, bool> holds) =>
        Between(text, call) is { } range && call.Get(0, "prefix") switch
        {
            TemplateList { IsTuple: true } choices => choices.Exists(c =>
                call.Run.SpendOn(c, call.Line) is MarkedText choice && holds(range.Text, choice.Value)),
            _ => holds(range.Text, call.Text(0, "prefix").Value),
        };

    static long Find(MarkedText text, TemplateCall call, Func<string, string, int> find) =>
        Between(text, call) is { } range && find(range.Text, call.Text(0, "sub").Value) is var at and >= 0
            ? range.Before + CodePoints.Count(range.Text.AsSpan(0, at))
            : -1;

    /// <summary>
    /// Returns the part of a text between the arguments "start" and "end", and the number of code points before it; null if the start
    /// lies behind the end.
    /// </summary>
    static (string Text, int Before)? Between(MarkedText text, TemplateCall call)
    {
        call.AtMost(3);
        if (call.Arguments.Count < 2)
        {
            return (text.Value, 0);
        }
        int count = CodePoints.Count(text.Value);
        long start = Bound(1, "start", 0), end = Math.Min(Bound(2, "end", count), count);
        if (start > end)
        {
            return null;
        }
        string rest = text.Value[CodePoints.Take(text.Value, (int)start).Length..];
        return (CodePoints.Take(rest, (int)(end - start)), (int)start);

        long Bound(int index, string name, long otherwise) => call.Get(index, name) is null
            ? otherwise
            : call.Integer(index, name) is var given && given < 0 ? Math.Max(given + count, 0) : given;
    }

    static bool IsDigit(Rune rune) => CharUnicodeInfo.GetDigitValue(rune.ToString(), 0) >= 0;

    static string FillWithZeros(string text, int width)
    {
        int sign = text.StartsWith('-') || text.StartsWith('+') ? 1 : 0;
        return text[..sign] + CodePoints.Pad(text[sign..], width - sign, "0", atEnd: false);
    }

    static string Filler(TemplateCall call) => call.OptionalText(1, "fillchar")?.Value is not { } filler ? " "
        : CodePoints.Count(filler) == 1 ? filler
        : throw call.Error("needs one character to fill with");

    static long Count(string text, string part)
    {
        long count = 0;
        for (int at = 0; part.Length > 0 && (at = text.IndexOf(part, at, StringComparison.Ordinal)) >= 0; at += part.Length)
        {
            count++;
        }
        return part.Length > 0 ? count : CodePoints.Count(text) + 1;
    }

    static int Width(TemplateCall call) =>
        call.Integer(0, "width") is >= 0 and <= 1000 and var width ? (int)width : throw call.Error("needs a width up to 1000");
}
