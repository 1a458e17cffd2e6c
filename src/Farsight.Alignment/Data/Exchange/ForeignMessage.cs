using System.Text.Json;
using System.Text.RegularExpressions;

namespace Farsight.Alignment.Data.Exchange;

/// <summary>Represents a message of another program's file.</summary>
/// <param name="Role">"system", "user", "assistant" or another name.</param>
/// <param name="Text">Its text.</param>
/// <param name="Fault">The <see cref="ImportFault"/> of a message that is more than a text; null for a text.</param>
sealed partial record ForeignMessage(string Role, string Text, string? Fault)
{
    /// <summary>The fields that are read, or for which a line is dropped.</summary>
    internal static readonly string[] Fields =
        ["role", "content", "tool_calls", "function_call", "reasoning_content", "reasoning", "thinking"];

    /// <summary>Reads a list of messages.</summary>
    /// <exception cref="InvalidOperationException">A value has the wrong type.</exception>
    internal static ForeignMessage[] List(JsonElement list) => [.. list.EnumerateArray().Select(Read)];

    /// <summary>Splits a text of the form "\n\nHuman: … \n\nAssistant: …", as Anthropic's HH has it; null for another text.</summary>
    internal static ForeignMessage[]? Dialogue(string text)
    {
        MatchCollection speakers = Speaker().Matches(text);
        if (speakers.Count == 0 || speakers[0] is not { Index: 0, Groups: [_, { Value: "Human" }] })
        {
            return null;
        }
        return
        [
            .. speakers.Select((s, i) => new ForeignMessage(
                s.Groups[1].Value == "Human" ? "user" : "assistant",
                text[(s.Index + s.Length)..(i + 1 < speakers.Count ? speakers[i + 1].Index : text.Length)].Trim(),
                null)),
        ];
    }

    static ForeignMessage Read(JsonElement message)
    {
        string role = message.TryGetProperty("role", out JsonElement name) ? name.GetString() ?? "" : "";
        (string text, bool isText) = message.TryGetProperty("content", out JsonElement content) ? Content(content) : ("", true);
        string? fault =
            role is "tool" or "function" || Has(message, "tool_calls") || Has(message, "function_call") ? ImportFault.ToolCalls
            : Has(message, "reasoning_content") || Has(message, "reasoning") || Has(message, "thinking") ? ImportFault.ReasoningContent
            : !isText ? ImportFault.NotText
            : role is not ("user" or "assistant" or "system" or "developer") ? ImportFault.UnknownRole
            : null;
        return new(role == "developer" ? "system" : role, text, fault);
    }

    /// <summary>Returns the text of a content: a string, or a list of parts that are all texts.</summary>
    static (string Text, bool IsText) Content(JsonElement content)
    {
        if (content.ValueKind != JsonValueKind.Array)
        {
            return (content.GetString() ?? "", true);
        }
        string[] texts =
        [
            .. content.EnumerateArray()
                .Select(p => p.ValueKind == JsonValueKind.Object && p.TryGetProperty("text", out JsonElement text) ? text : default)
                .Where(t => t.ValueKind == JsonValueKind.String)
                .Select(t => t.GetString()!),
        ];
        return (string.Concat(texts), texts.Length == content.GetArrayLength());
    }

    static bool Has(JsonElement message, string field) =>
        message.TryGetProperty(field, out JsonElement value)
        && value.ValueKind switch
        {
            JsonValueKind.Null or JsonValueKind.False => false,
            JsonValueKind.String => !string.IsNullOrWhiteSpace(value.GetString()),
            JsonValueKind.Array => value.GetArrayLength() > 0,
            _ => true,
        };

    [GeneratedRegex(@"(?:\A|\n\n)(Human|Assistant):")]
    private static partial Regex Speaker();
}
