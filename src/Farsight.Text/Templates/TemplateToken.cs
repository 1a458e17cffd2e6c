using Farsight.Text.Tokenizers;

namespace Farsight.Text.Templates;

/// <summary>Specifies the kind of a template token.</summary>
enum TokenKind
{
    /// <summary>Text between tags.</summary>
    Data,
    BlockBegin,
    BlockEnd,
    VariableBegin,
    VariableEnd,
    Name,
    Text,
    Integer,
    Float,
    Operator,
    End,
}

/// <summary>Represents a template token.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Text">Its characters; of a string what they mean.</param>
/// <param name="Line">Where it begins, from 1.</param>
readonly record struct TemplateToken(TokenKind Kind, string Text, int Line)
{
    internal bool Is(string op) => Kind == TokenKind.Operator && Text == op;

    internal bool IsName(string name) => Kind == TokenKind.Name && Text == name;

    /// <summary>As a message names it.</summary>
    public override string ToString() => Kind switch
    {
        TokenKind.End => "the end of the template",
        TokenKind.Data => "text",
        TokenKind.BlockBegin => "'{%'",
        TokenKind.BlockEnd => "'%}'",
        TokenKind.VariableBegin => "'{{'",
        TokenKind.VariableEnd => "'}}'",
        TokenKind.Text => "a string",
        _ => $"'{Text}'",
    };
}
