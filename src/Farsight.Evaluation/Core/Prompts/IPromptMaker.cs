using Farsight.Alignment.Answering;
using Farsight.Text.Conversations;

namespace Farsight.Evaluation.Core.Prompts;

/// <summary>Turns the prompts of tasks into those of a model.</summary>
interface IPromptMaker
{
    /// <summary>The model's tokenizer; null where it is not known.</summary>
    ITextTokens? Tokens { get; }

    /// <summary>Renders a prompt, and cuts it where the benchmark does.</summary>
    /// <param name="prompt">The task's prompt.</param>
    /// <param name="maxNewTokens">Room for the completion, in tokens.</param>
    /// <param name="length">The requested context length, where the prompt is made for one. A length beyond the window is intended; nothing
    /// needs to fit then.</param>
    /// <exception cref="Engine.InputException">The prompt does not fit the window, or the model cannot be given it.</exception>
    RenderedPrompt Make(EvalPrompt prompt, int maxNewTokens, int? length = null);
}

/// <summary>Represents a prompt as the model gets it.</summary>
/// <param name="Template">"chat", "raw", "exact tokens", or "messages" for an endpoint, which applies a template of its own.</param>
/// <param name="Sha256">Hash of the ids as 32-bit little-endian numbers, or of the messages as JSON.</param>
/// <param name="Prompt">Token ids for a local model, chat turns for an endpoint.</param>
sealed record RenderedPrompt(string Template, string Sha256, Prompt Prompt)
{
    /// <summary>Maximum number of characters of <see cref="End"/>.</summary>
    public const int EndCharacters = 400;

    /// <summary>[P] the token ids; empty for an endpoint.</summary>
    public IReadOnlyList<int> Tokens => Prompt is Prompt.Tokens tokens ? tokens.Ids : [];

    /// <summary>The chat turns; empty for a local model.</summary>
    public IReadOnlyList<ChatTurn> Messages => Prompt is Prompt.Chat chat ? chat.Turns : [];

    /// <summary>Number of BOS tokens in the ids; null for an endpoint.</summary>
    public int? BosCount { get; init; }

    /// <summary>The name of the cut; null when the prompt is whole.</summary>
    public string? Cut { get; init; }

    /// <summary>Number of tokens that the cut removed.</summary>
    public int CutTokens { get; init; }

    /// <summary>The last words, for people who look at answers; control tokens are left out.</summary>
    public string End { get; init; } = "";

    /// <summary>A prompt that could not be rendered.</summary>
    internal static RenderedPrompt None { get; } = new("none", "", new Prompt.Tokens([]));

    /// <summary>Returns the last <see cref="EndCharacters"/> characters of a text.</summary>
    internal static string EndOf(string text)
    {
        int from = Math.Max(0, text.Length - EndCharacters);
        return text[(from > 0 && char.IsLowSurrogate(text[from]) ? from + 1 : from)..];
    }
}
