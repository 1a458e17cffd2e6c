namespace Farsight.Text.Templates;

/// <summary>Represents a part of a template that has a value.</summary>
/// <param name="Line">Where it stands, from 1.</param>
abstract record Expression(int Line)
{
    internal object? Evaluate(TemplateScope scope)
    {
        scope.Run.Step(Line);
        return Compute(scope);
    }

    internal bool IsTrue(TemplateScope scope) => PythonTypes.IsTrue(Evaluate(scope));

    protected abstract object? Compute(TemplateScope scope);
}

/// <summary>Represents a string, a number, true, false or none.</summary>
sealed record Literal(object? Value, int Line) : Expression(Line)
{
    protected override object? Compute(TemplateScope scope) => Value;
}

/// <summary>Represents a variable.</summary>
sealed record NameExpression(string Name, int Line) : Expression(Line)
{
    protected override object? Compute(TemplateScope scope) => scope.Find(Name, Line);
}

/// <summary>[a, b] or (a, b).</summary>
sealed record ListExpression(IReadOnlyList<Expression> Items, bool IsTuple, int Line) : Expression(Line)
{
    protected override object? Compute(TemplateScope scope) => scope.Run.List(Items.Select(i => i.Evaluate(scope)), Line, IsTuple);
}

/// <summary>{key: value}.</summary>
sealed record DictExpression(IReadOnlyList<(Expression Key, Expression Value)> Items, int Line) : Expression(Line)
{
    protected override object? Compute(TemplateScope scope)
    {
        TemplateDict dict = [];
        foreach ((Expression key, Expression value) in Items)
        {
            object? evaluated = key.Evaluate(scope);
            scope.Run.Spend((evaluated as MarkedText)?.Length ?? 0, Line); // of the hash
            dict[
                evaluated is MarkedText or long or double or bool
                    ? evaluated
                    : throw scope.Run.Error(Line, $"{PythonMath.Describe(evaluated)} cannot be a key of a dict")
            ] = value.Evaluate(scope);
        }
        return dict;
    }
}

/// <summary>+, -, *, /, //, %, **.</summary>
sealed record Arithmetic(string Operator, Expression Left, Expression Right, int Line) : Expression(Line)
{
    protected override object? Compute(TemplateScope scope) =>
        PythonMath.Apply(Operator, Left.Evaluate(scope), Right.Evaluate(scope), scope.Run, Line);
}

/// <summary>~: everything as text.</summary>
sealed record Concatenation(IReadOnlyList<Expression> Parts, int Line) : Expression(Line)
{
    protected override object? Compute(TemplateScope scope) =>
        scope.Run.Join([.. Parts.Select(p => PythonText.Text(p.Evaluate(scope), scope.Run, Line))], Line);
}

/// <summary>-x or +x.</summary>
sealed record Sign(bool IsNegative, Expression Operand, int Line) : Expression(Line)
{
    protected override object? Compute(TemplateScope scope) => Operand.Evaluate(scope) switch
    {
        double d => (object)(IsNegative ? -d : d),
        object value when PythonTypes.TryInteger(value, out long n) && n != long.MinValue => IsNegative ? -n : n,
        var other => throw scope.Run.Error(Line, $"{PythonMath.Describe(other)} has no sign"),
    };
}

/// <summary>not x.</summary>
sealed record Negation(Expression Operand, int Line) : Expression(Line)
{
    protected override object? Compute(TemplateScope scope) => !Operand.IsTrue(scope);
}

/// <summary>x and y, x or y: one of the two values, as in Python.</summary>
sealed record LogicalExpression(bool IsAnd, Expression Left, Expression Right, int Line) : Expression(Line)
{
    protected override object? Compute(TemplateScope scope)
    {
        object? left = Left.Evaluate(scope);
        return PythonTypes.IsTrue(left) == IsAnd ? Right.Evaluate(scope) : left;
    }
}

/// <summary>x &lt; y &lt;= z: every neighboring pair must hold, each operand is evaluated once.</summary>
sealed record Comparison(Expression First, IReadOnlyList<(string Operator, Expression Operand)> Rest, int Line) : Expression(Line)
{
    protected override object? Compute(TemplateScope scope)
    {
        object? left = First.Evaluate(scope);
        foreach ((string op, Expression operand) in Rest)
        {
            object? right = operand.Evaluate(scope);
            if (!Holds(op, left, right, scope.Run))
            {
                return false;
            }
            left = right;
        }
        return true;
    }

    bool Holds(string op, object? a, object? b, TemplateRun run)
    {
        run.Spend(1, Line);
        return op switch
        {
            "==" => PythonMath.AreEqual(a, b, run, Line),
            "!=" => !PythonMath.AreEqual(a, b, run, Line),
            "in" => PythonMath.Contains(a, b, run, Line),
            "not in" => !PythonMath.Contains(a, b, run, Line),
            "<" => PythonMath.Compare(a, b, run, Line) < 0,
            "<=" => PythonMath.Compare(a, b, run, Line) <= 0,
            ">" => PythonMath.Compare(a, b, run, Line) > 0,
            _ => PythonMath.Compare(a, b, run, Line) >= 0,
        };
    }
}

/// <summary>x if condition else y.</summary>
sealed record Choice(Expression Condition, Expression Then, Expression? Else, int Line) : Expression(Line)
{
    protected override object? Compute(TemplateScope scope) =>
        Condition.IsTrue(scope) ? Then.Evaluate(scope)
        : Else is null ? new TemplateUndefined("the inline 'if' without 'else' is undefined") : Else.Evaluate(scope);
}

/// <summary>x.name.</summary>
sealed record AttributeExpression(Expression Object, string Name, int Line) : Expression(Line)
{
    protected override object? Compute(TemplateScope scope) => PythonAttributes.Attribute(Object.Evaluate(scope), Name, scope.Run, Line);
}

/// <summary>x[index].</summary>
sealed record ItemExpression(Expression Object, Expression Index, int Line) : Expression(Line)
{
    protected override object? Compute(TemplateScope scope) =>
        PythonAttributes.Item(Object.Evaluate(scope), Index.Evaluate(scope), scope.Run, Line);
}

/// <summary>x[start:stop:step].</summary>
sealed record SliceExpression(Expression Object, Expression? Start, Expression? Stop, Expression? Step, int Line) : Expression(Line)
{
    protected override object? Compute(TemplateScope scope) =>
        PythonSlice.Of(Object.Evaluate(scope), Bound(Start, scope), Bound(Stop, scope), Bound(Step, scope), scope.Run, Line);

    long? Bound(Expression? bound, TemplateScope scope) => bound?.Evaluate(scope) switch
    {
        null => null,
        object value when PythonTypes.TryInteger(value, out long n) => n,
        var other => throw scope.Run.Error(Line, $"a slice needs integers, not {PythonMath.Describe(other)}"),
    };
}

/// <summary>f(a, name=b).</summary>
sealed record CallExpression(Expression Function, CallArguments Arguments, int Line) : Expression(Line)
{
    protected override object? Compute(TemplateScope scope)
    {
        object? value = Function.Evaluate(scope);
        TemplateFunction function =
            value as TemplateFunction
            ?? (value as LoopState)?.Recursion
            ?? throw scope.Run.Error(Line, $"{Description} is called, but it is {PythonMath.Describe(value)}");
        object? result = function.Invoke(Arguments.For(function.Name, [], scope, Line));
        scope.Run.SpendOn(result, Line);
        return result;
    }

    string Description => Function switch { NameExpression n => $"'{n.Name}'", AttributeExpression a => $"'{a.Name}'", _ => "this" };
}

/// <summary>x | name(a).</summary>
sealed record FilterExpression(Expression? Subject, string Name, CallArguments Arguments, int Line) : Expression(Line)
{
    protected override object? Compute(TemplateScope scope) => Apply(Subject!.Evaluate(scope), scope);

    internal object? Apply(object? subject, TemplateScope scope) =>
        scope.Run.SpendOn(TemplateFilters.All[Name](Arguments.For(Name, [subject], scope, Line)), Line);
}

/// <summary>x is name(a).</summary>
sealed record TestExpression(Expression Subject, string Name, CallArguments Arguments, int Line) : Expression(Line)
{
    protected override object? Compute(TemplateScope scope) =>
        TemplateTests.All[Name](Arguments.For(Name, [Subject.Evaluate(scope)], scope, Line));
}

/// <summary>Represents the arguments of a call as written.</summary>
/// <param name="Positional">Those without a name.</param>
/// <param name="Named">Those with one.</param>
/// <param name="Spread">*list, or null.</param>
/// <param name="NamedSpread">**dict, or null.</param>
sealed record CallArguments(
    IReadOnlyList<Expression> Positional, IReadOnlyList<(string Name, Expression Value)> Named, Expression? Spread, Expression? NamedSpread)
{
    internal static CallArguments None { get; } = new([], [], null, null);

    internal TemplateCall For(string name, ReadOnlySpan<object?> subject, TemplateScope scope, int line)
    {
        List<object?> positional = [.. subject, .. Positional.Select(p => p.Evaluate(scope))];
        Dictionary<string, object?> named = new(StringComparer.Ordinal);
        foreach ((string key, Expression value) in Named)
        {
            named[key] = value.Evaluate(scope);
        }
        TemplateCall call = new(name, positional, named, scope.Run, line);
        if (Spread is not null)
        {
            positional.AddRange(call.Items(Spread.Evaluate(scope)));
        }
        if (NamedSpread is not null)
        {
            foreach (
                (object key, object? value) in NamedSpread.Evaluate(scope) as TemplateDict ?? throw call.Error("needs a dict after '**'"))
            {
                named[key.ToString() ?? ""] = value;
            }
        }
        call.SpendOnArguments();
        return call;
    }
}
