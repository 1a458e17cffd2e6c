using System.Text.Json;
using Farsight.Engine;

namespace Farsight.Alignment.Corpus.Reading;

/// <summary>Represents a JSON string with an escaped lone surrogate, which is not valid text.</summary>
sealed class BrokenEscapeException(string message, Exception cause) : Exception(message, cause);

/// <summary>Finds document and questions in the fields of a record.</summary>
/// <param name="format">One of the formats of records.</param>
/// <param name="field">Of the text.</param>
/// <param name="place">"'file', line 3", the beginning of every message.</param>
/// <param name="isTextOptional">An empty text is handed on for the caller to count, not an error.</param>
sealed class RecordShape(DocumentFormat format, string field, string place, bool isTextOptional)
{
    /// <summary>Returns the format whose fields a record has, or null.</summary>
    internal static DocumentFormat? Guess(JsonElement record, string field) =>
        Has(record, field, JsonValueKind.String) ? DocumentFormat.Field
        : Has(record, "conversations", JsonValueKind.Array) || Has(record, "messages", JsonValueKind.Array) ? DocumentFormat.Conversations
        : Has(record, "instruction", JsonValueKind.String) && Has(record, "output", JsonValueKind.String) ? DocumentFormat.Instruction
        : null;

    /// <summary>Creates the exception for a record that fits no format.</summary>
    internal static InputException Unknown(JsonElement record, string field, string place)
    {
        string[] texts =
        [
            .. record.EnumerateObject().Where(p => p.Value.ValueKind == JsonValueKind.String).Select(p => $"'{p.Name}'").Take(8),
        ];
        return new(
            texts.Length == 0
                ? $"{place}: the text field '{field}' is missing, and the record has no other text field."
                : $"{place}: the text field '{field}' is missing. Set the field to one of {string.Join(", ", texts)}.");
    }

    /// <summary>Reads the record.</summary>
    /// <returns>Text, questions, and whether there is a document at all: short instructions have none.</returns>
    /// <exception cref="InputException">A field is missing or of another type.</exception>
    /// <exception cref="BrokenEscapeException">A string is no text.</exception>
    internal (string Text, IReadOnlyList<QuestionAnswer> Questions, bool IsDocument) Read(JsonElement record) => format switch
    {
        DocumentFormat.Conversations => Conversation(record),
        DocumentFormat.Instruction => Instruction(record),
        _ => (Text(record, field, isTextOptional), [.. Questions(record)], true),
    };

    (string, IReadOnlyList<QuestionAnswer>, bool) Conversation(JsonElement record)
    {
        string name = record.TryGetProperty("conversations", out JsonElement turns) ? "conversations" : "messages";
        if (turns.ValueKind != JsonValueKind.Array && !record.TryGetProperty(name, out turns))
        {
            throw new InputException($"{place}: 'conversations' is missing; it must be an array of turns.");
        }
        (string Role, string Text)[] read = [.. turns.EnumerateArray().Select(t => Turn(t, name))];
        return DocumentTurns.Split([.. read.Where(t => t.Role != "system")]);
    }

    (string Role, string Text) Turn(JsonElement turn, string list)
    {
        if (turn.ValueKind != JsonValueKind.Object)
        {
            throw new InputException($"{place}: '{list}' must contain objects with 'role' and 'content'.");
        }
        // ShareGPT calls the fields "from" and "value".
        bool isOld = !turn.TryGetProperty("content", out _) && turn.TryGetProperty("value", out _);
        string role = Text(turn, isOld ? "from" : "role", isOptional: false);
        return (role is "human" ? "user" : role is "gpt" ? "assistant" : role, Text(turn, isOld ? "value" : "content", isOptional: true));
    }

    (string, IReadOnlyList<QuestionAnswer>, bool) Instruction(JsonElement record)
    {
        string instruction = Text(record, "instruction", isTextOptional), output = Text(record, "output", isTextOptional);
        string input = Has(record, "input", JsonValueKind.String) ? Text(record, "input", isOptional: true) : "";
        return !string.IsNullOrWhiteSpace(input)
            ? (input, DocumentTurns.Ask(instruction, output), true)
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
            throw new InputException($"{place}: 'questions' must be an array of objects with 'question' and 'answer'.");
        }
        foreach (JsonElement item in questions.EnumerateArray())
        {
            yield return item.ValueKind == JsonValueKind.Object
                ? new(Text(item, "question", isOptional: false), Text(item, "answer", isOptional: false))
                : throw new InputException($"{place}: 'questions' must contain objects with 'question' and 'answer'.");
        }
    }

    string Text(JsonElement owner, string name, bool isOptional)
    {
        if (!Has(owner, name, JsonValueKind.String))
        {
            throw new InputException($"{place}: the text field '{name}' is missing.");
        }
        string text;
        try
        {
            text = owner.GetProperty(name).GetString()!;
        }
        catch (InvalidOperationException e)
        {
            throw new BrokenEscapeException($"{place}: '{name}' contains an escape that is not a valid character.", e);
        }
        return isOptional || !string.IsNullOrWhiteSpace(text) ? text : throw new InputException($"{place}: '{name}' is empty.");
    }

    static bool Has(JsonElement record, string name, JsonValueKind kind) =>
        record.TryGetProperty(name, out JsonElement value) && value.ValueKind == kind;
}
