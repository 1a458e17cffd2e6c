using System.Globalization;
using Farsight.Text.Tokenizers;

namespace Farsight.Text.Templates;

// Names, numbers, texts, and lists and dictionaries of expressions.
sealed partial class ExpressionParser
{
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
                return ParseInteger(token);
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

    Literal ParseInteger(TemplateToken token) => long.TryParse(token.Text, NumberStyles.None, CultureInfo.InvariantCulture, out long number)
        ? new(number, token.Line)
        : throw tokens.Error($"the integer {token.Text} has more than 64 bits", token.Line);
}
