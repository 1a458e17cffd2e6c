using System.Globalization;
using System.Text.Json.Nodes;
using Farsight.Engine;

namespace Farsight.Text.Conversations;

/// <summary>Checks that a chat template renders the messages around a question as they are written.</summary>
static class WrittenMessages
{
    /// <summary>Checks the messages before and after a question, and the tools.</summary>
    /// <param name="history">Messages before the question.</param>
    /// <param name="tools">Tools, and messages after the question; null for none.</param>
    /// <param name="render">Renders a conversation with the tools.</param>
    /// <param name="place">Characters that no text holds and no template strips.</param>
    /// <exception cref="InputException">The template omits or rewrites a message, or does not render tools.</exception>
    internal static void Check(
        IReadOnlyList<ChatTurn> history, ToolUse? tools, Func<IReadOnlyList<ChatTurn>, string> render, string place)
    {
        string PlaceOf(int message) => string.Create(CultureInfo.InvariantCulture, $"{place}{message}{place}");
        ChatTurn[] all = [.. history, .. tools?.Turns ?? []];
        string Rendered(Func<ChatTurn, int, ChatTurn> change)
        {
            ChatTurn[] changed = [.. all.Select(change)];
            return render([.. changed[..history.Count], new("user", "x"), .. changed[history.Count..]]);
        }
        string placed = Rendered((t, i) => t.Content.Length == 0 ? t : t with { Content = PlaceOf(i) });
        string expected = Rendered((t, i) => IsText(t) ? t with { Content = PlaceOf(i) } : t with { Content = t.Content.Trim() });
        foreach ((int i, ChatTurn turn) in all.Index())
        {
            if ((turn.Content.Length > 0 && !placed.Contains(PlaceOf(i), StringComparison.Ordinal))
                || (turn.ToolCalls is { } calls && !HasNames(placed, calls)))
            {
                throw new InputException(
                    $"The chat template omits the message of the role '{turn.Role}' before the "
                        + $"{(i < history.Count ? "question" : "response")}. Use another template, or leave the message out.");
            }
            expected = IsText(turn) ? expected.Replace(PlaceOf(i), turn.Content.Trim(), StringComparison.Ordinal) : expected;
        }
        if (expected != Rendered((t, _) => t with { Content = t.Content.Trim() }))
        {
            throw new InputException(
                "The chat template rewrites a message before the question, for example to remove a thought. Write the message as the "
                    + "template renders it.");
        }
        if (tools?.Tools is { } offered && !HasNames(placed, offered))
        {
            throw new InputException("The chat template does not render tools. Use another template, or leave the tools out.");
        }
    }

    /// <summary>Returns whether a rendered text has the name of every function of a list of tools or calls.</summary>
    internal static bool HasNames(string rendered, JsonArray functions) => functions.All(
        f => f?["function"]?["name"]?.GetValue<string>() is { } name && rendered.Contains(name, StringComparison.Ordinal));

    /// <summary>
    /// Tells whether a template has to write a message as it is. It may write the result of a tool as JSON, and a message that only calls
    /// tools has no text.
    /// </summary>
    static bool IsText(ChatTurn turn) => turn is { Role: not "tool", Content.Length: > 0 };
}
