using System.Text;
using System.Text.Json;
using Farsight.Engine;
using Farsight.Engine.Files;

namespace Farsight.Text.Tokenizers;

/// <summary>Reads fields of a tokenizer.json, or throws an <see cref="InputException"/> that names the file and the field.</summary>
/// <param name="name">The file's name, for messages.</param>
sealed class TokenizerJson(string name)
{
    static readonly string[] s_otherForms = ["vocab.json", "vocab.txt", "spiece.model", "tekken.json"];

    internal InputException Damaged(string what) => new($"'{name}' is damaged: {what}; get the file again.");

    internal InputException Unsupported(string what) =>
        new($"'{name}': {what} is not supported; use a model with a byte-level or SentencePiece-style tokenizer.");

    /// <summary>Returns the content of a file, without a byte order mark.</summary>
    internal static ReadOnlyMemory<byte> ReadFile(string file)
    {
        try
        {
            byte[] bytes = RegularFile.ReadAllBytes(file);
            GitLfsPointer.Refuse(file, bytes);
            return bytes.AsMemory(bytes.AsSpan().StartsWith(Encoding.UTF8.Preamble) ? 3 : 0);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new InputException($"The tokenizer '{file}' cannot be read: {e.Message}{OtherForm(file)}", e);
        }
    }

    /// <summary>Returns the command that makes a tokenizer.json of a tokenizer in another form.</summary>
    internal static string Conversion(string file)
    {
        string folder = Path.GetDirectoryName(file) is { Length: > 0 } named ? named : ".";
        return "python -c \"from transformers import AutoTokenizer; "
            + $"AutoTokenizer.from_pretrained('{folder}').save_pretrained('{folder}')\"";
    }

    /// <summary>Names the conversion if the folder of a missing tokenizer.json has the tokenizer in another form.</summary>
    static string OtherForm(string file)
    {
        string folder = Path.GetDirectoryName(file) ?? "";
        string? other = File.Exists(file) ? null : s_otherForms.FirstOrDefault(f => File.Exists(Path.Combine(folder, f)));
        return other is null ? "" : $" The folder has {other}, which is not read. Convert it: {Conversion(file)}";
    }

    internal JsonDocument Parse(ReadOnlyMemory<byte> bytes)
    {
        try
        {
            return JsonDocument.Parse(bytes);
        }
        catch (JsonException e)
        {
            throw Damaged($"it is not JSON (line {e.LineNumber + 1}, byte {e.BytePositionInLine})");
        }
    }

    /// <summary>Returns the field, or null when it is missing or null.</summary>
    internal JsonElement? Optional(JsonElement owner, string field) =>
        owner.ValueKind != JsonValueKind.Object ? throw Damaged($"expected an object with '{field}'")
        : owner.TryGetProperty(field, out JsonElement value) && value.ValueKind != JsonValueKind.Null ? value
        : null;

    internal JsonElement Required(JsonElement owner, string field) => Optional(owner, field) ?? throw Damaged($"'{field}' is missing");

    internal JsonElement Object(JsonElement owner, string field) =>
        Required(owner, field) is { ValueKind: JsonValueKind.Object } value ? value : throw Damaged($"'{field}' is not an object");

    internal JsonElement.ArrayEnumerator Array(JsonElement owner, string field) =>
        Required(owner, field) is { ValueKind: JsonValueKind.Array } value
            ? value.EnumerateArray()
            : throw Damaged($"'{field}' is not an array");

    internal JsonElement.ArrayEnumerator OptionalArray(JsonElement owner, string field) =>
        Optional(owner, field) is null ? default : Array(owner, field);

    internal string Text(JsonElement owner, string field) =>
        Required(owner, field) is { ValueKind: JsonValueKind.String } value ? Value(value) : throw Damaged($"'{field}' is not a text");

    internal bool Flag(JsonElement owner, string field, bool missing) =>
        Optional(owner, field)?.ValueKind switch
        {
            null => missing,
            JsonValueKind.True => true,
            JsonValueKind.False => false,
            _ => throw Damaged($"'{field}' is neither true nor false"),
        };

    /// <summary>Returns the <c>type</c> of a component.</summary>
    internal string Type(JsonElement component, string what) =>
        component.ValueKind == JsonValueKind.Object ? Text(component, "type") : throw Damaged($"'{what}' is not an object");

    /// <summary>Returns a number of at least 0.</summary>
    internal int Number(JsonElement owner, string field) =>
        Required(owner, field) is { ValueKind: JsonValueKind.Number } value && value.TryGetInt32(out int number) && number >= 0
            ? number : throw Damaged($"'{field}' is not a number of at least 0");

    internal int Id(JsonElement value, string what, int largest) =>
        value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out int id) && id >= 0 && id <= largest
            ? id : throw Damaged($"{what} has no id between 0 and {largest}");

    internal string Value(JsonElement text) => Readable(text.GetString);

    internal string Name(JsonProperty property) => Readable(() => property.Name);

    string Readable(Func<string?> read)
    {
        try
        {
            return read()!;
        }
        catch (InvalidOperationException) // bytes that are not UTF-8, or half of a surrogate pair
        {
            throw Damaged("it holds a text that is not Unicode");
        }
    }
}
