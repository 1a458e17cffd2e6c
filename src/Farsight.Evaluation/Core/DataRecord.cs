using System.Globalization;
using System.Text.Json;
using Farsight.Engine;

namespace Farsight.Evaluation.Core;

/// <summary>Reads the JSON of a benchmark's data file; messages about missing values give their place.</summary>
/// <remarks>Every method throws an <see cref="InputException"/> where the value is missing, null or of another kind.</remarks>
/// <param name="json">An object, a list, a text or a number.</param>
/// <param name="place">File and number, for messages.</param>
sealed class DataRecord(JsonElement json, string place)
{
    /// <summary>Whether this is a text or a number.</summary>
    internal bool IsText => json.ValueKind is JsonValueKind.String or JsonValueKind.Number;

    /// <summary>Whether this is a number.</summary>
    internal bool IsNumber => json.ValueKind == JsonValueKind.Number;

    /// <summary>Whether this is a list.</summary>
    internal bool IsList => json.ValueKind == JsonValueKind.Array;

    /// <summary>The text, or anything else as JSON.</summary>
    internal string Raw => json.ValueKind == JsonValueKind.String ? json.GetString()! : json.GetRawText();

    /// <summary>Returns the lines of a JSONL file, or the elements of a JSON array, whichever the file is.</summary>
    /// <exception cref="InputException">The file is missing or damaged.</exception>
    internal static IEnumerable<DataRecord> Of(EvalData data, string path) =>
        (path.EndsWith(".json", StringComparison.Ordinal) ? Elements(data.ReadJson(path), path) : data.ReadJsonLines(path))
            .Select((e, i) => new DataRecord(e, string.Create(CultureInfo.InvariantCulture, $"{path}, record {i + 1}")));

    /// <summary>Returns a JSON file as one record.</summary>
    /// <exception cref="InputException">The file is missing or damaged.</exception>
    internal static DataRecord OfFile(EvalData data, string path) => new(data.ReadJson(path), path);

    /// <summary>Returns whether the key exists and is not null.</summary>
    internal bool Has(string key) => Value(key) is not null;

    /// <summary>Returns the value of a key, whatever it is.</summary>
    internal DataRecord Inner(string key) => Value(key) is { } value ? new(value, $"{place}, '{key}'") : throw Lacks($"'{key}'");

    /// <summary>Returns this text, or this number as it stands.</summary>
    internal string Text() => IsText ? Raw : throw IsNot("a text");

    /// <summary>Returns a text, or a number as it stands.</summary>
    internal string Text(string key) => Of(key) is { IsText: true } value ? value.Raw : throw Lacks($"the text '{key}'");

    /// <summary>Returns a whole number.</summary>
    internal int Number(string key) =>
        Of(key) is { IsText: true } value
        && int.TryParse(value.Raw, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int number)
            ? number
            : throw Lacks($"the whole number '{key}'");

    /// <summary>Returns a number.</summary>
    internal double Real(string key) =>
        Of(key) is { IsText: true } value && double.TryParse(value.Raw, NumberStyles.Float, CultureInfo.InvariantCulture, out double number)
            ? number
            : throw Lacks($"the number '{key}'");

    /// <summary>Returns true or false.</summary>
    internal bool Flag(string key) => Value(key)?.ValueKind switch
    {
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        _ => throw Lacks($"'{key}', true or false"),
    };

    /// <summary>Returns this list of texts or numbers; a single one is a list of one.</summary>
    internal IReadOnlyList<string> Texts() => TextsOrNull() ?? throw IsNot("a list of texts");

    /// <summary>Returns a list of texts or numbers; a single one is a list of one.</summary>
    internal IReadOnlyList<string> Texts(string key) => Of(key)?.TextsOrNull() ?? throw Lacks($"the list of texts '{key}'");

    /// <summary>Returns a list of texts or numbers with at least one element; a single one is a list of one.</summary>
    internal IReadOnlyList<string> SomeTexts(string key) =>
        Texts(key) is { Count: > 0 } texts ? texts : throw Lacks($"an element of the list '{key}'");

    /// <summary>Returns the elements of this list.</summary>
    internal IReadOnlyList<DataRecord> Items() =>
        IsList ? [.. json.EnumerateArray().Select((e, i) => new DataRecord(e, Numbered(i)))] : throw IsNot("a list");

    /// <summary>Returns the elements of a list.</summary>
    internal IReadOnlyList<DataRecord> Records(string key) =>
        Of(key) is { } list && list.IsList ? list.Items() : throw Lacks($"the list '{key}'");

    /// <summary>Returns the values of this object with their names, in their order.</summary>
    internal IReadOnlyList<(string Name, DataRecord Value)> Fields() =>
        json.ValueKind == JsonValueKind.Object
            ? [.. json.EnumerateObject().Select(p => (p.Name, new DataRecord(p.Value, $"{place}, '{p.Name}'")))]
            : throw IsNot("an object");

    /// <summary>Returns the texts or numbers of this object with their names, in their order.</summary>
    internal IReadOnlyList<(string Name, string Value)> TextFields() => [.. Fields().Select(f => (f.Name, f.Value.Text()))];

    /// <summary>Creates the exception for a record that lacks something.</summary>
    internal InputException Lacks(string what) => new($"{place} lacks {what}; {EvalData.Advice}.");

    string Numbered(int index) => string.Create(CultureInfo.InvariantCulture, $"{place}, {index + 1}");

    InputException IsNot(string what) => new($"{place} is not {what}; {EvalData.Advice}.");

    IReadOnlyList<string>? TextsOrNull() =>
        IsText ? [Raw]
        : IsList && Items() is var items && items.All(i => i.IsText) ? [.. items.Select(i => i.Raw)]
        : null;

    static JsonElement.ArrayEnumerator Elements(JsonElement array, string path) =>
        array.ValueKind == JsonValueKind.Array
            ? array.EnumerateArray()
            : throw new InputException($"{path} is not a JSON array; {EvalData.Advice}.");

    DataRecord? Of(string key) => Value(key) is { } value ? new(value, $"{place}, '{key}'") : null;

    JsonElement? Value(string key) =>
        json.ValueKind == JsonValueKind.Object && json.TryGetProperty(key, out JsonElement value) && value.ValueKind != JsonValueKind.Null
            ? value
            : null;
}
