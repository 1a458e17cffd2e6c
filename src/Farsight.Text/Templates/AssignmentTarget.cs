namespace Farsight.Text.Templates;

/// <summary>
/// Represents the target of an assignment: a name, an attribute of a namespace, or several names for the items of a value.
/// </summary>
/// <param name="Line">Where it stands, from 1.</param>
abstract record AssignmentTarget(int Line)
{
    internal abstract void Assign(object? value, TemplateScope scope);
}

/// <summary>Represents a name in the innermost scope.</summary>
sealed record NameTarget(string Name, int Line) : AssignmentTarget(Line)
{
    internal override void Assign(object? value, TemplateScope scope) => scope[Name] = value;
}

/// <summary>namespace.name.</summary>
sealed record NamespaceTarget(string Namespace, string Name, int Line) : AssignmentTarget(Line)
{
    internal override void Assign(object? value, TemplateScope scope)
    {
        if (scope.Find(Namespace, Line) is not TemplateNamespace space)
        {
            throw scope.Run.Error(Line, $"'{Namespace}' is no namespace, so '{Namespace}.{Name}' cannot be set");
        }
        space.Values[Name] = value;
    }
}

/// <summary>a, b: as many names as the value has items.</summary>
sealed record TupleTarget(IReadOnlyList<AssignmentTarget> Items, int Line) : AssignmentTarget(Line)
{
    internal override void Assign(object? value, TemplateScope scope)
    {
        if (!PythonTypes.TryItems(value, scope.Run, Line, out IReadOnlyList<object?>? items) || items.Count != Items.Count)
        {
            throw scope.Run.Error(
                Line,
                $"{Items.Count} names cannot take {(items is null ? PythonMath.Describe(value) : $"{items.Count} items")}");
        }
        for (int i = 0; i < items.Count; i++)
        {
            Items[i].Assign(items[i], scope);
        }
    }
}
