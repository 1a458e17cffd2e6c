using System.Globalization;
using System.Text;
using Farsight.Text.Tokenizers;

namespace Farsight.Text.Templates;

/// <summary>Reads one token inside a tag: a name, a number, a string or an operator.</summary>
static class TemplateWord
{
    static readonly string[] s_operators =
    [
        "**",
        "//",
        "==",
        "!=",
        "<=",
        ">=",
        "+",
        "-",
        "*",
        "/",
        "%",
        "~",
        "<",
        ">",
        "=",
        "(",
        ")",
        "[",
        "]",
        "{",
        "}",
        ".",
        ":",
        "|",
        ",",
        ";",
    ];

    internal static TemplateToken Read(string name, string source, ref int at, int line)
    {
        char c = source[at];
        if (char.IsLetter(c) || c == '_')
        {
            int start = at;
            while (at < source.Length && (char.IsLetterOrDigit(source[at]) || source[at] == '_'))
            {
                at++;
            }
            return new(TokenKind.Name, source[start..at], line);
        }
        if (char.IsAsciiDigit(c))
        {
            return Number(source, ref at, line);
        }
        if (c is '"' or '\'')
        {
            return new(TokenKind.Text, Quoted(name, source, ref at, line), line);
        }
        int here = at;
        string op = s_operators.FirstOrDefault(o => string.CompareOrdinal(source, here, o, 0, o.Length) == 0)
            ?? throw TemplateException.At(name, line, $"the character '{c}' has no meaning inside a tag");
        at += op.Length;
        return new(TokenKind.Operator, op, line);
    }

    static TemplateToken Number(string source, ref int at, int line)
    {
        int start = at;
        Digits(source, ref at);
        bool isFloat = false;
        if (at + 1 < source.Length && source[at] == '.' && char.IsAsciiDigit(source[at + 1]))
        {
            isFloat = true;
            at++;
            Digits(source, ref at);
        }
        if (at < source.Length && source[at] is 'e' or 'E')
        {
            int exponent = at + 1 < source.Length && source[at + 1] is '+' or '-' ? at + 2 : at + 1;
            if (exponent < source.Length && char.IsAsciiDigit(source[exponent]))
            {
                isFloat = true;
                at = exponent;
                Digits(source, ref at);
            }
        }
        return new(isFloat ? TokenKind.Float : TokenKind.Integer, source[start..at].Replace("_", "", StringComparison.Ordinal), line);
    }

    static void Digits(string source, ref int at)
    {
        while (at < source.Length && (char.IsAsciiDigit(source[at]) || source[at] == '_'))
        {
            at++;
        }
    }

    /// <summary>Parses a quoted string with Python's escapes.</summary>
    static string Quoted(string name, string source, ref int at, int line)
    {
        char quote = source[at++];
        StringBuilder text = new();
        while (at < source.Length && source[at] != quote)
        {
            if (source[at] == '\\' && at + 1 < source.Length)
            {
                at++;
                Escape(name, source, ref at, line, text);
            }
            else
            {
                text.Append(source[at++]);
            }
        }
        if (at >= source.Length)
        {
            throw TemplateException.At(name, line, "a string is not closed");
        }
        at++;
        return text.ToString();
    }

    static void Escape(string name, string source, ref int at, int line, StringBuilder text)
    {
        char c = source[at++];
        switch (c)
        {
            case '\n':
                break;
            case 'x' or 'u' or 'U':
                int digits = c switch
                {
                    'x' => 2,
                    'u' => 4,
                    _ => 8,
                };
                if (
                    at + digits > source.Length
                    || !int.TryParse(source.AsSpan(at, digits), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out int code)
                    || code is < 0 or > 0x10FFFF)
                {
                    throw TemplateException.At(name, line, $"'\\{c}' in a string needs {digits} hexadecimal digits");
                }
                text.Append(code is < 0x10000 ? ((char)code).ToString() : char.ConvertFromUtf32(code));
                at += digits;
                break;
            case >= '0' and <= '7':
                int value = c - '0';
                for (int more = 0; more < 2 && at < source.Length && source[at] is >= '0' and <= '7'; more++)
                {
                    value = (8 * value) + (source[at++] - '0');
                }
                text.Append((char)value);
                break;
            default:
                int simple = "\\'\"abfnrtv".IndexOf(c, StringComparison.Ordinal);
                text.Append(simple >= 0 ? "\\'\"\a\b\f\n\r\t\v"[simple].ToString() : $"\\{c}");
                break;
        }
    }
}
