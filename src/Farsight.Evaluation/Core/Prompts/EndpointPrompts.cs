using System.Security.Cryptography;
using System.Text.Json;
using Farsight.Alignment.Answering;
using Farsight.Engine;
using Farsight.Text.Conversations;

namespace Farsight.Evaluation.Core.Prompts;

/// <summary>Renders prompts for an endpoint: messages, to which the server applies its own template.</summary>
/// <remarks>
/// An answer prefix stands at the end of the last message, because servers have no common way to continue an answer. With the model's
/// tokenizer and a window, prompts are cut and refused as those of a local model (<see cref="PromptMaker"/>); without them they are sent
/// whole. The server's template is not known, so a cut leaves <see cref="TemplateRoom"/> tokens for it.
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
    /// <exception cref="InputException">The prompt consists of exact tokens that cannot be expressed as messages, or prompt and completion
    /// do not fit the window.</exception>
    public RenderedPrompt Make(EvalPrompt prompt, int maxNewTokens, int? length = null)
    {
        EvalPrompt.Messages messages = prompt switch
        {
            EvalPrompt.Messages m => m,
            EvalPrompt.Tokens { Spoken: { } spoken } => spoken,
            _ => throw new InputException("The prompt consists of exact tokens, which an endpoint does not accept; "
                + "evaluate a local model."),
        };
        int? window = options.Window is { } own ? Math.Max(own, length ?? 0) : null;
        (ChatTurn[] turns, int removed) = Cut(messages, maxNewTokens, window);
        bool isMeasured = prompt is EvalPrompt.Messages && tokens is not null && !(length > options.Window);
        if (isMeasured && Count(turns) is var count && count + maxNewTokens > window)
        {
            throw new InputException(
                $"The prompt has {count} tokens and its completion room for {maxNewTokens}, together more than the window of {window}; "
                    + "use a server and a window with more tokens, or evaluate shorter lengths.");
        }
        return new("messages", Hash(turns), new Prompt.Chat(turns))
        {
            Cut = removed > 0 ? messages.Cut!.Name : null,
            CutTokens = removed,
            End = RenderedPrompt.EndOf(turns[^1].Content),
        };
    }

    (ChatTurn[] Turns, int Removed) Cut(EvalPrompt.Messages messages, int maxNewTokens, int? window)
    {
        string text = messages.Turns[^1].Content;
        if (messages.Cut is not { } cut || tokens is null || (options.MaxPrompt ?? window) is null)
        {
            return (With(text), 0);
        }
        int limit = options.MaxPrompt ?? window!.Value - maxNewTokens - TemplateRoom - Count(With(""));
        return (With(cut.Apply(text, Math.Max(2, limit), tokens, out int removed)), removed);

        ChatTurn[] With(string content) =>
            [.. messages.Turns.SkipLast(1), messages.Turns[^1] with { Content = content + messages.AnswerPrefix }];
    }

    int Count(ChatTurn[] turns) => turns.Sum(t => tokens!.Count(t.Content));

    static string Hash(ChatTurn[] turns) => Convert.ToHexStringLower(SHA256.HashData(
        JsonSerializer.SerializeToUtf8Bytes(turns.Select(t => new[] { t.Role, t.Content }))));
}
