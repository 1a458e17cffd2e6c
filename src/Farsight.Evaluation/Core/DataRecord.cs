using System.Globalization;
using System.Text.Json;
using Farsight.Engine;

namespace Farsight.Evaluation.Core;

/// <summary>Reads a JSON object of a benchmark's data file; messages about missing values give its place.</summary>
/// <param name="json">The object.</param>
/// <param name="place">File and number, for messages.</param>
sealed class DataRecord(JsonElement json, string place)
{
    /// <summary>Returns the lines of a JSONL file, or the elements of a JSON array, whichever the file is.</summary>
    /// <exception cref="InputException">The file is missing or damaged.</exception>
    internal static IEnumerable<DataRecord> Of(EvalData data, string path) =>
        (path.EndsWith(".json", StringComparison.Ordinal) ? Elements(data.ReadJson(path), path) : data.ReadJsonLines(path))
            .Select((e, i) => new DataRecord(e, string.Create(CultureInfo.InvariantCulture, $"{path}, record {i + 1}")));

    /// <summary>The object itself.</summary>
    internal JsonElement Json => json;

    /// <summary>Returns whether the key exists and is not null.</summary>
    internal bool Has(string key) => Value(key) is not null;

    /// <summary>Returns a text, or a number as it stands.</summary>
    /// <exception cref="InputException">It is missing or neither.</exception>
    internal string Text(string key) =>
        Value(key) is { ValueKind: JsonValueKind.String or JsonValueKind.Number } value ? Text(value) : throw Lacks($"a text '{key}'");

    /// <summary>Returns a whole number.</summary>
    /// <exception cref="InputException">It is missing or none.</exception>
    internal int Number(string key) =>
        int.TryParse(Text(key), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int value)
            ? value
            : throw Lacks($"a whole number '{key}'");

    /// <summary>Returns a list of texts or numbers; a single one is a list of one.</summary>
    /// <exception cref="InputException">It is missing or of another kind.</exception>
    internal IReadOnlyList<string> Texts(string key) =>
        Value(key) switch
        {
            { ValueKind: JsonValueKind.Array } list
                when list.EnumerateArray().All(e => e.ValueKind is JsonValueKind.String or JsonValueKind.Number) =>
            [
                .. list.EnumerateArray().Select(Text),
            ],
            { ValueKind: JsonValueKind.String or JsonValueKind.Number } one => [Text(one)],
            _ => throw Lacks($"a list of texts '{key}'"),
        };

    /// <summary>Returns a list of objects.</summary>
    /// <exception cref="InputException">It is missing or of another kind.</exception>
    internal IReadOnlyList<DataRecord> Records(string key) =>
        Value(key) is { ValueKind: JsonValueKind.Array } list
            ? [.. list.EnumerateArray().Select(e => new DataRecord(e, place))]
            : throw Lacks($"a list '{key}'");

    /// <summary>Gets the problem of the record.</summary>
    internal InputException Lacks(string what) => new($"{place} lacks {what}; get the file again ('farsight eval data' shows where).");

    static JsonElement.ArrayEnumerator Elements(JsonElement array, string path) =>
        array.ValueKind == JsonValueKind.Array
            ? array.EnumerateArray()
            : throw new InputException($"{path} is not a JSON array; get the file again ('farsight eval data' shows where).");

    static string Text(JsonElement value) => value.ValueKind == JsonValueKind.String ? value.GetString()! : value.GetRawText();

    JsonElement? Value(string key) =>
        json.ValueKind == JsonValueKind.Object && json.TryGetProperty(key, out JsonElement value) && value.ValueKind != JsonValueKind.Null
            ? value
            : null;
}
