using System.Text.Json.Nodes;

namespace Farsight.Alignment.Runs;

/// <summary>Represents a difference between two JSON trees.</summary>
/// <param name="Path">Path of keys, separated by dots.</param>
/// <param name="Then">Value of the first tree, as JSON.</param>
/// <param name="Now">Value of the second tree, as JSON.</param>
public sealed record JsonChange(string Path, string Then, string Now)
{
    /// <summary>
    /// Returns the first difference in the order of keys; null for none. A missing key equals null.
    /// </summary>
    public static JsonChange? First(JsonNode? then, JsonNode? now) => All(then, now).FirstOrDefault();

    /// <summary>Yields every difference in the order of keys. A missing key equals null.</summary>
    public static IEnumerable<JsonChange> All(JsonNode? then, JsonNode? now) => All(then, now, "");

    static IEnumerable<JsonChange> All(JsonNode? then, JsonNode? now, string path)
    {
        if (then is JsonObject a && now is JsonObject b)
        {
            return a.Select(p => p.Key).Union(b.Select(p => p.Key))
                .SelectMany(key => All(a[key], b[key], path.Length == 0 ? key : $"{path}.{key}"));
        }
        return JsonNode.DeepEquals(then, now) ? [] : [new(path, then?.ToJsonString() ?? "null", now?.ToJsonString() ?? "null")];
    }
}
