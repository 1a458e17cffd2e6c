namespace Farsight.Text.Templates;

/// <summary>Represents names and values of the template, of one loop iteration or of one macro call.</summary>
/// <param name="run">The rendering.</param>
/// <param name="outer">The outer scope, searched for names that are missing here; null for the globals.</param>
sealed class TemplateScope(TemplateRun run, TemplateScope? outer)
{
    readonly Dictionary<string, object?> _values = new(StringComparer.Ordinal);

    internal TemplateRun Run => run;

    internal object? this[string name]
    {
        set => _values[name] = value;
    }

    internal TemplateScope Inner() => new(run, this);

    /// <summary>Returns the value of a name, or an undefined value. Each searched scope costs the length of the name.</summary>
    internal object? Find(string name, int line)
    {
        for (TemplateScope? scope = this; scope is not null; scope = scope.Outer)
        {
            run.Spend(name.Length, line);
            if (scope._values.TryGetValue(name, out object? value))
            {
                return value;
            }
        }
        return new TemplateUndefined($"'{name}' is undefined", name);
    }

    TemplateScope? Outer => outer;
}
