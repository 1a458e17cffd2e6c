using System.Text.Json;
using Farsight.Engine;

namespace Farsight.Alignment.Data.Exchange;

/// <summary>Represents a line of another program's preference file.</summary>
/// <param name="Id">Id of the line; null for none.</param>
/// <param name="Prompt">The user's only message; null for a conversation of several, which a sample cannot represent.</param>
/// <param name="Chosen">The chosen response.</param>
/// <param name="Rejected">The rejected response.</param>
sealed record ForeignPreference(string? Id, string? Prompt, string Chosen, string Rejected)
{
    /// <summary>
    /// Reads a line of <see cref="ExchangeFormat.Trl"/>, <see cref="ExchangeFormat.TrlText"/> or <see cref="ExchangeFormat.OpenAi"/>,
    /// recognized by its fields.
    /// </summary>
    /// <param name="json">The line.</param>
    /// <param name="source">"file.jsonl:3", the start of every message.</param>
    /// <exception cref="InputException">The line has another format.</exception>
    internal static ForeignPreference Parse(string json, string source)
    {
        try
        {
            using JsonDocument line = JsonDocument.Parse(json);
            JsonElement root = line.RootElement;
            return root.ValueKind != JsonValueKind.Object ? throw new InputException($"{source}: expected a JSON object.")
                : root.TryGetProperty("preferred_output", out _) ? OpenAi(root, source)
                : Trl(root, source);
        }
        catch (JsonException e)
        {
            throw new InputException($"{source}: the line is not JSON (near byte {e.BytePositionInLine}).", e);
        }
        catch (InvalidOperationException e)
        {
            throw new InputException($"{source}: a field is not a text; write it as a string.", e);
        }
    }

    static ForeignPreference OpenAi(JsonElement root, string source) =>
        new(
            null,
            User(Messages(Field(Field(root, "input", source), "messages", source))),
            Assistant(root, "preferred_output", source),
            Assistant(root, "non_preferred_output", source));

    static ForeignPreference Trl(JsonElement root, string source)
    {
        string? id = root.TryGetProperty("id", out JsonElement name) && name.ValueKind == JsonValueKind.String ? name.GetString() : null;
        JsonElement chosen = Field(root, "chosen", source), rejected = Field(root, "rejected", source);
        if (chosen.ValueKind == JsonValueKind.String)
        {
            JsonElement prompt = Field(root, "prompt", source); // without it, the start of the response is unknown
            return new(
                id,
                prompt.ValueKind == JsonValueKind.String ? prompt.GetString() : User(Messages(prompt)),
                chosen.GetString()!,
                rejected.GetString()!);
        }
        return new(id, User(Before(root, chosen)), Assistant(root, "chosen", source), Assistant(root, "rejected", source));
    }

    /// <summary>Returns the messages of the prompt; without a prompt, those before the chosen response.</summary>
    static (string Role, string Text)[] Before(JsonElement root, JsonElement chosen) =>
        root.TryGetProperty("prompt", out JsonElement prompt)
            ? prompt.ValueKind == JsonValueKind.String
                ? [("user", prompt.GetString()!)]
                : Messages(prompt)
            : Messages(chosen)[..^1];

    static string? User((string Role, string Text)[] messages) => messages is [("user", var text)] ? text : null;

    static string Assistant(JsonElement root, string field, string source) =>
        Messages(Field(root, field, source)) is [.., ("assistant", var text)]
            ? text
            : throw new InputException($"{source}: '{field}' must end with a message of the assistant.");

    static (string Role, string Text)[] Messages(JsonElement list) =>
        [.. list.EnumerateArray().Select(m => (Text(m, "role"), Text(m, "content")))];

    static string Text(JsonElement message, string field) =>
        message.TryGetProperty(field, out JsonElement value) ? value.GetString() ?? "" : "";

    static JsonElement Field(JsonElement root, string field, string source) =>
        root.ValueKind == JsonValueKind.Object && root.TryGetProperty(field, out JsonElement value)
            ? value
            : throw new InputException(
                $"{source}: the field '{field}' is missing; expected prompt, chosen and rejected (TRL), or input, preferred_output and "
                    + "non_preferred_output (OpenAI)."
            );
}
