using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace Farsight.Text.Templates;

// A template's values are null (None), bool, long, double, MarkedText and what follows here.

/// <summary>
/// Represents a missing name or attribute: prints as nothing, is false and empty. Any other use fails and names what is missing.
/// </summary>
/// <param name="Missing">"'x' is undefined", "'dict object' has no attribute 'x'".</param>
/// <param name="Name">Name of the variable that does not exist; null if something else is missing.</param>
sealed record TemplateUndefined(string Missing, string? Name = null);

/// <summary>Represents a list or a tuple.</summary>
sealed class TemplateList(IEnumerable<object?> items, bool isTuple = false) : List<object?>(items)
{
    internal bool IsTuple => isTuple;
}

/// <summary>Represents a dict; keys are strings, numbers or booleans, in insertion order.</summary>
sealed class TemplateDict() : OrderedDictionary<object, object?>(PythonKeys.Comparer);

/// <summary>Represents the result of namespace(), the only object whose attributes a template can set.</summary>
sealed class TemplateNamespace
{
    internal Dictionary<string, object?> Values { get; } = new(StringComparer.Ordinal);
}

/// <summary>Represents a function or method that a template can call.</summary>
/// <param name="Name">As the template knows it.</param>
/// <param name="Invoke">What it does.</param>
sealed record TemplateFunction(string Name, Func<TemplateCall, object?> Invoke);

/// <summary>Compares keys as Python does: 1, 1.0 and True are the same key.</summary>
static class PythonKeys
{
    internal static IEqualityComparer<object> Comparer { get; } = EqualityComparer<object>.Create(
        (a, b) => PythonMath.AreEqualScalars(a, b),
        key => key switch
        {
            MarkedText text => StringComparer.Ordinal.GetHashCode(text.Value),
            _ => PythonMath.TryNumber(key, out double number) ? Hash(number) : 0,
        });

    // The hash of a string has a random seed, so that a template cannot choose numbers that collide.
    static int Hash(double number) =>
        StringComparer.Ordinal.GetHashCode((number == 0 ? 0 : number).ToString("R", CultureInfo.InvariantCulture));
}

/// <summary>Provides type names for messages, and marks of text made from values.</summary>
static class PythonTypes
{
    internal static string Name(object? value) => value switch
    {
        null => "none",
        bool => "a boolean",
        long => "an integer",
        double => "a float",
        MarkedText => "a string",
        TemplateUndefined => "an undefined value",
        TemplateList { IsTuple: true } => "a tuple",
        TemplateList => "a list",
        TemplateDict => "a dict",
        TemplateNamespace => "a namespace",
        TemplateFunction f => $"the function '{f.Name}'",
        _ => "the loop",
    };

    /// <summary>As undefined values of Jinja name the object that lacks something.</summary>
    internal static string ObjectName(object? value) => value switch
    {
        null => "None",
        bool => "bool object",
        long => "int object",
        double => "float object",
        MarkedText => "str object",
        TemplateList { IsTuple: true } => "tuple object",
        TemplateList => "list object",
        TemplateDict => "dict object",
        _ => PythonTypes.Name(value),
    };

    internal static bool IsTrue(object? value) => value switch
    {
        null or TemplateUndefined => false,
        bool b => b,
        long n => n != 0,
        double d => d != 0,
        MarkedText s => s.Length > 0,
        TemplateList list => list.Count > 0,
        TemplateDict dict => dict.Count > 0,
        _ => true,
    };

    internal static bool TryInteger(object? value, out long number)
    {
        number = value switch { long n => n, bool b => b ? 1 : 0, _ => 0 };
        return value is long or bool;
    }

    /// <summary>Returns the items of a loop. Each character of a string becomes a value and costs one evaluation.</summary>
    internal static bool TryItems(object? value, TemplateRun run, int line, [NotNullWhen(true)] out IReadOnlyList<object?>? items)
    {
        if (value is MarkedText { Length: var length })
        {
            run.CheckItems(length, line);
            run.Spend(16L * length, line);
        }
        run.SpendOn(value, line);
        items = value switch
        {
            TemplateList list => list,
            TemplateDict dict => [.. dict.Keys],
            TemplateUndefined => [],
            MarkedText text => Characters(text),
            _ => null,
        };
        return items is not null;
    }

    static List<object?> Characters(MarkedText text)
    {
        List<object?> items = [];
        for (int i = 0; i < text.Length;)
        {
            int length = CodePoints.LengthAt(text.Value, i);
            items.Add(text.Slice(i, length));
            i += length;
        }
        return items;
    }
}

/// <summary>Marks of text that is made from values.</summary>
static class PythonMarks
{
    /// <summary>Creates text from a value; marked if any part of the value is.</summary>
    internal static MarkedText Of(object? value, string text) => Any(value, 0) ? MarkedText.FromMessage(text) : MarkedText.Own(text);

    static bool Any(object? value, int depth) => depth < TemplateRun.MostDepth && value switch
    {
        MarkedText text => text.IsMarked,
        TemplateList list => list.Exists(item => Any(item, depth + 1)),
        TemplateDict dict => dict.Any(pair => Any(pair.Key, depth + 1) || Any(pair.Value, depth + 1)),
        _ => false,
    };
}
