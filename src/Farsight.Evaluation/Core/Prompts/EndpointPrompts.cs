using System.Security.Cryptography;
using System.Text.Json;
using Farsight.Engine;
using Farsight.Text.Conversations;

namespace Farsight.Evaluation.Core.Prompts;

/// <summary>Makes the prompts of an endpoint: messages, which the server puts into a template of its own.</summary>
/// <remarks>
/// An answer prefix stands at the end of the last message, because a server cannot be made to continue one in a way that all know.
/// Cutting needs the model's tokenizer and a limit; without them prompts are sent whole. The server's template is not known, so
/// <see cref="TemplateRoom"/> tokens are left for it.
/// </remarks>
/// <param name="tokens">The model's tokenizer; null where it is not known.</param>
/// <param name="options">What the user decided.</param>
public sealed class EndpointPrompts(ITextTokens? tokens, PromptOptions options)
{
    /// <summary>Tokens of a window that are left for the server's template.</summary>
    public const int TemplateRoom = 64;

    /// <summary>Makes a prompt.</summary>
    /// <param name="prompt">What the task wants asked.</param>
    /// <param name="maxNewTokens">Room for the completion.</param>
    /// <exception cref="InputException">It is exact tokens that cannot be said as messages.</exception>
    public MadePrompt Make(EvalPrompt prompt, int maxNewTokens)
    {
        EvalPrompt.Messages messages = prompt switch
        {
            EvalPrompt.Messages m => m,
            EvalPrompt.Tokens { Spoken: { } spoken } => spoken,
            _ => throw new InputException("The prompt is exact tokens, which an endpoint cannot be given; evaluate a local model."),
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
        return new("messages", Hash(turns))
        {
            Messages = turns,
            Cut = removed > 0 ? messages.Cut!.Name : null,
            CutTokens = removed,
            End = MadePrompt.EndOf(turns[^1].Content),
        };
    }

    static string Hash(ChatTurn[] turns) => Convert.ToHexStringLower(SHA256.HashData(
        JsonSerializer.SerializeToUtf8Bytes(turns.Select(t => new[] { t.Role, t.Content }))));
}
