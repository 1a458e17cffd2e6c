using System.Globalization;

namespace Farsight.Text.Templates;

/// <summary>Provides filters of lists, dicts and numbers.</summary>
static class ListFilters
{
    internal static object? Length(TemplateCall call) => call.Subject switch
    {
        MarkedText text => (long)CodePoints.Count(text.Value),
        TemplateList list => (long)list.Count,
        TemplateDict dict => (long)dict.Count,
        TemplateUndefined => 0L,
        var other => throw call.Error($"needs a value with a length, not {PythonMath.Describe(other)}"),
    };

    internal static object? Integer(TemplateCall call)
    {
        call.AtMost(2, "default");
        return call.Subject switch
        {
            double d when Math.Abs(d) < 9e18 => (long)d,
            MarkedText text
                when long.TryParse(text.Value.Trim(), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long n) => n,
            MarkedText text when TryDouble(text.Value, out double d) && Math.Abs(d) < 9e18 => (long)d,
            object value when PythonTypes.TryInteger(value, out long n) => n,
            _ => call.Get(1, "default", 0L),
        };
    }

    internal static object? Float(TemplateCall call)
    {
        call.AtMost(2, "default");
        return call.Subject is MarkedText text
            ? TryDouble(text.Value, out double parsed) ? parsed : call.Get(1, "default", 0.0)
            : PythonMath.TryNumber(call.Subject, out double number) ? number : call.Get(1, "default", 0.0);
    }

    internal static object? Round(TemplateCall call)
    {
        call.AtMost(3, "precision", "method");
        if (!PythonMath.TryNumber(call.Subject, out double number))
        {
            throw call.Error($"needs a number, not {PythonMath.Describe(call.Subject)}");
        }
        int precision = (int)Math.Clamp(call.Integer(1, "precision", 0), -300, 300);
        double scale = Math.Pow(10, precision);
        return (call.OptionalText(2, "method")?.Value ?? "common") switch
        {
            "common" when PythonTypes.TryInteger(call.Subject, out long whole) => (object)PythonMath.Round(whole, precision),
            "common" => PythonMath.Round(number, precision),
            "ceil" => Math.Ceiling(number * scale) / scale,
            "floor" => Math.Floor(number * scale) / scale,
            var other => throw call.Error($"does not know the method '{other}'"),
        };
    }

    internal static object? Reverse(TemplateCall call) => call.Subject is MarkedText text
        ? PythonSlice.Of(text, null, null, -1, call.Run, call.Line)
        : call.Run.List(call.Items(call.Subject).Reverse(), call.Line);

    internal static object? Join(TemplateCall call)
    {
        call.AtMost(3, "d", "attribute");
        MarkedText separator = call.Has(1, "d") ? PythonText.Text(call.Get(1, "d"), call.Run, call.Line) : MarkedText.Empty;
        MarkedText? attribute = call.OptionalText(2, "attribute");
        List<MarkedText> parts = [];
        foreach (object? item in call.Items(call.Subject))
        {
            if (parts.Count > 0)
            {
                parts.Add(separator);
            }
            parts.Add(PythonText.Text(attribute is null ? item : SelectFilters.Attribute(item, attribute, call), call.Run, call.Line));
        }
        return call.Run.Join([.. parts], call.Line);
    }

    internal static object? Sort(TemplateCall call)
    {
        call.AtMost(4, "reverse", "case_sensitive", "attribute");
        MarkedText? attribute = call.OptionalText(3, "attribute");
        bool matchesCase = call.IsTrue(2, "case_sensitive");
        object? Key(object? item) => Cased(attribute is null ? item : SelectFilters.Attribute(item, attribute, call), matchesCase, call);
        Comparer<object?> order = Comparer<object?>.Create((a, b) => PythonMath.Compare(a, b, call.Run, call.Line));
        IReadOnlyList<object?> items = call.Items(call.Subject);
        return call.Run.List(call.IsTrue(1, "reverse") ? items.OrderByDescending(Key, order) : items.OrderBy(Key, order), call.Line);
    }

    internal static object? SortDict(TemplateCall call)
    {
        call.AtMost(4, "case_sensitive", "by", "reverse");
        int side = call.OptionalText(2, "by")?.Value is "value" ? 1 : 0;
        bool matchesCase = call.IsTrue(1, "case_sensitive");
        TemplateList items = CollectionMethods.Items(
            call.Subject as TemplateDict ?? throw call.Error($"needs a dict, not {PythonMath.Describe(call.Subject)}"),
            call);
        object? Key(object? item) => Cased(((TemplateList)item!)[side], matchesCase, call);
        Comparer<object?> order = Comparer<object?>.Create((a, b) => PythonMath.Compare(a, b, call.Run, call.Line));
        return call.Run.List(call.IsTrue(3, "reverse") ? items.OrderByDescending(Key, order) : items.OrderBy(Key, order), call.Line);
    }

    internal static object? Unique(TemplateCall call)
    {
        call.AtMost(3, "case_sensitive", "attribute");
        MarkedText? attribute = call.OptionalText(2, "attribute");
        List<object?> keys = [], kept = [];
        foreach (object? item in call.Items(call.Subject))
        {
            object? key = Cased(
                attribute is null ? item : SelectFilters.Attribute(item, attribute, call),
                call.IsTrue(1, "case_sensitive"),
                call);
            if (!keys.Exists(k => PythonMath.AreEqual(k, key, call.Run, call.Line)))
            {
                keys.Add(key);
                kept.Add(item);
            }
        }
        return call.Run.List(kept, call.Line);
    }

    internal static object? Extreme(TemplateCall call, int sign)
    {
        call.AtMost(3, "case_sensitive", "attribute");
        IReadOnlyList<object?> items = call.Items(call.Subject);
        MarkedText? attribute = call.OptionalText(2, "attribute");
        object? Key(object? item) =>
            Cased(attribute is null ? item : SelectFilters.Attribute(item, attribute, call), call.IsTrue(1, "case_sensitive"), call);
        return items.Count == 0
            ? new TemplateUndefined("no aggregated item, the sequence was empty")
            : items.Aggregate((best, item) => sign * PythonMath.Compare(Key(item), Key(best), call.Run, call.Line) > 0 ? item : best);
    }

    internal static object? Sum(TemplateCall call)
    {
        call.AtMost(3, "attribute", "start");
        MarkedText? attribute = call.OptionalText(1, "attribute");
        return call.Items(call.Subject)
            .Aggregate(
                call.Get(2, "start", 0L),
                (sum, item) =>
                    PythonMath.Apply(
                        "+",
                        sum,
                        attribute is null ? item : SelectFilters.Attribute(item, attribute, call),
                        call.Run,
                        call.Line));
    }

    internal static object? Batch(TemplateCall call)
    {
        call.AtMost(3, "linecount", "fill_with");
        int size = call.Integer(1, "linecount") is > 0 and < int.MaxValue and var n
            ? (int)n
            : throw call.Error("needs a positive number of items");
        object? filler = call.Get(2, "fill_with");
        return call.Run.List(
            call.Items(call.Subject)
                .Chunk(size)
                .Select(c => (object?)call.Run.List(filler is null ? c : c.Concat(Enumerable.Repeat(filler, size - c.Length)), call.Line)),
            call.Line);
    }

    static object? Cased(object? value, bool matchesCase, TemplateCall call)
    {
        if (matchesCase || value is not MarkedText text)
        {
            return value;
        }
        call.Run.Spend(text.Length, call.Line);
        return MarkedText.Own(PythonCase.Lower(text.Value));
    }

    static bool TryDouble(string text, out double value) =>
        double.TryParse(text.Trim(), NumberStyles.Float, CultureInfo.InvariantCulture, out value);
}
