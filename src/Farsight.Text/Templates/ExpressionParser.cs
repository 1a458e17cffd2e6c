using Farsight.Text.Tokenizers;

namespace Farsight.Text.Templates;

/// <summary>
/// Reads expressions, loosest binding first: if-else, or, and, not, comparisons, + -, ~, * / // %, **, signs, filters and tests.
/// </summary>
sealed partial class ExpressionParser(TemplateTokens tokens)
{
    static readonly string[] s_comparisons = ["==", "!=", "<", "<=", ">", ">="];

    int _depth;

    /// <summary>Returns one expression.</summary>
    internal Expression Parse(bool withChoice = true)
    {
        tokens.CheckDepth(++_depth);
        Expression value = withChoice ? ParseChoice() : ParseOr();
        _depth--;
        return value;
    }

    /// <summary>Returns an expression, or several with commas: a tuple without brackets.</summary>
    internal Expression ParseTuple(bool withChoice = true, string? end = null)
    {
        int line = tokens.Current.Line;
        Expression first = Parse(withChoice);
        if (!tokens.Current.Is(","))
        {
            return first;
        }
        List<Expression> items = [first];
        while (
            tokens.Skip(",")
            && tokens.Current.Kind is not (TokenKind.BlockEnd or TokenKind.VariableEnd)
            && !tokens.Current.Is(")")
            && !(end is not null && tokens.Current.IsName(end)))
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
            left = new LogicalExpression(false, left, ParseAnd(), line);
        }
        return left;
    }

    Expression ParseAnd()
    {
        Expression left = ParseNot();
        while (tokens.Current.IsName("and"))
        {
            int line = tokens.Next().Line;
            left = new LogicalExpression(true, left, ParseNot(), line);
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
        for (int links = 1; tokens.Current.Kind == TokenKind.Operator && operators.Contains(tokens.Current.Text); links++)
        {
            tokens.CheckDepth(_depth + links);
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
}
