using System.Numerics;
using System.Text;

namespace Farsight.Evaluation.PythonCompat;

/// <summary>Reads what <c>ast.literal_eval</c> reads: strings, numbers, lists, tuples, sets, dictionaries, True, False and None.</summary>
/// <remarks>
/// Values are <see cref="string"/>, <see cref="BigInteger"/>, <see cref="double"/>, <see cref="bool"/>, null, a list of values (also for
/// tuples and sets), or a list of key and value pairs in the order written. Bytes and complex numbers are refused.
/// </remarks>
sealed class PythonLiteral
{
    const int MaxDepth = 100;

    readonly string _text;
    int _at;

    PythonLiteral(string text) => _text = text;

    /// <summary>Parses a text. Returns false when it is no literal; never throws.</summary>
    public static bool TryParse(string text, out object? value) => TryParse(text, isWhole: true, out value);

    /// <summary>Parses the literal at the beginning of a text. Returns false when it begins with none; never throws.</summary>
    public static bool TryParseStart(string text, out object? value) => TryParse(text, isWhole: false, out value);

    static bool TryParse(string text, bool isWhole, out object? value)
    {
        PythonLiteral reader = new(text.Trim(' ', '\t'));
        try
        {
            value = reader.Value(0);
            reader.Skip();
            return !isWhole || reader._at == reader._text.Length;
        }
        catch (FormatException)
        {
            value = null;
            return false;
        }
    }

    object? Value(int depth)
    {
        Skip();
        return Peek() switch
        {
            _ when depth > MaxDepth => throw new FormatException(),
            '[' => Items(']', depth, out _),
            '(' => Tuple(depth),
            '{' => Braces(depth),
            '\'' or '"' => Strings(),
            char c when char.IsAsciiDigit(c) || c is '-' or '+' or '.' => Number(),
            _ => Name(),
        };
    }

    object? Name() => Word() switch
    {
        "True" => true,
        "False" => false,
        "None" => null,
        string prefix when prefix is "r" or "R" or "u" or "U" && Peek() is '\'' or '"' => Strings(prefix is "r" or "R"),
        _ => throw new FormatException(),
    };

    object? Tuple(int depth)
    {
        List<object?> items = Items(')', depth, out bool comma);
        return items.Count == 1 && !comma ? items[0] : items;
    }

    List<object?> Items(char close, int depth, out bool endsWithComma)
    {
        List<object?> items = [];
        endsWithComma = false;
        _at++;
        for (Skip(); Peek() != close; Skip())
        {
            items.Add(Value(depth + 1));
            Skip();
            endsWithComma = TryTake(',');
            if (!endsWithComma)
            {
                break;
            }
        }
        Take(close);
        return items;
    }

    object Braces(int depth)
    {
        _at++;
        List<KeyValuePair<object?, object?>> pairs = [];
        List<object?> items = [];
        for (Skip(); Peek() != '}'; Skip())
        {
            object? key = Value(depth + 1);
            Skip();
            if (TryTake(':'))
            {
                pairs.Add(new(key, Value(depth + 1)));
            }
            else
            {
                items.Add(key);
            }
            Skip();
            if (!TryTake(','))
            {
                break;
            }
        }
        Take('}');
        return items.Count == 0 ? pairs : pairs.Count == 0 ? items : throw new FormatException();
    }

    string Strings(bool raw = false)
    {
        StringBuilder text = new();
        do
        {
            OneString(text, raw);
            Skip();
        }
        while (Peek() is '\'' or '"');
        return text.ToString();
    }

    void OneString(StringBuilder text, bool raw)
    {
        char quote = _text[_at];
        string mark = _text.AsSpan(_at).StartsWith(new string(quote, 3)) ? new string(quote, 3) : quote.ToString();
        _at += mark.Length;
        while (!_text.AsSpan(_at).StartsWith(mark))
        {
            char c = Peek();
            if (c == '\0' || (c is '\n' or '\r' && mark.Length == 1))
            {
                throw new FormatException();
            }
            _at++;
            if (c == '\\' && !raw)
            {
                Escape(text);
            }
            else
            {
                text.Append(c);
            }
        }
        _at += mark.Length;
    }

    void Escape(StringBuilder text)
    {
        char c = Peek();
        _at++;
        switch (c)
        {
            case '\n':
                break;
            case 'x' or 'u' or 'U':
                int digits = c == 'x' ? 2 : c == 'u' ? 4 : 8;
                text.Append(CodePoint(Digits(digits, 16)));
                break;
            case >= '0' and <= '7':
                _at--;
                text.Append(CodePoint(Octal()));
                break;
            default:
                int known = "\\'\"abfnrtv".IndexOf(c);
                text.Append(known < 0 ? "\\" + c : "\\'\"\a\b\f\n\r\t\v"[known].ToString());
                break;
        }
    }

    static string CodePoint(int value) =>
        value is >= 0xd800 and <= 0xdfff ? ((char)value).ToString()
        : Rune.IsValid(value) ? new Rune(value).ToString()
        : throw new FormatException();

    int Octal()
    {
        int length = 0;
        while (length < 3 && _at + length < _text.Length && _text[_at + length] is >= '0' and <= '7')
        {
            length++;
        }
        return Digits(length, 8);
    }

    int Digits(int length, int numberBase)
    {
        if (_at + length > _text.Length)
        {
            throw new FormatException();
        }
        int value = 0;
        foreach (char c in _text.AsSpan(_at, length))
        {
            int digit = char.IsAsciiHexDigit(c) ? Convert.ToInt32(c.ToString(), 16) : numberBase;
            value = digit < numberBase ? (value * numberBase) + digit : throw new FormatException();
        }
        _at += length;
        return value;
    }

    object Number()
    {
        int start = _at;
        _at += Peek() is '-' or '+' ? 1 : 0;
        Skip();
        while (char.IsAsciiLetterOrDigit(Peek()) || Peek() is '.' or '_' || (Peek() is '-' or '+' && _text[_at - 1] is 'e' or 'E'))
        {
            _at++;
        }
        string number = _text[start.._at].Replace(" ", "", StringComparison.Ordinal);
        return PythonNumbers.TryParseInt(number, out BigInteger whole) ? whole
            : char.IsAsciiDigit(number.TrimStart('+', '-', '.').FirstOrDefault()) && PythonNumbers.TryParseFloat(number, out double value)
                ? value
            : throw new FormatException();
    }

    string Word()
    {
        int start = _at;
        while (char.IsAsciiLetter(Peek()))
        {
            _at++;
        }
        return _text[start.._at];
    }

    char Peek() => _at < _text.Length ? _text[_at] : '\0';

    bool TryTake(char c)
    {
        bool found = Peek() == c;
        _at += found ? 1 : 0;
        return found;
    }

    void Take(char c)
    {
        Skip();
        if (!TryTake(c))
        {
            throw new FormatException();
        }
    }

    void Skip()
    {
        while (Peek() is ' ' or '\t' or '\n' or '\r' or '\f')
        {
            _at++;
        }
    }
}
