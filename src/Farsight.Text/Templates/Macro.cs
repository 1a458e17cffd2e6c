namespace Farsight.Text.Templates;

/// <summary>A function that a template defines.</summary>
/// <param name="Name">As it is called.</param>
/// <param name="Parameters">Names, and what stands for those that are not given.</param>
/// <param name="Body">What it writes; that is its value.</param>
sealed record Macro(string Name, IReadOnlyList<(string Name, Expression? Default)> Parameters, Body Body)
{
    /// <summary>The macro as a value; it sees the names of the place where it was defined.</summary>
    internal TemplateFunction In(TemplateScope scope) => new(Name, call => call.Run.Deeper(call.Line, () => Body.Text(Bind(call, scope))));

    TemplateScope Bind(TemplateCall call, TemplateScope definedIn)
    {
        if (call.Arguments.Count > Parameters.Count)
        {
            throw call.Error($"takes at most {Parameters.Count} arguments, not {call.Arguments.Count}");
        }
        call.Run.Spend(16L * Parameters.Count * (1 + call.Named.Count), call.Line);
        string? unknown = call.Named.Keys.FirstOrDefault(name => name != "caller" && !Parameters.Any(p => p.Name == name));
        if (unknown is not null)
        {
            throw call.Error($"has no parameter '{unknown}'");
        }
        TemplateScope scope = definedIn.Inner();
        scope["caller"] = call.Named.TryGetValue("caller", out object? caller) ? caller : new TemplateUndefined("'caller' is undefined");
        for (int i = 0; i < Parameters.Count; i++)
        {
            (string name, Expression? otherwise) = Parameters[i];
            scope[name] = call.Has(i, name) ? call.Get(i, name)
                : otherwise is null ? new TemplateUndefined($"parameter '{name}' was not provided") : otherwise.Evaluate(scope);
        }
        return scope;
    }
}
