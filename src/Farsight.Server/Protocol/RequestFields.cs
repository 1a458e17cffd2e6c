using System.Globalization;
using System.Text.Json;

namespace Farsight.Server.Protocol;

/// <summary>Reads the fields of a JSON object, so that each is checked and none ignored. A field that is null counts as missing.</summary>
sealed class RequestFields
{
    readonly Dictionary<string, JsonElement> _left;
    readonly string _path;

    /// <summary>Starts reading an object.</summary>
    /// <param name="json">The object.</param>
    /// <param name="path">Where it stands in the request: "messages[0]"; empty for the request itself.</param>
    /// <exception cref="ApiException">It is no object.</exception>
    internal RequestFields(JsonElement json, string path = "")
    {
        _path = path;
        _left = json.ValueKind == JsonValueKind.Object
            ? json.EnumerateObject().ToDictionary(p => p.Name, p => p.Value, StringComparer.Ordinal)
            : throw new ApiException(
                400, $"{(path.Length == 0 ? "The request" : path)} is not a JSON object; send one.", path.Length == 0 ? null : path);
    }

    /// <summary>Returns a field; null where it is missing or null.</summary>
    internal JsonElement? Take(string name) =>
        _left.Remove(name, out JsonElement value) && value.ValueKind != JsonValueKind.Null ? value : null;

    /// <summary>Returns a field that must be there.</summary>
    internal JsonElement Require(string name, string expected) => Take(name) ?? throw Wrong(name, $"is missing; give {expected}");

    internal string? Text(string name) => Take(name) is not { } value ? null : AsText(name, value);

    internal bool? Switch(string name) => Take(name) switch
    {
        null => null,
        { ValueKind: JsonValueKind.True } => true,
        { ValueKind: JsonValueKind.False } => false,
        { } other => throw Wrong(name, $"is {Short(other)}; use true or false"),
    };

    /// <summary>Returns a number within bounds.</summary>
    internal double? Number(string name, double lowest, double highest, bool excludesLowest = false)
    {
        if (Take(name) is not { } value)
        {
            return null;
        }
        double number = value.ValueKind == JsonValueKind.Number ? value.GetDouble() : double.NaN;
        string bounds = excludesLowest ? $"above {Text(lowest)} and up to {Text(highest)}" : $"from {Text(lowest)} to {Text(highest)}";
        return number <= highest && (excludesLowest ? number > lowest : number >= lowest)
            ? number
            : throw Wrong(name, $"is {Short(value)}; use a number {bounds}");

        static string Text(double bound) => bound.ToString(CultureInfo.InvariantCulture);
    }

    /// <summary>Returns a whole number within bounds; 16.0 counts as whole.</summary>
    internal long? Whole(string name, long lowest, long highest) => Take(name) is { } value ? AsWhole(name, value, lowest, highest) : null;

    internal long AsWhole(string name, JsonElement value, long lowest, long highest)
    {
        bool isWhole = value.ValueKind == JsonValueKind.Number;
        long number = 0;
        if (isWhole && !value.TryGetInt64(out number))
        {
            isWhole = value.TryGetDouble(out double real) && real == Math.Floor(real) && Math.Abs(real) < 1L << 53;
            number = isWhole ? (long)real : 0;
        }
        return isWhole && number >= lowest && number <= highest
            ? number
            : throw Wrong(name, $"is {Short(value)}; use a whole number from {lowest} to {highest}");
    }

    internal string AsText(string name, JsonElement value) =>
        value.ValueKind == JsonValueKind.String ? value.GetString()! : throw Wrong(name, $"is {Short(value)}; use text");

    /// <summary>Returns the items of a list; null where the field is missing.</summary>
    internal JsonElement[]? List(string name, int most) => Take(name) switch
    {
        null => null,
        { ValueKind: JsonValueKind.Array } list when list.GetArrayLength() <= most => [.. list.EnumerateArray()],
        { ValueKind: JsonValueKind.Array } list => throw Wrong(name, $"has {list.GetArrayLength()} items; use at most {most}"),
        { } other => throw Wrong(name, $"is {Short(other)}; use a list"),
    };

    /// <summary>Accepts fields that have no effect on the answer, whatever their value.</summary>
    internal void Accept(params string[] names) => Array.ForEach(names, n => _left.Remove(n));

    /// <summary>Accepts a field only with the value that changes nothing.</summary>
    internal void AcceptOnly(string name, string accepted, Func<JsonElement, bool> changesNothing)
    {
        if (Take(name) is { } value && !changesNothing(value))
        {
            throw Wrong(name, $"is {Short(value)}, which is not supported; leave it out or use {accepted}");
        }
    }

    /// <summary>Refuses fields of OpenAI's interface that are not supported, unless they are null.</summary>
    internal void Refuse(params string[] names)
    {
        foreach (string name in names)
        {
            if (Take(name) is not null)
            {
                throw Wrong(name, "is not supported; leave it out");
            }
        }
    }

    /// <summary>Refuses fields that were not read.</summary>
    internal void Done()
    {
        if (_left.Keys.FirstOrDefault() is { } unknown)
        {
            throw Wrong(unknown.Length > 80 ? unknown[..80] + "…" : unknown, "is not a known field; leave it out");
        }
    }

    /// <summary>Creates the refusal of a field.</summary>
    internal ApiException Wrong(string name, string problem) => new(400, $"{PathOf(name)} {problem}.", PathOf(name));

    /// <summary>Returns where a field stands in the request: "messages[0].role".</summary>
    internal string PathOf(string name) => _path.Length == 0 ? name : $"{_path}.{name}";

    /// <summary>Returns a value for a message: text only as its kind, because a message can reach a log.</summary>
    internal static string Short(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.String => "a text",
        JsonValueKind.Array => "a list",
        JsonValueKind.Object => "an object",
        JsonValueKind.Number => value.GetRawText() is { Length: <= 40 } number ? number : "a number of many digits",
        _ => value.GetRawText(),
    };
}
