using System.Text.Json.Nodes;
using System.Text.Json.Serialization;

namespace Farsight.Text.Conversations;

/// <summary>Represents one message of a conversation.</summary>
/// <param name="Role">"system", "user", "assistant" or "tool".</param>
/// <param name="Content">Its text; may be empty in a message that calls tools.</param>
public sealed record ChatTurn(string Role, string Content)
{
    /// <summary>
    /// Gets the calls of tools, as Hugging Face's templates expect them: objects with "type" and "function", which has "name" and the
    /// object "arguments"; null for none.
    /// </summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public JsonArray? ToolCalls { get; init; }

    /// <summary>Gets the id of the call whose result a message of a tool has; null for none.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? ToolCallId { get; init; }

    /// <summary>Gets the name of the tool whose result the message has; null for none.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Name { get; init; }

    /// <summary>Compares all values; calls by their JSON.</summary>
    public bool Equals(ChatTurn? other) =>
        other is not null
        && (Role, Content, ToolCallId, Name) == (other.Role, other.Content, other.ToolCallId, other.Name)
        && JsonNode.DeepEquals(ToolCalls, other.ToolCalls);

    /// <inheritdoc/>
    public override int GetHashCode() => (Role, Content, ToolCallId, Name).GetHashCode();

    /// <summary>Returns the message as templates read it.</summary>
    internal JsonObject ToJson()
    {
        JsonObject json = new() { ["role"] = Role, ["content"] = Content };
        if (ToolCalls is not null)
        {
            json["tool_calls"] = ToolCalls.DeepClone();
        }
        if (ToolCallId is not null)
        {
            json["tool_call_id"] = ToolCallId;
        }
        if (Name is not null)
        {
            json["name"] = Name;
        }
        return json;
    }
}

/// <summary>Represents the tools of a prompt.</summary>
/// <param name="Tools">The tools that the model may call, as Hugging Face's templates expect them; null for none.</param>
/// <param name="Turns">Messages between the question and the response: calls and their results; may be empty.</param>
public sealed record ToolUse(JsonArray? Tools, IReadOnlyList<ChatTurn> Turns);
