namespace Farsight.Text.Templates;

/// <summary>
/// Represents the arguments of a function, filter, test or method. The subject of a filter or test is the first argument.
/// </summary>
/// <param name="Name">Name of the function, for messages.</param>
/// <param name="Arguments">Those without a name.</param>
/// <param name="Named">Those with a name.</param>
/// <param name="Run">The rendering.</param>
/// <param name="Line">Where.</param>
sealed record TemplateCall(
    string Name,
    IReadOnlyList<object?> Arguments,
    IReadOnlyDictionary<string, object?> Named,
    TemplateRun Run,
    int Line)
{
    internal static IReadOnlyDictionary<string, object?> NoNames { get; } = new Dictionary<string, object?>();

    internal int Count => Arguments.Count + Named.Count;

    /// <summary>Gets the subject of the filter or test.</summary>
    internal object? Subject => Arguments.Count > 0 ? Arguments[0] : throw Error("needs a value");

    internal bool Has(int index, string name) => index < Arguments.Count || Named.ContainsKey(name);

    /// <summary>Returns an argument by position or name, or its default.</summary>
    internal object? Get(int index, string name, object? otherwise = null) =>
        index < Arguments.Count ? Arguments[index] : Named.TryGetValue(name, out object? value) ? value : otherwise;

    internal MarkedText Text(int index, string name) => Get(index, name) switch
    {
        MarkedText text => text,
        var other => throw Error($"needs a string for '{name}', not {PythonMath.Describe(other)}"),
    };

    internal MarkedText? OptionalText(int index, string name) => Get(index, name) is null ? null : Text(index, name);

    internal long Integer(int index, string name, long? otherwise = null) => Get(index, name, otherwise) switch
    {
        object value when PythonTypes.TryInteger(value, out long number) => number,
        var other => throw Error($"needs an integer for '{name}', not {PythonMath.Describe(other)}"),
    };

    internal bool IsTrue(int index, string name, bool otherwise = false) => PythonTypes.IsTrue(Get(index, name, otherwise));

    /// <summary>Returns the items of a list, the keys of a dict or the characters of a string.</summary>
    internal IReadOnlyList<object?> Items(object? value)
    {
        if (!PythonTypes.TryItems(value, Run, Line, out IReadOnlyList<object?>? items))
        {
            throw Error($"needs a list, dict or string, not {PythonMath.Describe(value)}");
        }
        return items;
    }

    /// <summary>Counts the work of scanning the arguments; a short string may be compared at each character of the longest.</summary>
    internal void SpendOnArguments()
    {
        int longest = Arguments.Concat(Named.Values).Max(v => (v as MarkedText)?.Length) ?? 0;
        foreach (object? value in Arguments.Concat(Named.Values))
        {
            Run.SpendOn(value, Line);
            if (value is MarkedText { Length: var length } && length < longest)
            {
                Run.SpendSearch(longest, length, Line);
            }
        }
    }

    /// <summary>Rejects arguments that would otherwise be ignored.</summary>
    internal void AtMost(int arguments, params ReadOnlySpan<string> names)
    {
        if (Arguments.Count > arguments)
        {
            throw Error($"takes at most {arguments} arguments, not {Arguments.Count}");
        }
        foreach (string name in Named.Keys)
        {
            if (!names.Contains(name))
            {
                throw Error($"has no argument '{name}' here");
            }
        }
    }

    internal TemplateException Error(string problem) => Run.Error(Line, $"'{Name}' {problem}");
}
