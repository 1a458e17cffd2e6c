namespace Farsight.Text.Templates;

/// <summary>Names and their values: of the whole template, of one turn of a loop, of one call of a macro.</summary>
/// <param name="run">The rendering.</param>
/// <param name="outer">Where names are looked for that are not here; null for the globals.</param>
sealed class TemplateScope(TemplateRun run, TemplateScope? outer)
{
    readonly Dictionary<string, object?> _values = new(StringComparer.Ordinal);

    internal TemplateRun Run => run;

    internal object? this[string name]
    {
        set => _values[name] = value;
    }

    internal TemplateScope Inner() => new(run, this);

    /// <summary>The value of a name, or an undefined one. A name costs its length in every scope that is searched.</summary>
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
