using Farsight.Text.Tokenizers;

namespace Farsight.Text.Templates;

/// <summary>Splits a template into tokens, with the white-space settings of transformers: trim_blocks and lstrip_blocks.</summary>
/// <remarks>
/// A newline after a block or comment is dropped, white space before one on its own line too; '-' inside a tag strips all white space
/// on that side, '+' none. One newline at the end of the template is dropped. Source: Jinja 3.1's documentation, "Whitespace Control".
/// </remarks>
sealed class TemplateLexer
{
    readonly string _name;
    readonly string _source;
    readonly List<TemplateToken> _tokens = [];
    int _at;
    int _line = 1;
    int _counted;
    bool _lineStarts = true;

    TemplateLexer(string name, string source) => (_name, _source) = (name, source);

    internal static List<TemplateToken> Read(string name, string source)
    {
        source = source.Replace("\r\n", "\n", StringComparison.Ordinal).Replace('\r', '\n');
        return new TemplateLexer(name, source.EndsWith('\n') ? source[..^1] : source).Run();
    }

    List<TemplateToken> Run()
    {
        while (_at < _source.Length)
        {
            int tag = NextTag(_at);
            if (tag < 0)
            {
                AddData(_source[_at..]);
                break;
            }
            string data = _source[_at..tag];
            char kind = _source[tag + 1], sign = tag + 2 < _source.Length ? _source[tag + 2] : ' ';
            AddData(sign == '-' ? PythonText.TrimEnd(data) : sign != '+' && kind != '{' ? WithoutIndent(data) : data);
            _at = tag + (sign is '-' or '+' ? 3 : 2);
            ReadTag(kind);
        }
        _tokens.Add(new(TokenKind.End, "", LineAt(_source.Length)));
        return _tokens;
    }

    void ReadTag(char kind)
    {
        switch (kind)
        {
            case '#':
                int end = _source.IndexOf("#}", _at, StringComparison.Ordinal);
                if (end < 0)
                {
                    throw Error("the comment '{#' is not closed");
                }
                char before = end > _at ? _source[end - 1] : ' ';
                AfterTag(end + 2, before, trimsNewline: true);
                break;
            case '%' when RawTag() is { } afterRaw:
                ReadRaw(afterRaw);
                break;
            case '%':
                _tokens.Add(new(TokenKind.BlockBegin, "{%", LineAt(_at)));
                ReadCode('%', TokenKind.BlockEnd);
                break;
            default:
                _tokens.Add(new(TokenKind.VariableBegin, "{{", LineAt(_at)));
                ReadCode('}', TokenKind.VariableEnd);
                break;
        }
    }

    void ReadCode(char closing, TokenKind end)
    {
        Stack<char> open = [];
        while (true)
        {
            while (_at < _source.Length && PythonText.IsSpace(_source[_at]))
            {
                _at++;
            }
            if (_at >= _source.Length)
            {
                throw Error($"the tag is not closed with '{closing}}}'");
            }
            char c = _source[_at];
            int sign = c is '-' or '+' ? 1 : 0;
            bool closes =
                open.Count == 0
                && _at + sign + 1 < _source.Length
                && _source[_at + sign] == closing
                && _source[_at + sign + 1] == '}'
                && !(c == '+' && closing == '}');
            if (closes)
            {
                _tokens.Add(new(end, "", LineAt(_at)));
                AfterTag(_at + sign + 2, sign == 1 ? c : ' ', trimsNewline: closing == '%');
                return;
            }
            TemplateToken token = TemplateWord.Read(_name, _source, ref _at, LineAt(_at));
            Balance(open, token);
            _tokens.Add(token);
        }
    }

    /// <summary>Brackets, so that the braces of a nested dict are not taken for the end of a tag.</summary>
    void Balance(Stack<char> open, TemplateToken token)
    {
        if (token.Kind != TokenKind.Operator)
        {
            return;
        }
        if (token.Text is "(" or "[" or "{")
        {
            open.Push(token.Text switch { "(" => ')', "[" => ']', _ => '}' });
        }
        else if (token.Text is ")" or "]" or "}" && (!open.TryPop(out char expected) || expected != token.Text[0]))
        {
            throw Error($"'{token.Text}' has no opening tag");
        }
    }

    /// <summary>Where the text after a tag begins.</summary>
    void AfterTag(int end, char sign, bool trimsNewline)
    {
        int from = end;
        if (sign == '-')
        {
            while (end < _source.Length && PythonText.IsSpace(_source[end]))
            {
                end++;
            }
        }
        else if (trimsNewline && sign != '+' && end < _source.Length && _source[end] == '\n')
        {
            end++;
        }
        _lineStarts = end > from && _source[end - 1] == '\n';
        _at = end;
    }

    int NextTag(int from)
    {
        for (int at = _source.IndexOf('{', from); at >= 0; at = _source.IndexOf('{', at + 1))
        {
            if (at + 1 < _source.Length && _source[at + 1] is '%' or '{' or '#')
            {
                return at;
            }
        }
        return -1;
    }

    string WithoutIndent(string data)
    {
        int line = data.LastIndexOf('\n') + 1;
        return (line > 0 || _lineStarts) && data.AsSpan(line).IndexOfAnyExcept(" \t\v\f\r") < 0 ? data[..line] : data;
    }

    /// <summary>Returns the place after <c>raw %}</c>, where the tag here is one.</summary>
    int? RawTag()
    {
        int end = _source.IndexOf("%}", _at, StringComparison.Ordinal);
        return end > 0 && _source[_at..end].Trim('-', '+', ' ', '\t', '\n') == "raw" ? end + 2 : null;
    }

    void ReadRaw(int start)
    {
        AfterTag(start, _source[start - 3], trimsNewline: true);
        int from = _at, at = _at;
        while ((at = _source.IndexOf("{%", at, StringComparison.Ordinal)) >= 0)
        {
            int end = _source.IndexOf("%}", at, StringComparison.Ordinal);
            if (end > 0 && _source[(at + 2)..end].Trim('-', '+', ' ', '\t', '\n') == "endraw")
            {
                string data = _source[from..at];
                _tokens.Add(
                    new(
                        TokenKind.Data,
                        _source[at + 2] switch
                        {
                            '-' => PythonText.TrimEnd(data),
                            '+' => data,
                            _ => WithoutIndent(data),
                        },
                        LineAt(from)));
                AfterTag(end + 2, _source[end - 1], trimsNewline: true);
                return;
            }
            at += 2;
        }
        throw Error("'raw' has no 'endraw'");
    }

    void AddData(string data)
    {
        if (data.Length > 0)
        {
            _tokens.Add(new(TokenKind.Data, data, LineAt(_at)));
        }
    }

    int LineAt(int at)
    {
        for (; _counted < at; _counted++)
        {
            _line += _source[_counted] == '\n' ? 1 : 0;
        }
        return _line;
    }

    TemplateException Error(string problem) => TemplateException.At(_name, LineAt(_at), problem);
}
