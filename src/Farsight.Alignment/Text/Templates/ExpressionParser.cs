using System.Globalization;

namespace Farsight.Alignment.Text.Templates;

/// <summary>Reads expressions, loosest binding first: if-else, or, and, not, comparisons, + -, ~, * / // %, **, signs, filters and tests.</summary>
sealed class ExpressionParser(TemplateTokens tokens)
{
    static readonly string[] s_comparisons = ["==", "!=", "<", "<=", ">", ">="];

    int _depth;

    /// <summary>One expression.</summary>
    internal Expression Parse(bool withChoice = true)
    {
        tokens.CheckDepth(++_depth);
        Expression value = withChoice ? ParseChoice() : ParseOr();
        _depth--;
        return value;
    }

    /// <summary>An expression, or several with commas: a tuple without brackets.</summary>
    internal Expression ParseTuple(bool withChoice = true, string? end = null)
    {
        int line = tokens.Current.Line;
        Expression first = Parse(withChoice);
        if (!tokens.Current.Is(","))
        {
            return first;
        }
        List<Expression> items = [first];
        while (tokens.Skip(",") && tokens.Current.Kind is not (TokenKind.BlockEnd or TokenKind.VariableEnd) && !tokens.Current.Is(")") && !(end is not null && tokens.Current.IsName(end)))
        {
            items.Add(Parse(withChoice));
        }
        return new ListExpression(items, true, line);
    }

    /// <summary>| a | b(c), or a | b(c) where the first bar is left out.</summary>
    internal IReadOnlyList<FilterExpression> ParseFilters(bool isFirst)
    {
        List<FilterExpression> filters = [];
        while (isFirst || tokens.Skip("|"))
        {
            isFirst = false;
            filters.Add(ParseFilter(null));
        }
        return filters;
    }

    /// <summary>(a, b=1) of a macro.</summary>
    internal IReadOnlyList<(string Name, Expression? Default)> ParseParameters()
    {
        List<(string, Expression?)> parameters = [];
        tokens.Expect("(");
        while (!tokens.Skip(")"))
        {
            if (parameters.Count > 0)
            {
                tokens.Expect(",");
            }
            string name = tokens.Expect(TokenKind.Name).Text;
            parameters.Add((name, tokens.Skip("=") ? Parse() : null));
        }
        return parameters;
    }

    Expression ParseChoice()
    {
        Expression value = ParseOr();
        while (tokens.Current.IsName("if"))
        {
            int line = tokens.Next().Line;
            Expression condition = ParseOr();
            value = new Choice(condition, value, tokens.SkipName("else") ? Parse() : null, line);
        }
        return value;
    }

    Expression ParseOr()
    {
        Expression left = ParseAnd();
        while (tokens.Current.IsName("or"))
        {
            int line = tokens.Next().Line;
            left = new Junction(false, left, ParseAnd(), line);
        }
        return left;
    }

    Expression ParseAnd()
    {
        Expression left = ParseNot();
        while (tokens.Current.IsName("and"))
        {
            int line = tokens.Next().Line;
            left = new Junction(true, left, ParseNot(), line);
        }
        return left;
    }

    Expression ParseNot()
    {
        if (!tokens.Current.IsName("not"))
        {
            return ParseComparison();
        }
        int line = tokens.Next().Line;
        tokens.CheckDepth(++_depth);
        Negation negation = new(ParseNot(), line);
        _depth--;
        return negation;
    }

    Expression ParseComparison()
    {
        int line = tokens.Current.Line;
        Expression first = ParseSum();
        List<(string, Expression)> rest = [];
        while (Comparator() is { } op)
        {
            rest.Add((op, ParseSum()));
        }
        return rest.Count == 0 ? first : new Comparison(first, rest, line);
    }

    string? Comparator()
    {
        TemplateToken token = tokens.Current;
        if (token.Kind == TokenKind.Operator && s_comparisons.Contains(token.Text))
        {
            return tokens.Next().Text;
        }
        if (tokens.SkipName("in"))
        {
            return "in";
        }
        if (token.IsName("not") && tokens.Peek(1).IsName("in"))
        {
            tokens.Next();
            tokens.Next();
            return "not in";
        }
        return null;
    }

    Expression ParseSum() => ParseLeft(ParseConcatenation, "+", "-");

    Expression ParseConcatenation()
    {
        int line = tokens.Current.Line;
        List<Expression> parts = [ParseProduct()];
        while (tokens.Skip("~"))
        {
            parts.Add(ParseProduct());
        }
        return parts.Count == 1 ? parts[0] : new Concatenation(parts, line);
    }

    Expression ParseProduct() => ParseLeft(ParsePower, "*", "/", "//", "%");

    Expression ParsePower() => ParseLeft(() => ParseUnary(withFilters: true), "**");

    Expression ParseLeft(Func<Expression> operand, params ReadOnlySpan<string> operators)
    {
        Expression left = operand();
        while (tokens.Current.Kind == TokenKind.Operator && operators.Contains(tokens.Current.Text))
        {
            TemplateToken op = tokens.Next();
            left = new Arithmetic(op.Text, left, operand(), op.Line);
        }
        return left;
    }

    Expression ParseUnary(bool withFilters)
    {
        TemplateToken token = tokens.Current;
        Expression value;
        if (token.Is("-") || token.Is("+"))
        {
            tokens.Next();
            tokens.CheckDepth(++_depth);
            value = new Sign(token.Is("-"), ParseUnary(withFilters: false), token.Line);
            _depth--;
        }
        else
        {
            value = ParsePostfix(ParsePrimary());
        }
        return withFilters ? ParseFiltersAndTests(value) : value;
    }

    Expression ParsePrimary()
    {
        TemplateToken token = tokens.Next();
        switch (token.Kind)
        {
            case TokenKind.Name:
                return token.Text switch
                {
                    "true" or "True" => new Literal(true, token.Line),
                    "false" or "False" => new Literal(false, token.Line),
                    "none" or "None" => new Literal(null, token.Line),
                    _ => new NameExpression(token.Text, token.Line),
                };
            case TokenKind.Text:
                string text = token.Text;
                while (tokens.Current.Kind == TokenKind.Text)
                {
                    text += tokens.Next().Text;
                }
                return new Literal(MarkedText.Own(text), token.Line);
            case TokenKind.Integer:
                return new Literal(
                    long.TryParse(token.Text, NumberStyles.None, CultureInfo.InvariantCulture, out long number) ? number : throw tokens.Error($"the integer {token.Text} has more than 64 bits", token.Line),
                    token.Line);
            case TokenKind.Float:
                return new Literal(double.Parse(token.Text, NumberStyles.Float, CultureInfo.InvariantCulture), token.Line);
            default:
                return token.Is("(") ? ParseBracket(token.Line)
                    : token.Is("[") ? new ListExpression(ParseItems("]"), false, token.Line)
                    : token.Is("{") ? ParseDict(token.Line)
                    : throw tokens.Error($"{token} stands where a value is expected", token.Line);
        }
    }

    Expression ParseBracket(int line)
    {
        if (tokens.Skip(")"))
        {
            return new ListExpression([], true, line);
        }
        Expression value = ParseTuple();
        tokens.Expect(")");
        return value;
    }

    List<Expression> ParseItems(string end)
    {
        List<Expression> items = [];
        while (!tokens.Skip(end))
        {
            if (items.Count > 0)
            {
                tokens.Expect(",");
                if (tokens.Skip(end))
                {
                    break;
                }
            }
            items.Add(Parse());
        }
        return items;
    }

    DictExpression ParseDict(int line)
    {
        List<(Expression, Expression)> items = [];
        while (!tokens.Skip("}"))
        {
            if (items.Count > 0)
            {
                tokens.Expect(",");
                if (tokens.Skip("}"))
                {
                    break;
                }
            }
            Expression key = Parse();
            tokens.Expect(":");
            items.Add((key, Parse()));
        }
        return new(items, line);
    }

    Expression ParsePostfix(Expression value)
    {
        for (int links = 0; ; links++)
        {
            tokens.CheckDepth(_depth + links);
            TemplateToken token = tokens.Current;
            if (tokens.Skip("."))
            {
                TemplateToken name = tokens.Next();
                value = name.Kind switch
                {
                    TokenKind.Name => new AttributeExpression(value, name.Text, name.Line),
                    TokenKind.Integer => new ItemExpression(value, new Literal(long.Parse(name.Text, CultureInfo.InvariantCulture), name.Line), name.Line),
                    _ => throw tokens.Error($"{name} stands where a name is expected", name.Line),
                };
            }
            else if (tokens.Skip("["))
            {
                value = ParseSubscript(value, token.Line);
            }
            else if (tokens.Skip("("))
            {
                value = new CallExpression(value, ParseArguments(), token.Line);
            }
            else
            {
                return value;
            }
        }
    }

    Expression ParseSubscript(Expression value, int line)
    {
        Expression? start = tokens.Current.Is(":") ? null : Parse();
        if (start is not null && tokens.Skip("]"))
        {
            return new ItemExpression(value, start, line);
        }
        tokens.Expect(":");
        Expression? stop = tokens.Current.Is(":") || tokens.Current.Is("]") ? null : Parse();
        Expression? step = tokens.Skip(":") && !tokens.Current.Is("]") ? Parse() : null;
        tokens.Expect("]");
        return new SliceExpression(value, start, stop, step, line);
    }

    Expression ParseFiltersAndTests(Expression value)
    {
        for (int links = 0; ; links++)
        {
            tokens.CheckDepth(_depth + links);
            TemplateToken token = tokens.Current;
            if (tokens.Skip("|"))
            {
                value = ParseFilter(value);
            }
            else if (tokens.SkipName("is"))
            {
                value = ParseTest(value, token.Line);
            }
            else if (tokens.Skip("("))
            {
                value = new CallExpression(value, ParseArguments(), token.Line);
            }
            else
            {
                return value;
            }
        }
    }

    FilterExpression ParseFilter(Expression? subject)
    {
        TemplateToken name = tokens.Expect(TokenKind.Name);
        return TemplateFilters.All.ContainsKey(name.Text)
            ? new(subject, name.Text, tokens.Skip("(") ? ParseArguments() : CallArguments.None, name.Line)
            : throw tokens.Error($"the filter '{name.Text}' is not supported", name.Line);
    }

    Expression ParseTest(Expression subject, int line)
    {
        bool isNegated = tokens.SkipName("not");
        TemplateToken name = tokens.Expect(TokenKind.Name);
        if (!TemplateTests.All.ContainsKey(name.Text))
        {
            throw tokens.Error($"the test 'is {name.Text}' is not supported", name.Line);
        }
        TestExpression test = new(subject, name.Text, TestArguments(), line);
        return isNegated ? new Negation(test, line) : test;
    }

    /// <summary>In brackets, or one value without them: "is divisibleby 3".</summary>
    CallArguments TestArguments()
    {
        TemplateToken token = tokens.Current;
        if (tokens.Skip("("))
        {
            return ParseArguments();
        }
        bool isValue = token.Kind is TokenKind.Text or TokenKind.Integer or TokenKind.Float || token.Is("[") || token.Is("{")
            || (token.Kind == TokenKind.Name && token.Text is not ("else" or "or" or "and" or "if" or "is" or "in" or "not" or "recursive"));
        return isValue ? new([ParsePostfix(ParsePrimary())], [], null, null) : CallArguments.None;
    }

    CallArguments ParseArguments()
    {
        List<Expression> positional = [];
        List<(string, Expression)> named = [];
        Expression? spread = null, namedSpread = null;
        for (bool isFirst = true; !tokens.Skip(")"); isFirst = false)
        {
            if (!isFirst)
            {
                tokens.Expect(",");
                if (tokens.Skip(")"))
                {
                    break;
                }
            }
            if (tokens.Skip("*"))
            {
                spread = Parse();
            }
            else if (tokens.Skip("**"))
            {
                namedSpread = Parse();
            }
            else if (tokens.Current.Kind == TokenKind.Name && tokens.Peek(1).Is("="))
            {
                string name = tokens.Next().Text;
                tokens.Next();
                named.Add((name, Parse()));
            }
            else
            {
                positional.Add(Parse());
            }
        }
        return new(positional, named, spread, namedSpread);
    }
}
