using Farsight.Text.Tokenizers;

namespace Farsight.Text.Templates;

/// <summary>Reads the statements of a template.</summary>
sealed class TemplateParser
{
    static readonly string[] s_ends =
    [
        "endfor",
        "endif",
        "elif",
        "else",
        "endset",
        "endmacro",
        "endcall",
        "endfilter",
        "endgeneration",
        "endwith",
    ];

    readonly TemplateTokens _tokens;
    readonly ExpressionParser _expressions;
    int _depth;
    int _loops;

    TemplateParser(TemplateTokens tokens) => (_tokens, _expressions) = (tokens, new(tokens));

    /// <exception cref="TemplateException">The template is not well formed, or uses what is not known here.</exception>
    internal static Body Parse(string name, string source)
    {
        TemplateParser parser = new(new(name, TemplateLexer.Read(name, source)));
        Body body = parser.ParseBody();
        return parser._tokens.Current.Kind == TokenKind.End
            ? body
            : throw parser._tokens.Error($"'{parser._tokens.Peek(1).Text}' has no opening tag");
    }

    /// <summary>Statements up to the end, or to a tag that closes or divides the statement they are in.</summary>
    Body ParseBody()
    {
        _tokens.CheckDepth(++_depth);
        int line = _tokens.Current.Line;
        List<Statement> statements = [];
        while (_tokens.Current.Kind != TokenKind.End && !IsAt(s_ends))
        {
            statements.Add(ParseStatement());
        }
        _depth--;
        return new(statements, line);
    }

    bool IsAt(params ReadOnlySpan<string> names) =>
        _tokens.Current.Kind == TokenKind.BlockBegin && _tokens.Peek(1).Kind == TokenKind.Name && names.Contains(_tokens.Peek(1).Text);

    Statement ParseStatement()
    {
        TemplateToken token = _tokens.Next();
        switch (token.Kind)
        {
            case TokenKind.Data:
                return new DataStatement(MarkedText.Own(token.Text), token.Line);
            case TokenKind.VariableBegin:
                Expression value = _expressions.ParseTuple();
                _tokens.Expect(TokenKind.VariableEnd);
                return new OutputStatement(value, token.Line);
            default:
                TemplateToken name = _tokens.Expect(TokenKind.Name);
                return ParseBlock(name.Text, name.Line);
        }
    }

    Statement ParseBlock(string name, int line) =>
        name switch
        {
            "for" => ParseFor(line),
            "if" => ParseIf(line),
            "set" => ParseSet(line),
            "macro" => ParseMacro(line),
            "call" => ParseCall(line),
            "filter" => ParseFilter(line),
            "with" => ParseWith(line),
            "generation" => ParseGeneration(),
            "break" or "continue" => ParseLoopControl(name, line),
            _ => throw _tokens.Error(
                $"the tag '{name}' is not supported; chat templates use for, if, set, macro, call, filter, with, generation, break, "
                    + "continue and raw",
                line),
        };

    ForStatement ParseFor(int line)
    {
        AssignmentTarget target = ParseTargets(namespaces: false);
        _tokens.ExpectName("in");
        Expression items = _expressions.ParseTuple(withChoice: false, end: "recursive");
        Expression? condition = _tokens.SkipName("if") ? _expressions.Parse() : null;
        bool isRecursive = _tokens.SkipName("recursive");
        _tokens.Expect(TokenKind.BlockEnd);
        _loops++;
        Body body = ParseBody();
        _loops--;
        Body? otherwise = null;
        if (IsAt("else"))
        {
            EndOf("else");
            otherwise = ParseBody();
        }
        Close("for", line);
        return new(target, items, condition, isRecursive, body, otherwise, line);
    }

    IfStatement ParseIf(int line)
    {
        List<(Expression, Body)> branches = [];
        Body? otherwise = null;
        do
        {
            Expression condition = _expressions.ParseTuple(withChoice: false);
            _tokens.Expect(TokenKind.BlockEnd);
            branches.Add((condition, ParseBody()));
        }
        while (SkipTag("elif"));
        if (IsAt("else"))
        {
            EndOf("else");
            otherwise = ParseBody();
        }
        Close("if", line);
        return new(branches, otherwise, line);
    }

    Statement ParseSet(int line)
    {
        AssignmentTarget target = ParseTargets(namespaces: true);
        if (_tokens.Skip("="))
        {
            Expression value = _expressions.ParseTuple();
            _tokens.Expect(TokenKind.BlockEnd);
            return new SetStatement(target, value, line);
        }
        IReadOnlyList<FilterExpression> filters = _tokens.Current.Is("|") ? _expressions.ParseFilters(isFirst: false) : [];
        _tokens.Expect(TokenKind.BlockEnd);
        Body body = ParseBody();
        Close("set", line);
        return new SetBlock(target, filters, body, line);
    }

    MacroStatement ParseMacro(int line)
    {
        string name = _tokens.Expect(TokenKind.Name).Text;
        Macro macro = ParseMacroBody(name, _expressions.ParseParameters(), "macro", line);
        return new(macro, line);
    }

    CallBlock ParseCall(int line)
    {
        IReadOnlyList<(string, Expression?)> parameters = _tokens.Current.Is("(") ? _expressions.ParseParameters() : [];
        CallExpression call =
            _expressions.Parse() as CallExpression ?? throw _tokens.Error("'call' needs a macro with its arguments", line);
        return new(ParseMacroBody("caller", parameters, "call", line), call, line);
    }

    Macro ParseMacroBody(string name, IReadOnlyList<(string, Expression?)> parameters, string tag, int line)
    {
        _tokens.Expect(TokenKind.BlockEnd);
        (int loops, _loops) = (_loops, 0);
        Body body = ParseBody();
        _loops = loops;
        Close(tag, line);
        return new(name, parameters, body);
    }

    FilterBlock ParseFilter(int line)
    {
        IReadOnlyList<FilterExpression> filters = _expressions.ParseFilters(isFirst: true);
        _tokens.Expect(TokenKind.BlockEnd);
        Body body = ParseBody();
        Close("filter", line);
        return new(filters, body, line);
    }

    WithStatement ParseWith(int line)
    {
        List<(AssignmentTarget, Expression)> values = [];
        while (_tokens.Current.Kind != TokenKind.BlockEnd)
        {
            if (values.Count > 0)
            {
                _tokens.Expect(",");
            }
            AssignmentTarget target = ParseTarget(namespaces: false);
            _tokens.Expect("=");
            values.Add((target, _expressions.Parse()));
        }
        _tokens.Expect(TokenKind.BlockEnd);
        Body body = ParseBody();
        Close("with", line);
        return new(values, body, line);
    }

    /// <summary>The tags mark what the assistant said; what is between them is written as it is.</summary>
    Body ParseGeneration()
    {
        int line = _tokens.Expect(TokenKind.BlockEnd).Line;
        Body body = ParseBody();
        Close("generation", line);
        return body;
    }

    LoopControl ParseLoopControl(string name, int line)
    {
        if (_loops == 0)
        {
            throw _tokens.Error($"'{name}' is outside a loop", line);
        }
        _tokens.Expect(TokenKind.BlockEnd);
        return new(name == "break" ? Flow.Break : Flow.Continue, line);
    }

    AssignmentTarget ParseTargets(bool namespaces)
    {
        AssignmentTarget first = ParseTarget(namespaces);
        if (!_tokens.Current.Is(","))
        {
            return first;
        }
        List<AssignmentTarget> all = [first];
        while (_tokens.Skip(",") && (_tokens.Current.Kind == TokenKind.Name || _tokens.Current.Is("(")) && !_tokens.Current.IsName("in"))
        {
            all.Add(ParseTarget(namespaces));
        }
        return new TupleTarget(all, first.Line);
    }

    AssignmentTarget ParseTarget(bool namespaces)
    {
        if (_tokens.Skip("("))
        {
            _tokens.CheckDepth(++_depth);
            AssignmentTarget inner = ParseTargets(namespaces);
            _depth--;
            _tokens.Expect(")");
            return inner;
        }
        TemplateToken name = _tokens.Expect(TokenKind.Name);
        return namespaces && _tokens.Skip(".")
            ? new NamespaceTarget(name.Text, _tokens.Expect(TokenKind.Name).Text, name.Line)
            : new NameTarget(name.Text, name.Line);
    }

    bool SkipTag(string name)
    {
        if (!IsAt(name))
        {
            return false;
        }
        _tokens.Next();
        _tokens.Next();
        return true;
    }

    void EndOf(string name)
    {
        SkipTag(name);
        _tokens.Expect(TokenKind.BlockEnd);
    }

    void Close(string tag, int line)
    {
        if (!IsAt($"end{tag}"))
        {
            throw _tokens.Error($"'{tag}' has no 'end{tag}'", line);
        }
        SkipTag($"end{tag}");
        if (tag is "macro" or "call")
        {
            _tokens.SkipKind(TokenKind.Name); // {% endmacro name %}
        }
        _tokens.Expect(TokenKind.BlockEnd);
    }
}
