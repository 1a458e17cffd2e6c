namespace Farsight.Text.Templates;

/// <summary>Resolves x.name and x[index] as Jinja does: one way first, then the other, otherwise undefined.</summary>
static class PythonAttributes
{
    internal static object? Attribute(object? value, string name, TemplateRun run, int line)
    {
        if (value is TemplateUndefined undefined)
        {
            throw run.Error(line, undefined.Missing);
        }
        run.Spend(name.Length, line);
        if (Member(value, name) is { } member)
        {
            return member.Value;
        }
        return value is TemplateDict dict && dict.TryGetValue(MarkedText.Own(name), out object? item) ? item : Missing(value, name);
    }

    /// <summary>Resolves an attribute for the filter attr, which ignores items.</summary>
    internal static object? OwnAttribute(object? value, string name) =>
        Member(value, name) is { } member ? member.Value : Missing(value, name);

    internal static object? Item(object? value, object? index, TemplateRun run, int line)
    {
        run.Spend(index is MarkedText { Length: var length } ? length : 1, line);
        switch (value)
        {
            case TemplateUndefined undefined:
                throw run.Error(line, undefined.Missing);
            case TemplateDict dict when index is MarkedText or long or double or bool && dict.TryGetValue(index, out object? item):
                return item;
            case TemplateList list when PythonTypes.TryInteger(index, out long at):
                long place = at < 0 ? at + list.Count : at;
                return place >= 0 && place < list.Count ? list[(int)place] : Missing(value, $"{at}");
            case MarkedText text when PythonTypes.TryInteger(index, out long at):
                run.Spend(text.Length, line);
                return PythonSlice.Character(text, at) ?? (object)Missing(value, $"{at}");
            default:
                return index is MarkedText name
                    ? Member(value, name.Value) is { } member
                        ? member.Value
                        : Missing(value, name.Value)
                    : Missing(value, PythonTypes.Name(index));
        }
    }

    internal static TemplateUndefined Missing(object? value, string name) =>
        new($"'{PythonTypes.ObjectName(value)}' has no attribute '{name}'");

    static object? Invoke(StringMethod method, MarkedText text, TemplateCall call)
    {
        int longest = call.Arguments.Concat(call.Named.Values).Max(v => (v as MarkedText)?.Length) ?? 0;
        call.Run.SpendSearch(text.Length, longest, call.Line);
        return method(text, call);
    }

    static Member? Member(object? value, string name) =>
        value switch
        {
            TemplateNamespace space => space.Values.TryGetValue(name, out object? set) ? new(set) : null,
            LoopState loop => loop.Attribute(name) is { } attribute ? new(attribute.Value) : null,
            MarkedText text when StringMethods.All.TryGetValue(name, out StringMethod? method) => new(
                new TemplateFunction(name, call => Invoke(method, text, call))),
            TemplateDict dict when CollectionMethods.OfDict.TryGetValue(name, out DictMethod? method) => new(
                new TemplateFunction(name, call => method(dict, call))),
            TemplateList list when CollectionMethods.OfList.TryGetValue(name, out ListMethod? method) => new(
                new TemplateFunction(name, call => method(list, call))),
            _ => null,
        };
}

/// <summary>Represents an existing attribute; its value may be none.</summary>
/// <param name="Value">What it is.</param>
sealed record Member(object? Value);
