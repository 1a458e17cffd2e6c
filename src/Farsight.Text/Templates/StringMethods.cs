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
            ["upper"] = (s, c) => s.Derive(s.Value.ToUpperInvariant()),
            ["lower"] = (s, c) => s.Derive(s.Value.ToLowerInvariant()),
            ["capitalize"] = (s, c) => Capitalize(s),
            ["title"] = (s, c) => Title(s),
            ["startswith"] = (s, c) => Any(c, part => s.Value.StartsWith(part, StringComparison.Ordinal)),
            ["endswith"] = (s, c) => Any(c, part => s.Value.EndsWith(part, StringComparison.Ordinal)),
            ["removeprefix"] = (s, c) =>
                c.Text(0, "prefix") is var p && s.Value.StartsWith(p.Value, StringComparison.Ordinal)
                    ? s.Slice(p.Length, s.Length - p.Length)
                    : s,
            ["removesuffix"] = (s, c) =>
                c.Text(0, "suffix") is var p && s.Value.EndsWith(p.Value, StringComparison.Ordinal) ? s.Slice(0, s.Length - p.Length) : s,
            ["find"] = (s, c) => (long)s.Value.IndexOf(c.Text(0, "sub").Value, StringComparison.Ordinal),
            ["rfind"] = (s, c) => (long)s.Value.LastIndexOf(c.Text(0, "sub").Value, StringComparison.Ordinal),
            ["index"] = (s, c) =>
                s.Value.IndexOf(c.Text(0, "sub").Value, StringComparison.Ordinal) is var at and >= 0
                    ? (long)at
                    : throw c.Error("cannot find its argument"),
            ["count"] = (s, c) => Count(s.Value, c.Text(0, "sub").Value),
            ["isdigit"] = (s, c) => s.Length > 0 && s.Value.All(char.IsDigit),
            ["isalpha"] = (s, c) => s.Length > 0 && s.Value.All(char.IsLetter),
            ["isalnum"] = (s, c) => s.Length > 0 && s.Value.All(char.IsLetterOrDigit),
            ["isspace"] = (s, c) => s.Length > 0 && s.Value.All(PythonText.IsSpace),
            ["isupper"] = (s, c) => s.Value.Any(char.IsUpper) && !s.Value.Any(char.IsLower),
            ["islower"] = (s, c) => s.Value.Any(char.IsLower) && !s.Value.Any(char.IsUpper),
            ["zfill"] = (s, c) => s.Derive(s.Value.PadLeft(Width(c), '0')),
            ["ljust"] = (s, c) => s.Derive(s.Value.PadRight(Width(c))),
            ["rjust"] = (s, c) => s.Derive(s.Value.PadLeft(Width(c))),
            ["format"] = (s, c) => StringFormat.Format(s, c),
        };

    internal static MarkedText Strip(MarkedText text, TemplateCall call, bool start, bool end)
    {
        call.AtMost(1, "chars");
        string? set = call.OptionalText(0, "chars")?.Value;
        return Strip(text, c => set is null ? PythonText.IsSpace(c) : set.Contains(c, StringComparison.Ordinal), start, end);
    }

    internal static MarkedText Strip(MarkedText text, Func<char, bool> goes, bool start = true, bool end = true)
    {
        int first = 0, last = text.Length;
        while (start && first < last && goes(text.Value[first]))
        {
            first++;
        }
        while (end && last > first && goes(text.Value[last - 1]))
        {
            last--;
        }
        return text.Slice(first, last - first);
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

    internal static MarkedText Capitalize(MarkedText text) =>
        text.Length == 0 ? text : text.Derive(char.ToUpperInvariant(text.Value[0]) + text.Value[1..].ToLowerInvariant());

    internal static MarkedText Title(MarkedText text)
    {
        char[] letters = text.Value.ToCharArray();
        for (int i = 0; i < letters.Length; i++)
        {
            letters[i] = i > 0 && char.IsLetter(text.Value[i - 1]) ? char.ToLowerInvariant(letters[i]) : char.ToUpperInvariant(letters[i]);
        }
        return text.Derive(new(letters));
    }

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

    static bool Any(TemplateCall call, Func<string, bool> holds) => call.Get(0, "prefix") switch
    {
        TemplateList { IsTuple: true } choices => choices.Exists(c =>
            call.Run.SpendOn(c, call.Line) is MarkedText text && holds(text.Value)),
        _ => holds(call.Text(0, "prefix").Value),
    };

    static long Count(string text, string part)
    {
        long count = 0;
        for (int at = 0; part.Length > 0 && (at = text.IndexOf(part, at, StringComparison.Ordinal)) >= 0; at += part.Length)
        {
            count++;
        }
        return part.Length > 0 ? count : text.Length + 1;
    }

    static int Width(TemplateCall call) =>
        call.Integer(0, "width") is >= 0 and <= 1000 and var width ? (int)width : throw call.Error("needs a width up to 1000");
}
