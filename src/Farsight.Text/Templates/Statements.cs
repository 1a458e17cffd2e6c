namespace Farsight.Text.Templates;

/// <summary>Specifies how a statement ended.</summary>
enum Flow
{
    /// <summary>The next statement follows.</summary>
    Next,

    /// <summary>The loop ends.</summary>
    Break,

    /// <summary>The loop's next turn follows.</summary>
    Continue,
}

/// <summary>Represents a part of a template that writes text or changes variables.</summary>
/// <param name="Line">Where it stands, from 1.</param>
abstract record Statement(int Line)
{
    internal abstract Flow Render(TemplateScope scope, MarkedText.Builder output);

    protected static void Write(MarkedText text, TemplateScope scope, MarkedText.Builder output, int line)
    {
        scope.Run.CheckLength((double)output.Length + text.Length, text.Length, line);
        output.Append(text);
    }
}

/// <summary>Represents a sequence of statements.</summary>
sealed record Body(IReadOnlyList<Statement> Statements, int Line) : Statement(Line)
{
    internal override Flow Render(TemplateScope scope, MarkedText.Builder output)
    {
        foreach (Statement statement in Statements)
        {
            if (statement.Render(scope, output) is var flow and not Flow.Next)
            {
                return flow;
            }
        }
        return Flow.Next;
    }

    /// <summary>Evaluates the body and returns the text it writes.</summary>
    internal MarkedText Text(TemplateScope scope)
    {
        MarkedText.Builder output = new();
        Render(scope, output);
        return output.Build();
    }
}

/// <summary>Represents literal text.</summary>
sealed record DataStatement(MarkedText Text, int Line) : Statement(Line)
{
    internal override Flow Render(TemplateScope scope, MarkedText.Builder output)
    {
        Write(Text, scope, output, Line);
        return Flow.Next;
    }
}

/// <summary>{{ expression }}.</summary>
sealed record OutputStatement(Expression Value, int Line) : Statement(Line)
{
    internal override Flow Render(TemplateScope scope, MarkedText.Builder output)
    {
        Write(PythonText.Text(Value.Evaluate(scope), scope.Run, Line), scope, output, Line);
        return Flow.Next;
    }
}

/// <summary>{% if %}, {% elif %}, {% else %}.</summary>
sealed record IfStatement(IReadOnlyList<(Expression Condition, Body Body)> Branches, Body? Else, int Line) : Statement(Line)
{
    internal override Flow Render(TemplateScope scope, MarkedText.Builder output)
    {
        foreach ((Expression condition, Body body) in Branches)
        {
            if (condition.IsTrue(scope))
            {
                return body.Render(scope, output);
            }
        }
        return Else?.Render(scope, output) ?? Flow.Next;
    }
}

/// <summary>Represents {% for target in items if condition recursive %}, with {% else %} for no iteration.</summary>
sealed record ForStatement(
    AssignmentTarget Target,
    Expression Items,
    Expression? Condition,
    bool IsRecursive,
    Body Body,
    Body? Else,
    int Line
) : Statement(Line)
{
    internal override Flow Render(TemplateScope scope, MarkedText.Builder output)
    {
        Loop(Items.Evaluate(scope), depth: 1, scope, output);
        return Flow.Next;
    }

    void Loop(object? value, int depth, TemplateScope scope, MarkedText.Builder output)
    {
        List<object?> items = [.. Chosen(value, scope)];
        LoopState loop = new(items, depth, IsRecursive ? Recursion(depth, scope) : null);
        foreach (object? item in items)
        {
            scope.Run.Spend(1, Line);
            loop.MoveNext();
            TemplateScope turn = scope.Inner();
            turn["loop"] = loop;
            Target.Assign(item, turn);
            if (Body.Render(turn, output) == Flow.Break)
            {
                break;
            }
        }
        if (items.Count == 0)
        {
            Else?.Render(scope.Inner(), output);
        }
    }

    IEnumerable<object?> Chosen(object? value, TemplateScope scope)
    {
        if (!PythonTypes.TryItems(value, scope.Run, Line, out IReadOnlyList<object?>? items))
        {
            throw scope.Run.Error(Line, $"'for' cannot run over {PythonMath.Describe(value)}");
        }
        foreach (object? item in items)
        {
            if (Condition is not null)
            {
                TemplateScope inner = scope.Inner();
                Target.Assign(item, inner);
                if (!Condition.IsTrue(inner))
                {
                    continue;
                }
            }
            yield return item;
        }
    }

    TemplateFunction Recursion(int depth, TemplateScope scope) => new("loop", call => call.Run.Deeper(call.Line, () =>
    {
        MarkedText.Builder output = new();
        Loop(call.Subject, depth + 1, scope, output);
        return output.Build();
    }));
}

/// <summary>{% break %} and {% continue %}.</summary>
sealed record LoopControl(Flow Flow, int Line) : Statement(Line)
{
    internal override Flow Render(TemplateScope scope, MarkedText.Builder output) => Flow;
}

/// <summary>{% set target = value %}.</summary>
sealed record SetStatement(AssignmentTarget Target, Expression Value, int Line) : Statement(Line)
{
    internal override Flow Render(TemplateScope scope, MarkedText.Builder output)
    {
        Target.Assign(Value.Evaluate(scope), scope);
        return Flow.Next;
    }
}

/// <summary>{% set target | filter %} body {% endset %}.</summary>
sealed record SetBlock(AssignmentTarget Target, IReadOnlyList<FilterExpression> Filters, Body Body, int Line) : Statement(Line)
{
    internal override Flow Render(TemplateScope scope, MarkedText.Builder output)
    {
        object? value = Body.Text(scope.Inner());
        foreach (FilterExpression filter in Filters)
        {
            value = filter.Apply(value, scope);
        }
        Target.Assign(value, scope);
        return Flow.Next;
    }
}

/// <summary>{% filter name %} body {% endfilter %}.</summary>
sealed record FilterBlock(IReadOnlyList<FilterExpression> Filters, Body Body, int Line) : Statement(Line)
{
    internal override Flow Render(TemplateScope scope, MarkedText.Builder output)
    {
        object? value = Body.Text(scope.Inner());
        foreach (FilterExpression filter in Filters)
        {
            value = filter.Apply(value, scope);
        }
        Write(PythonText.Text(value, scope.Run, Line), scope, output, Line);
        return Flow.Next;
    }
}

/// <summary>{% with a = b %} body {% endwith %}.</summary>
sealed record WithStatement(IReadOnlyList<(AssignmentTarget Target, Expression Value)> Values, Body Body, int Line) : Statement(Line)
{
    internal override Flow Render(TemplateScope scope, MarkedText.Builder output)
    {
        TemplateScope inner = scope.Inner();
        foreach ((AssignmentTarget target, Expression value) in Values)
        {
            target.Assign(value.Evaluate(scope), inner);
        }
        return Body.Render(inner, output);
    }
}

/// <summary>{% macro name(a, b=1) %} body {% endmacro %}.</summary>
sealed record MacroStatement(Macro Macro, int Line) : Statement(Line)
{
    internal override Flow Render(TemplateScope scope, MarkedText.Builder output)
    {
        scope[Macro.Name] = Macro.In(scope);
        return Flow.Next;
    }
}

/// <summary>{% call(a) macro(b) %} body {% endcall %}: the macro writes the body where it says caller(a).</summary>
sealed record CallBlock(Macro Caller, CallExpression Call, int Line) : Statement(Line)
{
    internal override Flow Render(TemplateScope scope, MarkedText.Builder output)
    {
        TemplateFunction function =
            Call.Function.Evaluate(scope) as TemplateFunction ?? throw scope.Run.Error(Line, "'call' needs a macro");
        TemplateCall call = Call.Arguments.For(function.Name, [], scope, Line);
        Dictionary<string, object?> named = new(call.Named, StringComparer.Ordinal) { ["caller"] = Caller.In(scope) };
        Write(PythonText.Text(function.Invoke(call with { Named = named }), scope.Run, Line), scope, output, Line);
        return Flow.Next;
    }
}

/// <summary>Represents a function that a template defines.</summary>
/// <param name="Name">As it is called.</param>
/// <param name="Parameters">Names, and what stands for those that are not given.</param>
/// <param name="Body">What it writes; that is its value.</param>
sealed record Macro(string Name, IReadOnlyList<(string Name, Expression? Default)> Parameters, Body Body)
{
    /// <summary>Returns the macro as a value; it sees the names in the scope of its definition.</summary>
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
