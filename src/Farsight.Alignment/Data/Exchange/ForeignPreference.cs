using System.Text;
using System.Text.Json;
using Farsight.Engine;
using Farsight.Engine.Files;
using Farsight.Text.Conversations;

namespace Farsight.Alignment.Data.Exchange;

/// <summary>
/// Represents a line of another program's file: a user message and two answers to it, or one answer for supervised fine-tuning.
/// </summary>
/// <param name="Id">Id of the line; null for none.</param>
/// <param name="History">Messages before the user's last one: a system message, earlier turns, both or none.</param>
/// <param name="Prompt">The user's last message.</param>
/// <param name="Chosen">The chosen response.</param>
/// <param name="Rejected">The rejected response; null in data for supervised fine-tuning.</param>
sealed record ForeignPreference(string? Id, IReadOnlyList<ChatTurn> History, string Prompt, string Chosen, string? Rejected)
{
    const string Messages = "messages", Label = "label";

    const string ToolField = "tools", OldToolField = "functions";

    static readonly string[] s_systemFields = ["system", "system_prompt", "system_message"],
        s_mediaFields = ["images", "image", "videos", "video", "audios", "audio"],
        s_toolFields = [ToolField, OldToolField],
        // Fields in which other programs keep the document beside the prompt.
        s_documentFields = ["context", "contexts", "document", "documents", "passage", "passages", "article", "story"],
        // Fields in which other programs keep another part of the prompt.
        s_promptFields = ["input", "instruction", "question", "query", "history"],
        s_options = ["chat_template_kwargs"],
        s_otherFields = [.. s_toolFields, .. s_systemFields, .. s_mediaFields, .. s_options],
        s_trlFields = ["id", "prompt", "chosen", "rejected", .. s_otherFields],
        // The fields of an answer without a rejected one; the first that a line has is read.
        s_answerFields = ["chosen", "completion", Messages],
        s_openAiFields = ["input", "preferred_output", "non_preferred_output", .. s_otherFields];

    /// <summary>The document of a line that has it in a field of its own; null if it can only be a part of the prompt.</summary>
    internal string? Document { get; init; }

    /// <summary>JSON of the tools that the line offers; null for none.</summary>
    internal string? Tools { get; init; }

    /// <summary>Messages between the user's last one and the responses: calls of tools and their results.</summary>
    internal IReadOnlyList<ChatTurn> ToolTurns { get; init; } = [];

    /// <summary>JSON of the calls at the end of the chosen response; null for none.</summary>
    internal string? ChosenCalls { get; init; }

    /// <summary>Whether the line offers or calls tools.</summary>
    internal bool UsesTools =>
        Tools is not null || ToolTurns.Count > 0 || ChosenCalls is not null || History.Any(t => t.ToolCalls is not null);

    /// <summary>The line's filled fields that a sample does not keep, such as "score" or "chosen.name".</summary>
    internal IReadOnlyList<string> Unused { get; init; } = [];

    /// <summary>Tells whether another line differs by the rejected response only.</summary>
    internal bool HasPromptOf(ForeignPreference other) =>
        (Id, Document, Prompt, Chosen, Tools, ChosenCalls)
            == (other.Id, other.Document, other.Prompt, other.Chosen, other.Tools, other.ChosenCalls)
        && History.SequenceEqual(other.History) && ToolTurns.SequenceEqual(other.ToolTurns);

    /// <summary>Reads a line in one of the formats of <see cref="ExchangeFormat"/>, recognized by its fields.</summary>
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
            using JsonDocument? rewritten = ForeignLayout.Rewrite(root) is { } trl ? JsonDocument.Parse(trl) : null;
            root = rewritten?.RootElement ?? root;
            if (FieldFault(root) is { } inField)
            {
                return (null, inField);
            }
            bool isOpenAi = root.TryGetProperty("preferred_output", out _);
            string? answer = isOpenAi || root.TryGetProperty("rejected", out _)
                ? null
                : s_answerFields.FirstOrDefault(f => root.TryGetProperty(f, out _));
            if (answer is not null && root.TryGetProperty(Label, out JsonElement label) && label.ValueKind == JsonValueKind.False)
            {
                return (null, ImportFault.NotPreferred);
            }
            (ForeignPreference? pair, string? fault) = isOpenAi ? OpenAi(root, source) : Trl(root, answer, source);
            if (pair is null)
            {
                return (null, fault);
            }
            string[] beside =
            [
                .. s_documentFields.Concat(s_promptFields).Concat(answer == Messages ? ["prompt"] : [])
                    .Where(f => !(isOpenAi && f == "input") && HoldsPrompt(root, f, pair)),
            ];
            string? document = beside is [var name] && s_documentFields.Contains(name) ? TextOf(root.GetProperty(name)) : null;
            IEnumerable<string> unused = UnusedFields(root, isOpenAi, answer).Except(beside).Distinct(StringComparer.Ordinal);
            return beside.Length > 0 && document is null
                ? (null, ImportFault.PromptField)
                : (pair with { Document = document, Unused = [.. unused], Tools = ToolsOf(root) }, null);
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
        IsFilled(root, OldToolField) || (InputOf(root) is { } input && IsFilled(input, OldToolField))
            || (ToolsField(root) is { } tools && ForeignTools.Tools(tools) is null)
            ? ImportFault.ToolCalls
            : s_mediaFields.Any(f => IsFilled(root, f)) ? ImportFault.NotText
            : s_options.Any(f => IsFilled(root, f)) ? ImportFault.TemplateOptions
            : null;

    static string? ToolsOf(JsonElement root) => ToolsField(root) is { } tools ? ForeignTools.Tools(tools) : null;

    /// <summary>Returns the tools of a line, which OpenAI has beside the messages of the input; null for none.</summary>
    static JsonElement? ToolsField(JsonElement root) =>
        HasTools(root) ? root.GetProperty(ToolField)
        : InputOf(root) is { } input && HasTools(input) ? input.GetProperty(ToolField)
        : null;

    /// <summary>Tells whether tools are given. LLaMA-Factory writes them as a text, also where there are none.</summary>
    static bool HasTools(JsonElement owner) =>
        IsFilled(owner, ToolField) && !(owner.GetProperty(ToolField) is { ValueKind: JsonValueKind.String } text
            && text.GetString()!.Trim() == "[]");

    static JsonElement? InputOf(JsonElement root) =>
        root.TryGetProperty("input", out JsonElement input) && input.ValueKind == JsonValueKind.Object ? input : null;

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
    static IEnumerable<string> UnusedFields(JsonElement root, bool isOpenAi, string? answer)
    {
        string[] read = isOpenAi ? s_openAiFields
            : answer is null ? s_trlFields
            : answer == Messages ? ["id", answer, .. s_otherFields]
            : ["id", "prompt", answer, .. IsTrue(root, Label) ? [Label] : Array.Empty<string>(), .. s_otherFields];
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
                unused = unused.Concat(messages.EnumerateArray().SelectMany(m => UnusedFields(m, $"{path}.", ForeignMessage.FieldsOf(m))));
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

    /// <param name="root">The line.</param>
    /// <param name="answer">The field with the answer of a line without a rejected one; null for a pair.</param>
    /// <param name="source">"file.jsonl:3".</param>
    static (ForeignPreference?, string?) Trl(JsonElement root, string? answer, string source)
    {
        string? id = !root.TryGetProperty("id", out JsonElement name) ? null
            : name.ValueKind == JsonValueKind.String ? name.GetString()
            : name.ValueKind == JsonValueKind.Number ? name.GetRawText()
            : null;
        ForeignMessage[] system = SystemMessage(root);
        JsonElement chosen = Field(root, answer ?? "chosen", source);
        JsonElement? rejected = answer is null ? Field(root, "rejected", source) : null;
        ForeignMessage[]? prompt =
            answer != Messages && root.TryGetProperty("prompt", out JsonElement given) ? Prompted(given) : null;
        if (chosen.ValueKind == JsonValueKind.Array)
        {
            return Pair(id, system, prompt, ForeignMessage.List(chosen), rejected is { } list ? ForeignMessage.List(list) : null);
        }
        string good = ForeignMessage.Lines(chosen.GetString());
        string? bad = rejected is { } text ? ForeignMessage.Lines(text.GetString()) : null;
        if (prompt is null && ForeignMessage.Dialogue(good) is { } first)
        {
            ForeignMessage[]? second = bad is null ? null : ForeignMessage.Dialogue(bad);
            if (bad is null || second is not null)
            {
                return Pair(id, system, null, first, second);
            }
        }
        _ = prompt ?? throw new FormatException(
            $"{source}: the field 'prompt' is missing. Without it, the start of the response is unknown; only dialogues that begin "
                + "with 'Human:' are read without a prompt.");
        return Pair(
            id, system, prompt, [new("assistant", good, null)], bad is null ? null : [new("assistant", bad, null)]);
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

    /// <summary>
    /// Returns the pair of two conversations. Without a prompt, what both have in common is the prompt; of one conversation, everything but
    /// the last message.
    /// </summary>
    static (ForeignPreference?, string?) Pair(
        string? id, ForeignMessage[] system, ForeignMessage[]? prompt, ForeignMessage[] chosen, ForeignMessage[]? rejected)
    {
        if (prompt is null && rejected is not null && chosen.SequenceEqual(rejected))
        {
            return (null, ImportFault.Identical);
        }
        ForeignMessage[] asked = prompt
            ?? [.. rejected is null ? chosen.SkipLast(1) : chosen.Zip(rejected).TakeWhile(p => p.First == p.Second).Select(p => p.First)];
        ForeignMessage[][] sides = rejected is null ? [chosen] : [chosen, rejected];
        ForeignMessage[][] answers = [.. sides.Select(s => Answer(asked, s))];
        // An empty system message says nothing, and templates differ in how they render it.
        ForeignMessage[] all = [.. system, .. asked.Where(m => m.Role != "system" || !string.IsNullOrWhiteSpace(m.Text))];
        string? fault =
            asked.Concat(answers.SelectMany(a => a)).Select(m => m.Fault).FirstOrDefault(f => f is not null) is { } inMessage ? inMessage
            : sides.Any(s => s.Length == 0) ? ImportFault.NoAnswer
            : prompt is null && answers.Any(a => a.Length == 0) ? ImportFault.LongerConversation
            : answers.Any(a => a is [("user" or "system" or "tool", _, _), ..])
                ? rejected is null ? ImportFault.NoAnswer : ImportFault.DifferentPrompts
            : answers.Any(a => a.Length > 1) ? ImportFault.LongerConversation
            : answers.Any(a => a.Length == 0) ? ImportFault.NoAnswer
            : asked is [] ? rejected is null ? ImportFault.TurnOrder : ImportFault.DifferentPrompts
            : !IsConversation(all) ? all.Any(IsOfTools) ? ImportFault.ToolCalls : ImportFault.TurnOrder
            : rejected is not null && answers[1][0].ToolCalls is not null ? ImportFault.ToolCalls
            : null;
        if (fault is not null)
        {
            return (null, fault);
        }
        int question = Array.FindLastIndex(all, m => m.Role == "user");
        return (
            new(
                id, [.. all[..question].Select(m => m.ToTurn())], all[question].Text, answers[0][0].Text,
                rejected is null ? null : answers[1][0].Text)
            {
                ToolTurns = [.. all[(question + 1)..].Select(m => m.ToTurn())],
                ChosenCalls = answers[0][0].ToolCalls,
            },
            null);
    }

    /// <summary>
    /// Tells whether messages are at most one system message and then user and assistant in turn, with the user first and last. Calls of
    /// the assistant are followed by results of tools, which the assistant reads next.
    /// </summary>
    static bool IsConversation(ForeignMessage[] messages)
    {
        const string Call = "call";
        ForeignMessage[] turns = messages is [("system", _, _), .. var rest] ? rest : messages;
        string before = "assistant";
        foreach (ForeignMessage turn in turns)
        {
            bool follows = turn.Role switch
            {
                "user" => before == "assistant",
                "assistant" => before is "user" or "tool",
                "tool" => before is Call or "tool",
                _ => false,
            };
            if (!follows)
            {
                return false;
            }
            before = turn.ToolCalls is null ? turn.Role : Call;
        }
        return before is "user" or "tool";
    }

    static bool IsOfTools(ForeignMessage message) => message.Role == "tool" || message.ToolCalls is not null;

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

    static bool IsTrue(JsonElement root, string field) =>
        root.TryGetProperty(field, out JsonElement value) && value.ValueKind == JsonValueKind.True;

    static JsonElement Field(JsonElement root, string field, string source) =>
        root.ValueKind == JsonValueKind.Object && root.TryGetProperty(field, out JsonElement value)
            ? value
            : throw new FormatException(
                $"{source}: the field '{field}' is missing; expected prompt, chosen and rejected (TRL), prompt and completion or messages "
                    + "(supervised), conversations, or instruction with output or with chosen and rejected (LLaMA-Factory), messages "
                    + "and rejected_response (ms-swift), or input, preferred_output and non_preferred_output (OpenAI).");
}
