using System.Text.Json;

namespace Farsight.Alignment.Corpus.Reading;

/// <summary>Represents a record from which no document can be read, although it is valid JSON.</summary>
/// <param name="reason">The <see cref="DropReason"/>.</param>
/// <param name="message">The problem with its place.</param>
/// <param name="cause">The exception behind the problem; null for none.</param>
sealed class RecordFaultException(string reason, string message, Exception? cause = null) : Exception(message, cause)
{
    /// <summary>Gets the <see cref="DropReason"/>.</summary>
    internal string Reason => reason;
}

/// <summary>Finds document and questions in the fields of a record.</summary>
/// <param name="format">One of the formats of records.</param>
/// <param name="field">Name of the text's field.</param>
/// <param name="place">"'file', line 3", the beginning of every message.</param>
/// <param name="isTextOptional">An empty text is handed on for the caller to count, not an error.</param>
sealed class RecordShape(DocumentFormat format, string field, string place, bool isTextOptional)
{
    /// <summary>Returns the format whose fields a record has, or null.</summary>
    internal static DocumentFormat? Guess(JsonElement record, string field) =>
        Has(record, field, JsonValueKind.String) || Has(record, field, JsonValueKind.Null) ? DocumentFormat.Field
        : Has(record, "conversations", JsonValueKind.Array) || Has(record, "messages", JsonValueKind.Array) ? DocumentFormat.Conversations
        : Has(record, "instruction", JsonValueKind.String) && Has(record, "output", JsonValueKind.String) ? DocumentFormat.Instruction
        : null;

    /// <summary>Creates the exception for a record that fits no format.</summary>
    internal static RecordFaultException Unknown(JsonElement record, string field, string place)
    {
        string[] texts =
        [
            .. record.EnumerateObject().Where(p => p.Value.ValueKind == JsonValueKind.String).Select(p => $"'{p.Name}'").Take(8),
        ];
        return new(
            DropReason.Malformed,
            texts.Length == 0
                ? $"{place}: the text field '{field}' is missing, and the record has no other text field."
                : $"{place}: the text field '{field}' is missing. Set the field to one of {string.Join(", ", texts)}.");
    }

    /// <summary>Reads the record.</summary>
    /// <exception cref="RecordFaultException">A field is missing, null or of another type, or a string is not valid text.</exception>
    internal SplitDocument Read(JsonElement record) => format switch
    {
        DocumentFormat.Conversations => Conversation(record),
        DocumentFormat.Instruction => Instruction(record),
        _ => new(Text(record, field, isTextOptional), [.. Questions(record)], true, []),
    };

    SplitDocument Conversation(JsonElement record)
    {
        string name = record.TryGetProperty("conversations", out JsonElement turns) ? "conversations" : "messages";
        if (turns.ValueKind != JsonValueKind.Array && !record.TryGetProperty(name, out turns))
        {
            throw Malformed($"{place}: 'conversations' is missing; it must be an array of turns.");
        }
        if (turns.ValueKind == JsonValueKind.Null)
        {
            throw new RecordFaultException(DropReason.NoText, $"{place}: '{name}' is null.");
        }
        return DocumentTurns.Split([.. turns.EnumerateArray().Select(t => Turn(t, name))]);
    }

    (string Role, string Text) Turn(JsonElement turn, string list)
    {
        if (turn.ValueKind != JsonValueKind.Object)
        {
            throw Malformed($"{place}: '{list}' must contain objects with 'role' and 'content'.");
        }
        // ShareGPT calls the fields "from" and "value".
        bool isOld = !turn.TryGetProperty("content", out _) && turn.TryGetProperty("value", out _);
        string role = Text(turn, isOld ? "from" : "role", isOptional: false);
        return (role is "human" ? "user" : role is "gpt" ? "assistant" : role, Text(turn, isOld ? "value" : "content", isOptional: true));
    }

    SplitDocument Instruction(JsonElement record)
    {
        string instruction = Text(record, "instruction", isTextOptional), output = Text(record, "output", isTextOptional);
        string input = Has(record, "input", JsonValueKind.String) ? Text(record, "input", isOptional: true) : "";
        return !string.IsNullOrWhiteSpace(input)
            ? new(input, DocumentTurns.Ask(instruction, output), true, [])
            : DocumentTurns.SplitInstruction(instruction, output);
    }

    IEnumerable<QuestionAnswer> Questions(JsonElement document)
    {
        if (!document.TryGetProperty("questions", out JsonElement questions))
        {
            yield break;
        }
        if (questions.ValueKind != JsonValueKind.Array)
        {
            throw Malformed($"{place}: 'questions' must be an array of objects with 'question' and 'answer'.");
        }
        foreach (JsonElement item in questions.EnumerateArray())
        {
            yield return item.ValueKind == JsonValueKind.Object
                ? new(Text(item, "question", isOptional: false), Text(item, "answer", isOptional: false))
                : throw Malformed($"{place}: 'questions' must contain objects with 'question' and 'answer'.");
        }
    }

    string Text(JsonElement owner, string name, bool isOptional)
    {
        if (!Has(owner, name, JsonValueKind.String))
        {
            throw Has(owner, name, JsonValueKind.Null)
                ? new RecordFaultException(DropReason.NoText, $"{place}: the text field '{name}' is null.")
                : Malformed($"{place}: the text field '{name}' is missing.");
        }
        string text;
        try
        {
            text = owner.GetProperty(name).GetString()!;
        }
        catch (InvalidOperationException e)
        {
            throw new RecordFaultException(
                DropReason.Garbled, $"{place}: '{name}' contains an escape that is not a valid character.", e);
        }
        return isOptional || !string.IsNullOrWhiteSpace(text) ? text : throw Malformed($"{place}: '{name}' is empty.");
    }

    static RecordFaultException Malformed(string message) => new(DropReason.Malformed, message);

    static bool Has(JsonElement record, string name, JsonValueKind kind) =>
        record.TryGetProperty(name, out JsonElement value) && value.ValueKind == kind;
}
