using Farsight.Engine;
using Farsight.Text.Conversations;
using Microsoft.Extensions.AI;

namespace Farsight.Alignment.Answering;

/// <summary>Converts the messages of a chat client, and refuses what a text model without tools cannot do.</summary>
static class ChatMessages
{
    /// <summary>
    /// Returns the messages as roles and texts; <see cref="ChatOptions.Instructions"/> come first, as a system message.
    /// </summary>
    /// <exception cref="InputException">There is no message, or one holds content other than text.</exception>
    public static IReadOnlyList<ChatTurn> Turns(IEnumerable<ChatMessage> messages, ChatOptions? options)
    {
        ArgumentNullException.ThrowIfNull(messages);
        ChatTurn[] turns = [.. messages.Select(Turn)];
        return turns.Length == 0 ? throw new InputException("The list of messages is empty; give at least one.")
            : options?.Instructions is { Length: > 0 } system ? [new("system", system), .. turns]
            : turns;
    }

    /// <summary>Validates the options.</summary>
    /// <param name="options">The options.</param>
    /// <param name="known">Names of additional properties that are supported.</param>
    /// <exception cref="InputException">An option is not supported; the message names it.</exception>
    public static void Check(ChatOptions? options, params string[] known)
    {
        string? unsupported =
            options is null ? null
            : options.Tools is { Count: > 0 } ? "tools"
            : options.ResponseFormat is not (null or ChatResponseFormatText) ? "a response format other than text"
            : options.ConversationId is not null ? "conversations stored by the server"
            : options.AdditionalProperties?.Keys.Except(known).FirstOrDefault() is { } other ? $"the additional option {other}"
            : null;
        if (unsupported is not null)
        {
            throw new InputException(
                $"The chat client supports text messages, sampling options and stop texts, but not {unsupported}; leave it out.");
        }
    }

    /// <summary>Returns turns as messages.</summary>
    internal static IEnumerable<ChatMessage> Of(IEnumerable<ChatTurn> turns) => turns.Select(t => new ChatMessage(new(t.Role), t.Content));

    static ChatTurn Turn(ChatMessage message) => message.Contents.FirstOrDefault(c => c is not TextContent) is { } other
        ? throw new InputException($"A message holds {other.GetType().Name}, and only text is supported; leave it out.")
        : new(message.Role.Value, message.Text);
}
