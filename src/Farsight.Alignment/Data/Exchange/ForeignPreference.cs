using System.Text;
using System.Text.Json;
using Farsight.Engine;
using Farsight.Engine.Files;
using Farsight.Text.Conversations;

namespace Farsight.Alignment.Data.Exchange;

/// <summary>Represents a line of another program's preference file: a user message and two answers to it.</summary>
/// <param name="Id">Id of the line; null for none.</param>
/// <param name="History">Messages before the user's last one: a system message, earlier turns, both or none.</param>
/// <param name="Prompt">The user's last message.</param>
/// <param name="Chosen">The chosen response.</param>
/// <param name="Rejected">The rejected response.</param>
sealed record ForeignPreference(string? Id, IReadOnlyList<ChatTurn> History, string Prompt, string Chosen, string Rejected)
{
    static readonly string[] s_systemFields = ["system", "system_prompt", "system_message"],
        s_mediaFields = ["images", "image", "videos", "video", "audios", "audio"],
        s_toolFields = ["tools", "functions"],
        // Fields in which other programs keep the document beside the prompt.
        s_documentFields = ["context", "contexts", "document", "documents", "passage", "passages", "article", "story"],
        // Fields in which other programs keep another part of the prompt.
        s_promptFields = ["input", "instruction", "question", "query", "history"],
        s_options = ["chat_template_kwargs"],
        s_otherFields = [.. s_toolFields, .. s_systemFields, .. s_mediaFields, .. s_options],
        s_trlFields = ["id", "prompt", "chosen", "rejected", .. s_otherFields],
        s_openAiFields = ["input", "preferred_output", "non_preferred_output", .. s_otherFields];

    /// <summary>The document of a line that has it in a field of its own; null if it can only be a part of the prompt.</summary>
    internal string? Document { get; init; }

    /// <summary>The line's filled fields that a sample does not keep, such as "score" or "chosen.name".</summary>
    internal IReadOnlyList<string> Unused { get; init; } = [];

    /// <summary>Tells whether another line differs by the rejected response only.</summary>
    internal bool HasPromptOf(ForeignPreference other) =>
        (Id, Document, Prompt, Chosen) == (other.Id, other.Document, other.Prompt, other.Chosen) && History.SequenceEqual(other.History);

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
            if (root.ValueKind != JsonValueKind.Object)
            {
                throw new FormatException($"{source}: expected a JSON object.");
            }
            if (FieldFault(root) is { } inField)
            {
                return (null, inField);
            }
            bool isOpenAi = root.TryGetProperty("preferred_output", out _);
            (ForeignPreference? pair, string? fault) = isOpenAi ? OpenAi(root, source) : Trl(root, source);
            if (pair is null)
            {
                return (null, fault);
            }
            string[] beside =
            [
                .. s_documentFields.Concat(s_promptFields).Where(f => !(isOpenAi && f == "input") && HoldsPrompt(root, f, pair)),
            ];
            string? document = beside is [var name] && s_documentFields.Contains(name) ? TextOf(root.GetProperty(name)) : null;
            IEnumerable<string> unused = UnusedFields(root, isOpenAi).Except(beside).Distinct(StringComparer.Ordinal);
            return beside.Length > 0 && document is null
                ? (null, ImportFault.PromptField)
                : (pair with { Document = document, Unused = [.. unused] }, null);
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
        s_toolFields.Any(f => IsFilled(root, f) || (root.TryGetProperty("input", out JsonElement input) && IsFilled(input, f)))
            ? ImportFault.ToolCalls
            : s_mediaFields.Any(f => IsFilled(root, f)) ? ImportFault.NotText
            : s_options.Any(f => IsFilled(root, f)) ? ImportFault.TemplateOptions
            : null;

    /// <summary>Tells whether a field holds a part of the prompt that the messages do not repeat.</summary>
    static bool HoldsPrompt(JsonElement root, string field, ForeignPreference pair) =>
        IsFilled(root, field)
        && (TextOf(root.GetProperty(field)) is not { } text
            || !pair.History.Select(t => t.Content).Append(pair.Prompt).Any(m => m.Contains(text, StringComparison.Ordinal)));

    /// <summary>Returns a text, or the texts of a list as paragraphs; null for other values.</summary>
    static string? TextOf(JsonElement value) =>
        value.ValueKind == JsonValueKind.String ? ForeignMessage.Lines(value.GetString()).Trim()
        : value.ValueKind == JsonValueKind.Array && value.EnumerateArray().All(v => v.ValueKind == JsonValueKind.String)
            ? string.Join("\n\n", value.EnumerateArray().Select(v => ForeignMessage.Lines(v.GetString()).Trim()))
        : null;

    /// <summary>Returns the filled fields of the line and of its messages that are not read.</summary>
    static IEnumerable<string> UnusedFields(JsonElement root, bool isOpenAi)
    {
        string[] read = isOpenAi ? s_openAiFields : s_trlFields;
        IEnumerable<string> unused = UnusedFields(root, "", read);
        foreach (JsonProperty field in root.EnumerateObject().Where(f => read.Contains(f.Name)))
        {
            (JsonElement messages, string path) = (field.Value, field.Name);
            if (isOpenAi && path == "input")
            {
                unused = unused.Concat(UnusedFields(field.Value, "input.", ["messages", .. s_toolFields]));
                (messages, path) = (field.Value.GetProperty("messages"), "input.messages");
            }
            if (messages.ValueKind == JsonValueKind.Array)
            {
                unused = unused.Concat(messages.EnumerateArray().SelectMany(m => UnusedFields(m, $"{path}.", ForeignMessage.Fields)));
            }
        }
        return unused;
    }

    static IEnumerable<string> UnusedFields(JsonElement owner, string path, string[] read) => owner
        .EnumerateObject()
        .Where(f => !read.Contains(f.Name)
            && (IsFilled(owner, f.Name) || f.Value.ValueKind is JsonValueKind.Number or JsonValueKind.True or JsonValueKind.False))
        .Select(f => path + f.Name);

    static (ForeignPreference?, string?) OpenAi(JsonElement root, string source) => Pair(
        null,
        SystemMessage(root),
        ForeignMessage.List(Field(Field(root, "input", source), "messages", source)),
        ForeignMessage.List(Field(root, "preferred_output", source)),
        ForeignMessage.List(Field(root, "non_preferred_output", source)));

    static (ForeignPreference?, string?) Trl(JsonElement root, string source)
    {
        string? id = !root.TryGetProperty("id", out JsonElement name) ? null
            : name.ValueKind == JsonValueKind.String ? name.GetString()
            : name.ValueKind == JsonValueKind.Number ? name.GetRawText()
            : null;
        ForeignMessage[] system = SystemMessage(root);
        JsonElement chosen = Field(root, "chosen", source), rejected = Field(root, "rejected", source);
        ForeignMessage[]? prompt = root.TryGetProperty("prompt", out JsonElement given) ? Prompted(given) : null;
        if (chosen.ValueKind == JsonValueKind.Array)
        {
            return Pair(id, system, prompt, ForeignMessage.List(chosen), ForeignMessage.List(rejected));
        }
        string good = ForeignMessage.Lines(chosen.GetString()), bad = ForeignMessage.Lines(rejected.GetString());
        if (prompt is null && ForeignMessage.Dialogue(good) is { } first && ForeignMessage.Dialogue(bad) is { } second)
        {
            return Pair(id, system, null, first, second);
        }
        _ = prompt ?? throw new FormatException(
            $"{source}: the field 'prompt' is missing. Without it, the start of the response is unknown; only dialogues that begin "
                + "with 'Human:' are read without a prompt.");
        return Pair(id, system, prompt, [new("assistant", good, null)], [new("assistant", bad, null)]);
    }

    /// <summary>Returns the system message of a line that has it in a field of its own.</summary>
    static ForeignMessage[] SystemMessage(JsonElement root) =>
    [
        .. s_systemFields.Where(f => IsFilled(root, f))
            .Select(f => new ForeignMessage("system", ForeignMessage.Lines(root.GetProperty(f).GetString()), null)),
    ];

    /// <summary>
    /// Returns the messages of a prompt. The text of a dialogue ends with "Assistant:", where the answer begins. One that ends with the
    /// first words of the answer stays a dialogue that ends with the assistant, which has the wrong order of turns.
    /// </summary>
    static ForeignMessage[]? Prompted(JsonElement prompt)
    {
        if (prompt.ValueKind == JsonValueKind.Array)
        {
            return ForeignMessage.List(prompt);
        }
        if (prompt.ValueKind == JsonValueKind.Null)
        {
            return null;
        }
        string text = ForeignMessage.Lines(prompt.GetString());
        return ForeignMessage.Dialogue(text) switch
        {
            [.. var turns, ("assistant", "", _)] => turns,
            { Length: > 1 } turns => turns,
            // "Human:" alone may be a text, but not after an empty line.
            { } turns when text.StartsWith('\n') => turns,
            _ => [new("user", text, null)],
        };
    }

    /// <summary>Returns the pair of two conversations. Without a prompt, what both have in common is the prompt.</summary>
    static (ForeignPreference?, string?) Pair(
        string? id, ForeignMessage[] system, ForeignMessage[]? prompt, ForeignMessage[] chosen, ForeignMessage[] rejected)
    {
        ForeignMessage[] asked = prompt ?? [.. chosen.Zip(rejected).TakeWhile(p => p.First == p.Second).Select(p => p.First)];
        if (prompt is null && chosen.SequenceEqual(rejected))
        {
            return (null, ImportFault.Identical);
        }
        ForeignMessage[] good = Answer(asked, chosen), bad = Answer(asked, rejected);
        // An empty system message says nothing, and templates differ in how they render it.
        ForeignMessage[] all = [.. system, .. asked.Where(m => m.Role != "system" || !string.IsNullOrWhiteSpace(m.Text))];
        string? fault =
            asked.Concat(good).Concat(bad).Select(m => m.Fault).FirstOrDefault(f => f is not null) is { } inMessage ? inMessage
            : chosen.Length == 0 || rejected.Length == 0 ? ImportFault.NoAnswer
            : prompt is null && (good.Length == 0 || bad.Length == 0) ? ImportFault.LongerConversation
            : good is [("user" or "system", _, _), ..] || bad is [("user" or "system", _, _), ..] ? ImportFault.DifferentPrompts
            : good.Length > 1 || bad.Length > 1 ? ImportFault.LongerConversation
            : good.Length == 0 || bad.Length == 0 ? ImportFault.NoAnswer
            : asked is [] ? ImportFault.DifferentPrompts
            : !IsConversation(all) ? ImportFault.TurnOrder
            : null;
        return fault is not null
            ? (null, fault)
            : (new(id, [.. all.SkipLast(1).Select(m => new ChatTurn(m.Role, m.Text))], all[^1].Text, good[0].Text, bad[0].Text), null);
    }

    /// <summary>
    /// Tells whether messages are at most one system message and then user and assistant in turn, with the user first and last.
    /// </summary>
    static bool IsConversation(ForeignMessage[] messages)
    {
        ForeignMessage[] turns = messages is [("system", _, _), .. var rest] ? rest : messages;
        return turns.Length % 2 == 1 && turns.Index().All(t => t.Item.Role == (t.Index % 2 == 0 ? "user" : "assistant"));
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
            JsonValueKind.Object => value.EnumerateObject().Any(),
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
