namespace Farsight.Text.Templates;

/// <summary>Represents a method of a dict.</summary>
/// <param name="dict">The dict.</param>
/// <param name="call">Its arguments.</param>
delegate object? DictMethod(TemplateDict dict, TemplateCall call);

/// <summary>Represents a method of a list or tuple.</summary>
/// <param name="list">The list.</param>
/// <param name="call">Its arguments.</param>
delegate object? ListMethod(TemplateList list, TemplateCall call);

/// <summary>Provides Python's methods of dicts and lists, except those that modify them, which transformers forbids too.</summary>
static class CollectionMethods
{
    internal static IReadOnlyDictionary<string, DictMethod> OfDict { get; } =
        new Dictionary<string, DictMethod>(StringComparer.Ordinal)
        {
            ["get"] = (d, c) =>
                c.Get(0, "key") is { } key and (MarkedText or long or double or bool) && d.TryGetValue(key, out object? value)
                    ? value
                    : c.Get(1, "default"),
            ["items"] = (d, c) => Items(d, c),
            ["keys"] = (d, c) => c.Run.List(d.Keys, c.Line),
            ["values"] = (d, c) => c.Run.List(d.Values, c.Line),
            ["copy"] = (d, c) => Copy(d),
        };

    internal static IReadOnlyDictionary<string, ListMethod> OfList { get; } =
        new Dictionary<string, ListMethod>(StringComparer.Ordinal)
        {
            ["index"] = (l, c) =>
                l.FindIndex(item => PythonMath.AreEqual(item, c.Get(0, "value"), c.Run, c.Line)) is var at and >= 0
                    ? (long)at
                    : throw c.Error("cannot find its argument"),
            ["count"] = (l, c) => (long)l.Count(item => PythonMath.AreEqual(item, c.Get(0, "value"), c.Run, c.Line)),
            ["copy"] = (l, c) => c.Run.List(l, c.Line),
        };

    internal static TemplateList Items(TemplateDict dict, TemplateCall call) =>
        call.Run.List(dict.Select(p => (object?)new TemplateList([p.Key, p.Value], isTuple: true)), call.Line);

    internal static TemplateDict Copy(TemplateDict dict)
    {
        TemplateDict copy = [];
        foreach ((object key, object? value) in dict)
        {
            copy[key] = value;
        }
        return copy;
    }
}
