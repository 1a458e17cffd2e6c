using Farsight.Text.Conversations;

namespace Farsight.Evaluation.Core.Prompts;

/// <summary>A prompt as the model gets it.</summary>
/// <param name="Template">"chat", "raw", "exact tokens", or "messages" for an endpoint, which has a template of its own.</param>
/// <param name="Sha256">Of the ids as 32-bit little-endian numbers, or of the messages as JSON.</param>
public sealed record MadePrompt(string Template, string Sha256)
{
    /// <summary>Characters of <see cref="End"/> at most.</summary>
    public const int EndCharacters = 400;

    /// <summary>[P] the ids, for a local model.</summary>
    public IReadOnlyList<int> Tokens { get; init; } = [];

    /// <summary>The messages, for an endpoint.</summary>
    public IReadOnlyList<ChatTurn> Messages { get; init; } = [];

    /// <summary>How often BOS stands in the ids; null for an endpoint.</summary>
    public int? BosCount { get; init; }

    /// <summary>The way it was cut; null when it was whole.</summary>
    public string? Cut { get; init; }

    /// <summary>Tokens that cutting left out.</summary>
    public int CutTokens { get; init; }

    /// <summary>The last words, for people who look at answers; control tokens are left out.</summary>
    public string End { get; init; } = "";

    /// <summary>The last <see cref="EndCharacters"/> characters of a text.</summary>
    internal static string EndOf(string text)
    {
        int from = Math.Max(0, text.Length - EndCharacters);
        return text[(from > 0 && char.IsLowSurrogate(text[from]) ? from + 1 : from)..];
    }
}
