using System.Runtime.CompilerServices;

namespace Farsight.Text.Templates;

/// <summary>One rendering: its clock, and limits that a template written by a stranger cannot pass.</summary>
/// <param name="name">Of the template, for messages.</param>
/// <param name="now">What strftime_now tells.</param>
sealed class TemplateRun(string name, DateTime now)
{
    /// <summary>Nested values, calls and expressions.</summary>
    internal const int MostDepth = 100;

    /// <summary>Characters of one string, the result included.</summary>
    internal const int MostCharacters = 1 << 26;

    const int MostItems = 1 << 20;

    // An evaluated node costs one, a character that is copied a sixteenth.
    const long MostWork = 10_000_000;

    long _work;
    int _depth;

    internal DateTime Now => now;

    internal TemplateException Error(int line, string problem) => TemplateException.At(name, line, problem);

    internal TemplateException Refused(int line, string reason) => TemplateException.Refused(name, line, reason);

    /// <summary>Counts characters or items that something runs over.</summary>
    internal void Spend(long length, int line)
    {
        _work += 1 + (length / 16);
        if (_work > MostWork)
        {
            throw Error(line, "the template runs for too long; it does not seem to end");
        }
    }

    /// <summary>Counts the characters of a text, or the items of a list or dict.</summary>
    /// <returns>The value.</returns>
    internal object? SpendOn(object? value, int line)
    {
        Spend(value switch { MarkedText text => text.Length, TemplateList list => list.Count, TemplateDict dict => dict.Count, _ => 0 }, line);
        return value;
    }

    /// <summary>Counts a search: a text of repeated characters costs its length times the length of what is searched for.</summary>
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

    internal void CheckLength(double length, int line)
    {
        if (length > MostCharacters)
        {
            throw Error(line, $"the template makes more than {MostCharacters} characters");
        }
        Spend((int)length, line);
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
            CheckLength((double)all.Length + part.Length, line);
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
