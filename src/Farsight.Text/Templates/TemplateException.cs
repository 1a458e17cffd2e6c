using Farsight.Engine;

namespace Farsight.Text.Templates;

/// <summary>A chat template cannot be read or evaluated, or it refuses a conversation.</summary>
public sealed class TemplateException : InputException
{
    TemplateException(string message, int line, string? refusal)
        : base(message) => (Line, Refusal) = (line, refusal);

    /// <summary>The template's line, from 1.</summary>
    public int Line { get; }

    /// <summary>What the template gave as its reason in raise_exception; null where it failed otherwise.</summary>
    public string? Refusal { get; }

    internal static TemplateException At(string template, int line, string problem) =>
        new($"{template}, line {line}: {problem}", line, null);

    internal static TemplateException Refused(string template, int line, string reason) =>
        new($"{template}, line {line}, refuses this conversation: {reason}", line, reason);
}
