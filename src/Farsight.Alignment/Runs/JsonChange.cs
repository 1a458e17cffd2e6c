using System.Text.Json.Nodes;

namespace Farsight.Alignment.Runs;

/// <summary>Where two JSON trees differ.</summary>
/// <param name="Path">The keys to it, with points between them.</param>
/// <param name="Then">The value of the first tree, as JSON.</param>
/// <param name="Now">The value of the second.</param>
public sealed record JsonChange(string Path, string Then, string Now)
{
    /// <summary>
    /// The first difference, in the order of keys; null where there is none. A key that is missing is as good as one that is null.
    /// </summary>
    public static JsonChange? First(JsonNode? then, JsonNode? now) => First(then, now, "");

    static JsonChange? First(JsonNode? then, JsonNode? now, string path)
    {
        if (then is JsonObject a && now is JsonObject b)
        {
            return a.Select(p => p.Key).Union(b.Select(p => p.Key))
                .Select(key => First(a[key], b[key], path.Length == 0 ? key : $"{path}.{key}")).FirstOrDefault(c => c is not null);
        }
        return JsonNode.DeepEquals(then, now) ? null : new(path, then?.ToJsonString() ?? "null", now?.ToJsonString() ?? "null");
    }
}
