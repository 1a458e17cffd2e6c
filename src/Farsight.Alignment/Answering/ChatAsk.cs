using Farsight.Engine;
using Farsight.Text.Conversations;
using Microsoft.Extensions.AI;

namespace Farsight.Alignment.Answering;

/// <summary>What a chat client is asked: text and numbers only. What none of ours can do is refused, not ignored.</summary>
public static class ChatAsk
{
    /// <summary>The messages as roles and texts; <see cref="ChatOptions.Instructions"/> come first, as a system message.</summary>
    /// <exception cref="InputException">There is no message, or one holds something else than text.</exception>
    public static IReadOnlyList<ChatTurn> Turns(IEnumerable<ChatMessage> messages, ChatOptions? options)
    {
        ArgumentNullException.ThrowIfNull(messages);
        ChatTurn[] turns = [.. messages.Select(Turn)];
        return turns.Length == 0 ? throw new InputException("Nothing was asked: the list of messages is empty; give at least one.")
            : options?.Instructions is { Length: > 0 } system ? [new("system", system), .. turns]
            : turns;
    }

    /// <summary>Refuses what a text model without tools cannot do.</summary>
    /// <exception cref="InputException">An option has no meaning here; the message names it.</exception>
    public static void Check(ChatOptions? options)
    {
        string? unsupported =
            options is null ? null
            : options.Tools is { Count: > 0 } ? "tools"
            : options.ResponseFormat is not (null or ChatResponseFormatText) ? "a response format other than text"
            : options.ConversationId is not null ? "conversations kept by the server"
            : options.AdditionalProperties is { Count: > 0 } more ? $"the additional option {more.Keys.First()}"
            : null;
        if (unsupported is not null)
        {
            throw new InputException($"The chat client knows text messages, sampling and stop texts, but not {unsupported}; leave it out.");
        }
    }

    static ChatTurn Turn(ChatMessage message) => message.Contents.FirstOrDefault(c => c is not TextContent) is { } other
        ? throw new InputException($"A message holds {other.GetType().Name}, and only text can be asked; leave it out.")
        : new(message.Role.Value, message.Text);
}
