using Farsight.Engine;

namespace Farsight.Text.Templates;

/// <summary>Represents a chat template that cannot be parsed or rendered, or that refuses a conversation.</summary>
sealed class TemplateException : InputException
{
    TemplateException(string message, int line, string? refusal)
        : base(message) => (Line, Refusal) = (line, refusal);

    /// <summary>Gets the line of the template, counted from 1.</summary>
    public int Line { get; }

    /// <summary>Gets the message of the template's raise_exception; null for any other failure.</summary>
    public string? Refusal { get; }

    internal static TemplateException At(string template, int line, string problem) =>
        new($"{template}, line {line}: {problem}", line, null);

    internal static TemplateException Refused(string template, int line, string reason) =>
        new($"{template}, line {line}, refuses this conversation: {reason}", line, reason);
}
