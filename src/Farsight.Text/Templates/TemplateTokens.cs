using Farsight.Text.Tokenizers;

namespace Farsight.Text.Templates;

/// <summary>Represents the tokens of a template, read from first to last.</summary>
/// <param name="name">Name of the template, for messages.</param>
/// <param name="tokens">Ends with an end token.</param>
sealed class TemplateTokens(string name, IReadOnlyList<TemplateToken> tokens)
{
    int _at;

    internal TemplateToken Current => Peek(0);

    internal TemplateToken Peek(int ahead) => tokens[Math.Min(_at + ahead, tokens.Count - 1)];

    internal TemplateToken Next()
    {
        TemplateToken token = Current;
        _at++;
        return token;
    }

    internal bool Skip(string op)
    {
        bool isThere = Current.Is(op);
        _at += isThere ? 1 : 0;
        return isThere;
    }

    internal bool SkipName(string word)
    {
        bool isThere = Current.IsName(word);
        _at += isThere ? 1 : 0;
        return isThere;
    }

    internal void SkipKind(TokenKind kind) => _at += Current.Kind == kind ? 1 : 0;

    internal TemplateToken Expect(TokenKind kind) =>
        Current.Kind == kind
            ? Next()
            : throw Error(
                $"{Current} stands where {(kind == TokenKind.Name ? "a name" : new TemplateToken(kind, "", 0).ToString())} is expected");

    internal void Expect(string op)
    {
        if (!Skip(op))
        {
            throw Error($"{Current} stands where '{op}' is expected");
        }
    }

    internal void ExpectName(string word)
    {
        if (!SkipName(word))
        {
            throw Error($"{Current} stands where '{word}' is expected");
        }
    }

    internal void CheckDepth(int depth)
    {
        if (depth > TemplateRun.MostDepth)
        {
            throw Error($"tags or brackets are nested deeper than {TemplateRun.MostDepth}");
        }
    }

    internal TemplateException Error(string problem) => Error(problem, Current.Line);

    internal TemplateException Error(string problem, int line) => TemplateException.At(name, line, problem);
}
