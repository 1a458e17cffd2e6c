using System.Security.Cryptography;
using System.Text.Json;
using Farsight.Alignment.Answering;
using Farsight.Engine;
using Farsight.Text.Conversations;

namespace Farsight.Evaluation.Core.Prompts;

/// <summary>Renders prompts for an endpoint: messages, to which the server applies its own template.</summary>
/// <remarks>
/// An answer prefix stands at the end of the last message, because servers have no common way to continue an answer. Cutting requires the
/// model's tokenizer and a limit; without them prompts are sent whole. The server's template is not known, so <see cref="TemplateRoom"/>
/// tokens are left for it.
/// </remarks>
/// <param name="tokens">The model's tokenizer; null where it is not known.</param>
/// <param name="options">The user's choices.</param>
sealed class EndpointPrompts(ITextTokens? tokens, PromptOptions options) : IPromptMaker
{
    /// <summary>Tokens of the window that are left for the server's template.</summary>
    public const int TemplateRoom = 64;

    /// <inheritdoc/>
    public ITextTokens? Tokens => tokens;

    /// <inheritdoc/>
    /// <exception cref="InputException">The prompt consists of exact tokens that cannot be expressed as messages.</exception>
    public RenderedPrompt Make(EvalPrompt prompt, int maxNewTokens, int? length = null)
    {
        EvalPrompt.Messages messages = prompt switch
        {
            EvalPrompt.Messages m => m,
            EvalPrompt.Tokens { Spoken: { } spoken } => spoken,
            _ => throw new InputException("The prompt consists of exact tokens, which an endpoint does not accept; "
                + "evaluate a local model."),
        };
        string text = messages.Turns[^1].Content;
        int removed = 0;
        if (
            messages.Cut is { } cut
            && tokens is not null
            && (options.MaxPrompt ?? options.Window - maxNewTokens - TemplateRoom) is { } limit)
        {
            text = cut.Apply(text, Math.Max(2, limit), tokens, out removed);
        }
        ChatTurn[] turns = [.. messages.Turns.SkipLast(1), messages.Turns[^1] with { Content = text + messages.AnswerPrefix }];
        return new("messages", Hash(turns), new Prompt.Chat(turns))
        {
            Cut = removed > 0 ? messages.Cut!.Name : null,
            CutTokens = removed,
            End = RenderedPrompt.EndOf(turns[^1].Content),
        };
    }

    static string Hash(ChatTurn[] turns) => Convert.ToHexStringLower(SHA256.HashData(
        JsonSerializer.SerializeToUtf8Bytes(turns.Select(t => new[] { t.Role, t.Content }))));
}
