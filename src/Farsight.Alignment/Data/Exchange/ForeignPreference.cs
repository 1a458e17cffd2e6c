using System.Text;
using System.Text.Json;
using Farsight.Engine;
using Farsight.Engine.Files;

namespace Farsight.Alignment.Data.Exchange;

/// <summary>Represents a line of another program's preference file: one user message and two answers to it.</summary>
/// <param name="Id">Id of the line; null for none.</param>
/// <param name="Prompt">The user's only message.</param>
/// <param name="Chosen">The chosen response.</param>
/// <param name="Rejected">The rejected response.</param>
sealed record ForeignPreference(string? Id, string Prompt, string Chosen, string Rejected)
{
    static readonly string[] s_systemFields = ["system", "system_prompt"], s_mediaFields = ["images", "image", "videos", "audios"];

    /// <summary>
    /// Reads a line of <see cref="ExchangeFormat.Trl"/>, <see cref="ExchangeFormat.TrlText"/> or <see cref="ExchangeFormat.OpenAi"/>,
    /// recognized by its fields.
    /// </summary>
    /// <param name="json">The line.</param>
    /// <param name="source">"file.jsonl:3", the start of every message.</param>
    /// <returns>The pair, or the <see cref="ImportFault"/> for which a sample cannot represent the line.</returns>
    /// <exception cref="FormatException">The line has another format.</exception>
    /// <exception cref="InputException">The line is not JSON.</exception>
    internal static (ForeignPreference? Pair, string? Fault) Parse(string json, string source)
    {
        try
        {
            using JsonDocument line = JsonDocument.Parse(json);
            JsonElement root = line.RootElement;
            return root.ValueKind != JsonValueKind.Object ? throw new FormatException($"{source}: expected a JSON object.")
                : FieldFault(root) is { } fault ? (null, fault)
                : root.TryGetProperty("preferred_output", out _) ? OpenAi(root, source)
                : Trl(root, source);
        }
        catch (JsonException e)
        {
            string hint = JsonNumbers.Hint(Encoding.UTF8.GetBytes(json));
            throw new InputException($"{source}: the line is not JSON (near byte {e.BytePositionInLine}){hint}.", e);
        }
        catch (InvalidOperationException e)
        {
            throw new FormatException($"{source}: a field is not a text; write it as a string.", e);
        }
    }

    /// <summary>Returns the fault of fields beside the pair that belong to its prompt and would be lost.</summary>
    static string? FieldFault(JsonElement root) =>
        IsFilled(root, "tools") || (root.TryGetProperty("input", out JsonElement input) && IsFilled(input, "tools")) ? ImportFault.ToolCalls
        : s_systemFields.Any(f => IsFilled(root, f)) ? ImportFault.SystemPrompt
        : IsFilled(root, "history") ? ImportFault.SeveralTurns
        : s_mediaFields.Any(f => IsFilled(root, f)) ? ImportFault.NotText
        : null;

    static (ForeignPreference?, string?) OpenAi(JsonElement root, string source) => Pair(
        null,
        ForeignMessage.List(Field(Field(root, "input", source), "messages", source)),
        ForeignMessage.List(Field(root, "preferred_output", source)),
        ForeignMessage.List(Field(root, "non_preferred_output", source)));

    static (ForeignPreference?, string?) Trl(JsonElement root, string source)
    {
        string? id = root.TryGetProperty("id", out JsonElement name) && name.ValueKind == JsonValueKind.String ? name.GetString() : null;
        JsonElement chosen = Field(root, "chosen", source), rejected = Field(root, "rejected", source);
        ForeignMessage[]? prompt = root.TryGetProperty("prompt", out JsonElement given) ? Prompted(given) : null;
        if (chosen.ValueKind == JsonValueKind.Array)
        {
            return Pair(id, prompt, ForeignMessage.List(chosen), ForeignMessage.List(rejected));
        }
        string good = chosen.GetString() ?? "", bad = rejected.GetString() ?? "";
        if (prompt is null && ForeignMessage.Dialogue(good) is { } first && ForeignMessage.Dialogue(bad) is { } second)
        {
            return Pair(id, null, first, second);
        }
        _ = prompt ?? throw new FormatException(
            $"{source}: the field 'prompt' is missing. Without it, the start of the response is unknown; only dialogues that begin "
                + "with 'Human:' are read without a prompt.");
        return Pair(id, prompt, [new("assistant", good, null)], [new("assistant", bad, null)]);
    }

    /// <summary>Returns the messages of a prompt. The text of a dialogue ends with "Assistant:", where the answer begins.</summary>
    static ForeignMessage[]? Prompted(JsonElement prompt) =>
        prompt.ValueKind == JsonValueKind.Array ? ForeignMessage.List(prompt)
        : prompt.GetString() is not { } text ? null
        : ForeignMessage.Dialogue(text) is [.. var turns, ("assistant", "", _)] ? turns
        : [new("user", text, null)];

    /// <summary>Returns the pair of two conversations. Without a prompt, what both have in common is the prompt.</summary>
    static (ForeignPreference?, string?) Pair(string? id, ForeignMessage[]? prompt, ForeignMessage[] chosen, ForeignMessage[] rejected)
    {
        ForeignMessage[] asked = prompt ?? [.. chosen.Zip(rejected).TakeWhile(p => p.First == p.Second).Select(p => p.First)];
        if (prompt is null && chosen.SequenceEqual(rejected))
        {
            return (null, ImportFault.Identical);
        }
        ForeignMessage[] good = Answer(asked, chosen), bad = Answer(asked, rejected);
        string? fault =
            asked.Concat(good).Concat(bad).Select(m => m.Fault).FirstOrDefault(f => f is not null) is { } inMessage ? inMessage
            : chosen.Length == 0 || rejected.Length == 0 ? ImportFault.NoAnswer
            : prompt is null && (good.Length == 0 || bad.Length == 0) ? ImportFault.LongerConversation
            : good is [("user" or "system", _, _), ..] || bad is [("user" or "system", _, _), ..] ? ImportFault.DifferentPrompts
            : good.Length > 1 || bad.Length > 1 ? ImportFault.LongerConversation
            : good.Length == 0 || bad.Length == 0 ? ImportFault.NoAnswer
            : asked is [("system", _, _), ..] ? ImportFault.SystemPrompt
            : asked is [] ? ImportFault.DifferentPrompts
            : asked is not [("user", _, _)] ? ImportFault.SeveralTurns
            : null;
        return fault is null ? (new(id, asked[0].Text, good[0].Text, bad[0].Text), null) : (null, fault);
    }

    /// <summary>Returns the messages after the prompt; a side may repeat the prompt or begin with the answer.</summary>
    static ForeignMessage[] Answer(ForeignMessage[] prompt, ForeignMessage[] side) =>
        side.Length >= prompt.Length && side.AsSpan(0, prompt.Length).SequenceEqual(prompt) ? side[prompt.Length..] : side;

    static bool IsFilled(JsonElement owner, string field) =>
        owner.ValueKind == JsonValueKind.Object
        && owner.TryGetProperty(field, out JsonElement value)
        && value.ValueKind switch
        {
            JsonValueKind.Array => value.GetArrayLength() > 0,
            JsonValueKind.String => !string.IsNullOrWhiteSpace(value.GetString()),
            JsonValueKind.Object => true,
            _ => false,
        };

    static JsonElement Field(JsonElement root, string field, string source) =>
        root.ValueKind == JsonValueKind.Object && root.TryGetProperty(field, out JsonElement value)
            ? value
            : throw new FormatException(
                $"{source}: the field '{field}' is missing; expected prompt, chosen and rejected (TRL), or input, preferred_output and "
                    + "non_preferred_output (OpenAI)."
            );
}
