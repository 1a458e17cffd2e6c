using Farsight.Text.Tokenizers;

namespace Farsight.Text.Templates;

// What may follow a value: attributes, subscripts, calls, filters and tests.
sealed partial class ExpressionParser
{
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
                    TokenKind.Integer => new ItemExpression(value, ParseInteger(name), name.Line),
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
        bool isValue =
            token.Kind is TokenKind.Text or TokenKind.Integer or TokenKind.Float
            || token.Is("[")
            || token.Is("{")
            || (
                token.Kind == TokenKind.Name && token.Text is not ("else" or "or" or "and" or "if" or "is" or "in" or "not" or "recursive")
            );
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
