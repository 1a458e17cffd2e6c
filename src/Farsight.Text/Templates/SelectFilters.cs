using System.Globalization;

namespace Farsight.Text.Templates;

/// <summary>Provides filters that apply a test, a filter or an attribute to every item.</summary>
static class SelectFilters
{
    /// <summary>Resolves an attribute by its path: "function.name", "0.text".</summary>
    internal static object? Attribute(object? item, MarkedText path, TemplateCall call)
    {
        call.Run.Spend(path.Length, call.Line);
        foreach (string part in path.Value.Split('.'))
        {
            call.Run.Spend(0, call.Line);
            item = long.TryParse(part, NumberStyles.None, CultureInfo.InvariantCulture, out long index)
                ? PythonAttributes.Item(item, index, call.Run, call.Line)
                : PythonAttributes.Item(item, MarkedText.Own(part), call.Run, call.Line);
        }
        return item;
    }

    internal static object? Map(TemplateCall call)
    {
        IReadOnlyList<object?> items = call.Items(call.Subject);
        if (call.Arguments.Count == 1 && call.Named.ContainsKey("attribute"))
        {
            call.AtMost(1, "attribute", "default");
            MarkedText attribute = call.Text(1, "attribute");
            return call.Run.List(
                items.Select(i =>
                    Attribute(i, attribute, call) is var value
                    && value is TemplateUndefined
                    && call.Named.TryGetValue("default", out object? other)
                        ? other
                        : value),
                call.Line);
        }
        string name = call.Text(1, "name").Value;
        if (!TemplateFilters.All.TryGetValue(name, out Func<TemplateCall, object?>? filter))
        {
            throw call.Error($"does not know the filter '{name}'");
        }
        return call.Run.List(
            items.Select(i =>
            {
                TemplateCall one = call with { Name = name, Arguments = [i, .. call.Arguments.Skip(2)] };
                one.SpendOnArguments();
                return call.Run.SpendOn(filter(one), call.Line);
            }),
            call.Line);
    }

    internal static object? Select(TemplateCall call, bool keeps, bool byAttribute)
    {
        int at = byAttribute ? 2 : 1;
        MarkedText? attribute = byAttribute ? call.Text(1, "attribute") : null;
        string? name =
            call.Arguments.Count > at
                ? call.Text(at, "test").Value switch
                {
                    "==" => "eq",
                    "!=" => "ne",
                    "<" => "lt",
                    "<=" => "le",
                    ">" => "gt",
                    ">=" => "ge",
                    var other => other,
                }
                : null;
        Func<TemplateCall, bool>? test = null;
        if (name is not null && !TemplateTests.All.TryGetValue(name, out test))
        {
            throw call.Error($"does not know the test '{name}'");
        }
        bool Holds(object? item)
        {
            object? value = attribute is null ? item : Attribute(item, attribute, call);
            if (test is null)
            {
                return PythonTypes.IsTrue(value);
            }
            TemplateCall one = call with { Name = name!, Arguments = [value, .. call.Arguments.Skip(at + 1)] };
            one.SpendOnArguments();
            return test(one);
        }
        return call.Run.List(call.Items(call.Subject).Where(item => Holds(item) == keeps), call.Line);
    }

    internal static object? GroupBy(TemplateCall call)
    {
        call.AtMost(2, "attribute");
        MarkedText attribute = call.Text(1, "attribute");
        Comparer<object?> order = Comparer<object?>.Create((a, b) => PythonMath.Compare(a, b, call.Run, call.Line));
        List<object?> groups = [];
        foreach (object? item in call.Items(call.Subject).OrderBy(i => Attribute(i, attribute, call), order))
        {
            object? key = Attribute(item, attribute, call);
            if (groups.Count > 0 && groups[^1] is TemplateList last && PythonMath.AreEqual(last[0], key, call.Run, call.Line))
            {
                ((TemplateList)last[1]!).Add(item);
            }
            else
            {
                groups.Add(new TemplateList([key, new TemplateList([item])], isTuple: true));
            }
        }
        return call.Run.List(groups, call.Line);
    }
}
