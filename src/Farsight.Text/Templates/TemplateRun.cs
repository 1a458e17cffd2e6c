using System.Runtime.CompilerServices;

namespace Farsight.Text.Templates;

/// <summary>Represents one rendering: its clock, and limits that protect against hostile templates.</summary>
/// <param name="name">Name of the template, for messages.</param>
/// <param name="now">What strftime_now tells.</param>
/// <param name="notice">Receives one sentence per undefined name that is rendered; null to ignore them.</param>
sealed class TemplateRun(string name, DateTime now, Action<string>? notice = null)
{
    /// <summary>Maximum depth of values, calls and expressions.</summary>
    internal const int MostDepth = 100;

    /// <summary>Maximum number of characters in one string, including the result.</summary>
    internal const int MostCharacters = 1 << 26;

    const int MostItems = 1 << 20;

    // An evaluated node costs one, a character that is copied a sixteenth.
    const long MostWork = 10_000_000;

    readonly HashSet<string> _undefined = new(StringComparer.Ordinal);
    long _work;
    int _depth;

    internal DateTime Now => now;

    internal TemplateException Error(int line, string problem) => TemplateException.At(name, line, problem);

    internal TemplateException Refused(int line, string reason) => TemplateException.Refused(name, line, reason);

    /// <summary>Returns the text of an undefined value, which is empty as in Jinja, and reports a variable that does not exist.</summary>
    internal MarkedText Nothing(TemplateUndefined undefined, int line)
    {
        if (undefined.Name is { } variable && _undefined.Add(variable))
        {
            notice?.Invoke($"{name}, line {line}: '{variable}' is undefined and is rendered as nothing, as transformers does.");
        }
        return MarkedText.Empty;
    }

    /// <summary>Counts characters or items that something runs over.</summary>
    internal void Spend(long length, int line)
    {
        _work += 1 + (length / 16);
        if (_work > MostWork)
        {
            throw Error(line, "the template takes too many steps; it may not terminate");
        }
    }

    /// <summary>Counts the characters of a text or the items of a list or dict as work.</summary>
    /// <returns>The value.</returns>
    internal object? SpendOn(object? value, int line)
    {
        Spend(value switch { MarkedText t => t.Length, TemplateList list => list.Count, TemplateDict dict => dict.Count, _ => 0 }, line);
        return value;
    }

    /// <summary>Counts a search, which in a text of repeated characters takes time proportional to the product of both lengths.</summary>
    internal void SpendSearch(long length, long sought, int line) => Spend(length + (length * sought / 64), line);

    /// <summary>Counts one evaluated node.</summary>
    internal void Step(int line)
    {
        Spend(0, line);
        if (!RuntimeHelpers.TryEnsureSufficientExecutionStack())
        {
            throw Error(line, "expressions and macros are nested too deeply");
        }
    }

    /// <summary>Counts characters that are added to a text, and rejects a text that becomes too long.</summary>
    /// <param name="length">Length of the text, the added characters included.</param>
    /// <param name="added">Number of added characters.</param>
    /// <param name="line">Line of the template.</param>
    internal void CheckLength(double length, long added, int line)
    {
        if (length > MostCharacters)
        {
            throw Error(line, $"the template writes more than {MostCharacters} characters");
        }
        Spend(added, line);
    }

    /// <summary>Counts an item that is added to a list, and rejects a list that becomes too long.</summary>
    internal void CheckItems(int count, int line)
    {
        if (count > MostItems)
        {
            throw Error(line, $"a list has more than {MostItems} items");
        }
        Spend(0, line);
    }

    internal void CheckDepth(int depth, int line)
    {
        if (depth > MostDepth)
        {
            throw Error(line, $"values or calls are nested deeper than {MostDepth}");
        }
    }

    /// <summary>Runs a macro's body or a recursive loop one level deeper.</summary>
    internal T Deeper<T>(int line, Func<T> body)
    {
        CheckDepth(++_depth, line);
        T result = body();
        _depth--;
        return result;
    }

    internal MarkedText Join(ReadOnlySpan<MarkedText> parts, int line)
    {
        MarkedText.Builder all = new();
        foreach (MarkedText part in parts)
        {
            CheckLength((double)all.Length + part.Length, part.Length, line);
            all.Append(part);
        }
        return all.Build();
    }

    internal TemplateList List(IEnumerable<object?> items, int line, bool isTuple = false)
    {
        TemplateList list = new(items.Take(MostItems + 1), isTuple);
        if (list.Count > MostItems)
        {
            throw Error(line, $"a list has more than {MostItems} items");
        }
        Spend(4 * list.Count, line);
        return list;
    }
}
