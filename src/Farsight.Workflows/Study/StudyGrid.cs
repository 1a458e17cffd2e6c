using System.Text.Json.Nodes;

namespace Farsight.Workflows.Study;

/// <summary>Variants of every combination of some values.</summary>
static class StudyGrid
{
    /// <summary>The combinations, the last key fastest.</summary>
    internal static IEnumerable<StudyVariant> Variants(JsonObject? grid)
    {
        if (grid is null)
        {
            return [];
        }
        IEnumerable<(string Name, JsonObject Set)> all = [("", [])];
        foreach ((string key, JsonNode? values) in grid)
        {
            all = [.. from one in all from value in values!.AsArray() select With(one, key, value)];
        }
        return all.Select(v => new StudyVariant { Name = v.Name, Set = v.Set });
    }

    internal static IEnumerable<string> Problems(string path, JsonObject? grid) =>
        from pair in grid?.AsEnumerable() ?? []
        where pair.Value is not JsonArray { Count: > 0 }
        select $"{path}.{pair.Key}: it is no list of values; write them as [0.1, 1].";

    static (string, JsonObject) With((string Name, JsonObject Set) one, string key, JsonNode? value)
    {
        JsonObject set = one.Set.DeepClone().AsObject();
        set[key] = value?.DeepClone();
        return ($"{(one.Name.Length > 0 ? $"{one.Name}, " : "")}{key.Split('.')[^1]} {Shown(value)}", set);
    }

    /// <summary>An object by its name, where it has one.</summary>
    static string Shown(JsonNode? value) => value switch
    {
        null => "none",
        JsonObject named when named.FirstOrDefault(p => p.Key is "name" or "scheme").Value is JsonValue name => name.ToString(),
        JsonValue plain => plain.ToString(),
        _ => value.ToJsonString(),
    };
}
