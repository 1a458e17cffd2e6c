using System.Globalization;
using System.Text.Json;
using System.Text.Unicode;
using Farsight.Engine.Files;

namespace Farsight.Engine.Checkpoints;

/// <summary>Reads the keys of a JSON object; errors name the file, the key and the value.</summary>
/// <remarks>null counts as absent, as in Python's configurations.</remarks>
sealed class ConfigReader
{
    static readonly JsonDocumentOptions s_options = new() { AllowDuplicateProperties = false };

    readonly string _path;
    readonly string _prefix;

    ConfigReader(string path, JsonElement root, string prefix) => (_path, Root, _prefix) = (path, root, prefix);

    internal JsonElement Root { get; }

    internal static ConfigReader Open(string path)
    {
        try
        {
            byte[] bytes = RegularFile.ReadAllBytes(path);
            GitLfsPointer.Refuse(path, bytes);
            CheckText(bytes, path);
            using JsonDocument document = JsonDocument.Parse(bytes, s_options);
            return document.RootElement.ValueKind == JsonValueKind.Object
                ? new(path, document.RootElement.Clone(), "")
                : throw new InputException($"{path} is not a JSON object; download it again.");
        }
        catch (JsonException e)
        {
            throw new InputException(
                e.LineNumber is { } line
                    ? $"{path} is not valid JSON (line {line + 1}); download it again."
                    : $"{path} contains the key {RepeatedKey(RegularFile.ReadAllBytes(path))} twice; keep one of the two.",
                e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw RegularFile.Refusal(path, e);
        }
    }

    // Names and texts are read in many places, which expect valid characters.
    static void CheckText(ReadOnlySpan<byte> json, string path)
    {
        Utf8JsonReader reader = new(json);
        bool isSound = Utf8.IsValid(json);
        while (isSound && reader.Read())
        {
            if (reader.TokenType is JsonTokenType.PropertyName or JsonTokenType.String && reader.ValueIsEscaped)
            {
                isSound = !HasHalfCharacter(ref reader);
            }
        }
        if (!isSound)
        {
            throw new InputException($"{path} contains invalid Unicode; download it again.");
        }
    }

    static string RepeatedKey(ReadOnlySpan<byte> json)
    {
        Utf8JsonReader reader = new(json);
        Stack<HashSet<string>> objects = new();
        while (reader.Read())
        {
            if (reader.TokenType == JsonTokenType.StartObject)
            {
                objects.Push(new(StringComparer.Ordinal));
            }
            else if (reader.TokenType == JsonTokenType.EndObject)
            {
                objects.Pop();
            }
            else if (reader.TokenType == JsonTokenType.PropertyName && !objects.Peek().Add(reader.GetString()!))
            {
                return reader.GetString()!;
            }
        }
        return "";
    }

    static bool HasHalfCharacter(ref Utf8JsonReader reader)
    {
        try
        {
            _ = reader.GetString();
            return false;
        }
        catch (InvalidOperationException) // half a surrogate pair
        {
            return true;
        }
    }

    /// <summary>Returns a reader of other keys at the same place of the same file.</summary>
    internal ConfigReader With(JsonElement root) => new(_path, root, _prefix);

    internal bool Has(string key) => Root.TryGetProperty(key, out JsonElement value) && value.ValueKind != JsonValueKind.Null;

    internal JsonElement? Element(string key) => Has(key) ? Root.GetProperty(key) : null;

    internal ConfigReader? Object(string key) => Element(key) switch
    {
        null => null,
        { ValueKind: JsonValueKind.Object } value => new(_path, value, $"{_prefix}{key}."),
        _ => throw Invalid(key, "it must be an object"),
    };

    internal int Int(string key, int min, int max, int? absent = null) => Element(key) is not { } value
        ? absent ?? throw Missing(key)
        : value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out int number) && number >= min && number <= max
            ? number
            : throw Invalid(key, $"it must be a whole number from {min} to {max}");

    internal double Double(string key, double min, double max, double? absent = null) => Element(key) is not { } value
        ? absent ?? throw Missing(key)
        : value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out double number) && number >= min && number <= max
            ? number
            : throw Invalid(key, string.Create(CultureInfo.InvariantCulture, $"it must be a number from {min} to {max}"));

    internal IReadOnlyList<double> Doubles(string key, int count, double min, double max)
    {
        double[] values = Element(key) switch
        {
            null => throw Missing(key),
            { ValueKind: JsonValueKind.Array } list when list.GetArrayLength() == count =>
            [
                .. list.EnumerateArray()
                    .Select(e => e.ValueKind == JsonValueKind.Number && e.TryGetDouble(out double number) ? number : double.NaN),
            ],
            _ => [],
        };
        return values.Length == count && values.All(v => v >= min && v <= max)
            ? values
            : throw Invalid(key, string.Create(CultureInfo.InvariantCulture, $"it must be a list of {count} numbers from {min} to {max}"));
    }

    /// <summary>Reads a list of whole numbers; null if it is absent.</summary>
    internal IReadOnlyList<int>? Ints(string key, int min, int max)
    {
        if (Element(key) is not { } value)
        {
            return null;
        }
        List<int> numbers = [];
        foreach (JsonElement element in value.ValueKind == JsonValueKind.Array ? value.EnumerateArray() : throw Unlisted())
        {
            numbers.Add(
                element.ValueKind == JsonValueKind.Number && element.TryGetInt32(out int number) && number >= min && number <= max
                    ? number
                    : throw Unlisted());
        }
        return numbers;

        InputException Unlisted() => Invalid(key, $"it must be a list of whole numbers from {min} to {max}");
    }

    internal bool Bool(string key, bool absent) => Element(key)?.ValueKind switch
    {
        null => absent,
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        _ => throw Invalid(key, "it must be true or false"),
    };

    internal string String(string key, string? absent = null) => Element(key) switch
    {
        null => absent ?? throw Missing(key),
        { ValueKind: JsonValueKind.String } value => value.GetString()!,
        _ => throw Invalid(key, "it must be a string"),
    };

    internal IReadOnlyList<string> Strings(string key, bool required) => Element(key) switch
    {
        null => required ? throw Missing(key) : [],
        { ValueKind: JsonValueKind.Array } list when list.EnumerateArray().All(e => e.ValueKind == JsonValueKind.String) =>
            [.. list.EnumerateArray().Select(e => e.GetString()!)],
        _ => throw Invalid(key, "it must be a list of strings"),
    };

    internal InputException Missing(string key) => new($"{_path}: {_prefix}{key} is missing; use the file that belongs to the weights.");

    internal InputException Invalid(string key, string wanted) =>
        new($"{_path}: {_prefix}{key} is {Shortened(key)}; {wanted}.");

    string Shortened(string key)
    {
        const int Enough = 60;
        string raw = Element(key)?.GetRawText().ReplaceLineEndings(" ") ?? "absent";
        return raw.Length <= Enough ? raw : raw[..Enough] + "…";
    }
}
