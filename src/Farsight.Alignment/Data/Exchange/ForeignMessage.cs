using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Farsight.Text.Conversations;

namespace Farsight.Alignment.Data.Exchange;

/// <summary>Represents a message of another program's file.</summary>
/// <param name="Role">"system", "user", "assistant" or another name.</param>
/// <param name="Text">Its text.</param>
/// <param name="Fault">The <see cref="ImportFault"/> of a message that is more than a text; null for a text.</param>
sealed partial record ForeignMessage(string Role, string Text, string? Fault)
{
    const string Calls = "tool_calls", CallId = "tool_call_id", ToolName = "name";

    static readonly string[] s_thoughts =
        [
            "reasoning_content", "reasoning", "reasoning_details", "thinking", "thinking_blocks", "thought", "thoughts",
        ],
        s_media = ["audio", "audios", "image", "images", "video", "videos"];

    static readonly string[] s_fields = ["role", "content", Calls, "function_call", .. s_thoughts, .. s_media];

    /// <summary>JSON of the calls of tools, in the layout of Hugging Face's templates; null for none.</summary>
    internal string? ToolCalls { get; private init; }

    /// <summary>Id of the call whose result the message of a tool has; null for none.</summary>
    internal string? ToolCallId { get; private init; }

    /// <summary>Name of the tool whose result the message has; null for none.</summary>
    internal string? Name { get; private init; }

    /// <summary>Returns the fields of a message that are read, or for which a line is dropped.</summary>
    internal static string[] FieldsOf(JsonElement message) => IsTool(message) ? [.. s_fields, CallId, ToolName] : s_fields;

    /// <summary>Returns the message as a sample has it.</summary>
    internal ChatTurn ToTurn() => new(Role, Text)
    {
        ToolCalls = ToolCalls is null ? null : JsonNode.Parse(ToolCalls)!.AsArray(),
        ToolCallId = ToolCallId,
        Name = Name,
    };

    /// <summary>Reads a list of messages.</summary>
    /// <exception cref="InvalidOperationException">A value has the wrong type.</exception>
    internal static ForeignMessage[] List(JsonElement list) => [.. list.EnumerateArray().Select(Read)];

    /// <summary>Returns a text whose lines end with "\n", as documents are read.</summary>
    internal static string Lines(string? text) =>
        (text ?? "").Replace("\r\n", "\n", StringComparison.Ordinal).Replace('\r', '\n');

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
        (string text, string? inContent) =
            message.TryGetProperty("content", out JsonElement content) ? Content(content) : ("", null);
        string? calls = Has(message, Calls) ? ForeignTools.Calls(message.GetProperty(Calls)) : null;
        string? fault =
            role == "function" || Has(message, "function_call") || (Has(message, Calls) && calls is null) ? ImportFault.ToolCalls
            : s_thoughts.Any(f => Has(message, f)) ? ImportFault.ReasoningContent
            : s_media.Any(f => Has(message, f)) ? ImportFault.NotText
            : inContent is not null ? inContent
            : role is not ("user" or "assistant" or "system" or "developer" or "tool") ? ImportFault.UnknownRole
            : null;
        return new(role == "developer" ? "system" : role, text, fault)
        {
            ToolCalls = calls,
            ToolCallId = IsTool(message) ? TextOf(message, CallId) : null,
            Name = IsTool(message) ? TextOf(message, ToolName) : null,
        };
    }

    static bool IsTool(JsonElement message) => TextOf(message, "role") == "tool";

    static string? TextOf(JsonElement message, string field) =>
        message.TryGetProperty(field, out JsonElement value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    /// <summary>Returns the text of a content, a string or a list of parts, and the fault of a part that is not a text.</summary>
    static (string Text, string? Fault) Content(JsonElement content)
    {
        if (content.ValueKind != JsonValueKind.Array)
        {
            return (Lines(content.GetString()), null);
        }
        (string Text, string? Fault)[] parts = [.. content.EnumerateArray().Select(Part)];
        return (string.Concat(parts.Select(p => p.Text)), parts.Select(p => p.Fault).FirstOrDefault(f => f is not null));
    }

    /// <summary>Returns the text of a part of a content. Its type decides, because a thought has a text, too.</summary>
    static (string Text, string? Fault) Part(JsonElement part)
    {
        string? type = part.ValueKind == JsonValueKind.Object && part.TryGetProperty("type", out JsonElement name)
            ? name.GetString()
            : "text";
        return type is "reasoning" or "thinking" or "redacted_thinking" ? ("", ImportFault.ReasoningContent)
            : type is "tool_use" or "tool_call" or "tool_result" ? ("", ImportFault.ToolCalls)
            : type is "text" or "input_text" or "output_text"
                && part.ValueKind == JsonValueKind.Object
                && part.TryGetProperty("text", out JsonElement text)
                && text.ValueKind == JsonValueKind.String ? (Lines(text.GetString()), null)
            : ("", ImportFault.NotText);
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
