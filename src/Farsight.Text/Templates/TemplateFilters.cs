using System.Text;

namespace Farsight.Text.Templates;

/// <summary>Evaluates the Jinja filters that chat templates use.</summary>
static class TemplateFilters
{
    internal static IReadOnlyDictionary<string, Func<TemplateCall, object?>> All { get; } =
        new Dictionary<string, Func<TemplateCall, object?>>(StringComparer.Ordinal)
        {
            ["tojson"] = PythonJson.Dump,
            ["trim"] = c => StringMethods.Strip(Text(c), Rest(c), true, true),
            ["upper"] = c => Text(c).Derive(PythonCase.Upper(Text(c).Value)),
            ["lower"] = c => Text(c).Derive(PythonCase.Lower(Text(c).Value)),
            ["capitalize"] = c => Text(c).Derive(PythonCase.Capitalize(Text(c).Value)),
            ["title"] = Title,
            ["replace"] = c =>
                StringMethods.Replace(
                    Text(c),
                    PythonText.Text(c.Get(1, "old"), c.Run, c.Line),
                    PythonText.Text(c.Get(2, "new"), c.Run, c.Line),
                    c.Integer(3, "count", -1),
                    c),
            ["string"] = Text,
            ["safe"] = Text,
            ["escape"] = Escape,
            ["e"] = Escape,
            ["indent"] = Indent,
            ["format"] = c => PythonFormat.Percent(Text(c), new TemplateList(c.Arguments.Skip(1), isTuple: true), c.Run, c.Line),
            ["wordcount"] = call => CountWords(call),
            ["default"] = Default,
            ["d"] = Default,
            ["abs"] = c =>
                c.Subject switch
                {
                    long n when n != long.MinValue => (object)Math.Abs(n),
                    double d => Math.Abs(d),
                    _ => throw c.Error($"needs a number, not {PythonMath.Describe(c.Subject)}"),
                },
            ["int"] = ListFilters.Integer,
            ["float"] = ListFilters.Float,
            ["round"] = ListFilters.Round,
            ["length"] = ListFilters.Length,
            ["count"] = ListFilters.Length,
            ["first"] = c =>
                c.Subject is MarkedText { Length: > 0 } text ? PythonSlice.Character(text, 0)
                : c.Items(c.Subject) is { Count: > 0 } items ? items[0] : new TemplateUndefined("no first item, the sequence was empty"),
            ["last"] = c =>
                c.Subject is MarkedText { Length: > 0 } text ? PythonSlice.Character(text, -1)
                : c.Items(c.Subject) is { Count: > 0 } items ? items[^1] : new TemplateUndefined("no last item, the sequence was empty"),
            ["list"] = c => c.Run.List(c.Items(c.Subject), c.Line),
            ["reverse"] = ListFilters.Reverse,
            ["join"] = ListFilters.Join,
            ["sort"] = ListFilters.Sort,
            ["unique"] = ListFilters.Unique,
            ["min"] = c => ListFilters.Extreme(c, -1),
            ["max"] = c => ListFilters.Extreme(c, 1),
            ["sum"] = ListFilters.Sum,
            ["batch"] = ListFilters.Batch,
            ["items"] = c =>
                c.Subject switch
                {
                    TemplateUndefined => new TemplateList([]),
                    TemplateDict dict => CollectionMethods.Items(dict, c),
                    _ => throw c.Error($"needs a dict, not {PythonMath.Describe(c.Subject)}"),
                },
            ["dictsort"] = ListFilters.SortDict,
            ["attr"] = c => PythonAttributes.OwnAttribute(c.Subject, c.Text(1, "name").Value),
            ["map"] = SelectFilters.Map,
            ["select"] = c => SelectFilters.Select(c, keeps: true, byAttribute: false),
            ["reject"] = c => SelectFilters.Select(c, keeps: false, byAttribute: false),
            ["selectattr"] = c => SelectFilters.Select(c, keeps: true, byAttribute: true),
            ["rejectattr"] = c => SelectFilters.Select(c, keeps: false, byAttribute: true),
            ["groupby"] = SelectFilters.GroupBy,
        };

    static MarkedText Text(TemplateCall call) => PythonText.Text(call.Subject, call.Run, call.Line);

    static TemplateCall Rest(TemplateCall call) => call with { Arguments = [.. call.Arguments.Skip(1)] };

    static object? Default(TemplateCall call)
    {
        call.AtMost(3, "default_value", "boolean");
        bool isMissing = call.Subject is TemplateUndefined || (call.IsTrue(2, "boolean") && !PythonTypes.IsTrue(call.Subject));
        return isMissing ? call.Get(1, "default_value", MarkedText.Empty) : call.Subject;
    }

    /// <summary>Jinja's own rule, which is not Python's: a word begins after white space, a hyphen or an opening bracket.</summary>
    static MarkedText Title(TemplateCall call)
    {
        string text = Text(call).Value;
        StringBuilder title = new();
        for (int start = 0, end; start < text.Length; start = end)
        {
            for (end = start; end < text.Length && !BeginsWord(text[end]); end++)
            {
            }
            int first = end > start ? CodePoints.LengthAt(text, start) : 0;
            title.Append(PythonCase.Upper(text.Substring(start, first))).Append(PythonCase.Lower(text[(start + first)..end]));
            for (; end < text.Length && BeginsWord(text[end]); end++)
            {
                title.Append(text[end]);
            }
        }
        return Text(call).Derive(title.ToString());
    }

    static bool BeginsWord(char c) => c is '-' or '(' or '{' or '[' or '<' || PythonText.IsSpace(c);

    static long CountWords(TemplateCall call)
    {
        long count = 0;
        bool isInside = false;
        foreach (Rune rune in Text(call).Value.EnumerateRunes())
        {
            bool isWord = rune.Value == '_' || StringMethods.IsLetterOrNumber(rune);
            count += isWord && !isInside ? 1 : 0;
            isInside = isWord;
        }
        return count;
    }

    static MarkedText Escape(TemplateCall call)
    {
        MarkedText text = Text(call);
        foreach ((string from, string to) in new[] { ("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ("'", "&#39;"), ("\"", "&#34;") })
        {
            text = StringMethods.Replace(text, MarkedText.Own(from), MarkedText.Own(to), -1, call);
        }
        return text;
    }

    static MarkedText Indent(TemplateCall call)
    {
        call.AtMost(4, "width", "first", "blank");
        MarkedText indent = call.Get(1, "width", 4L) is MarkedText given
            ? given
            : MarkedText.Own(
                new(
                    ' ',
                    call.Integer(1, "width", 4) is >= 0 and <= 1000 and var width
                        ? (int)width
                        : throw call.Error("needs a width up to 1000")));
        bool indentsFirst = call.IsTrue(2, "first"),
            indentsBlank = call.IsTrue(3, "blank");
        List<MarkedText> parts = [];
        MarkedText text = Text(call), newline = text.Derive("\n");
        TemplateList lines = StringSplits.Lines(
            call.Run.Join([text, newline], call.Line),
            call with { Arguments = [], Named = TemplateCall.NoNames });
        for (int i = 0; i < lines.Count; i++)
        {
            MarkedText line = (MarkedText)lines[i]!;
            if (i > 0)
            {
                parts.Add(newline);
            }
            parts.AddRange((i == 0 ? indentsFirst : line.Length > 0 || indentsBlank) ? [indent, line] : [line]);
        }
        return call.Run.Join([.. parts], call.Line);
    }
}
