using System.Text.Json.Nodes;
using Farsight.Alignment.Recipes;
using Farsight.Evaluation.Core;

namespace Farsight.Workflows.Study;

/// <summary>Represents one of the models that a study compares.</summary>
public sealed record StudyVariant
{
    /// <summary>Name in tables; the folder name is derived from it.</summary>
    public required string Name { get; init; }

    /// <summary>Whether the variant is trained. False measures the base model itself, once.</summary>
    public bool Train { get; init; } = true;

    /// <summary>
    /// Name of an earlier trained variant whose model, trained with the same seed, this variant starts from. Optional; null for the base
    /// model of the recipe.
    /// </summary>
    public string? After { get; init; }

    /// <summary>RoPE scaling of an untrained variant, for example "yarn:8". Optional; null keeps the model's own.</summary>
    public string? Rope { get; init; }

    /// <summary>
    /// Positions at which this variant is measured, in place of those of each measurement: "randpos:LENGTH", or "plain". Optional.
    /// </summary>
    public string? Positions { get; init; }

    /// <summary>
    /// Method that reads long contexts without training, for example "gemfilter:keep=256", in place of that of each measurement. Optional.
    /// </summary>
    public string? ContextMethod { get; init; }

    /// <summary>Changes of the base recipe, applied after the changes for all variants. Optional.</summary>
    public JsonObject? Set { get; init; }

    /// <summary>Returns the problems of the settings, each of the form "path.key: what is wrong; what to do".</summary>
    internal IEnumerable<string> Problems(string path)
    {
        if (string.IsNullOrWhiteSpace(Name))
        {
            yield return $"{path}.name: it is empty; write a name.";
        }
        if (Train && Rope is not null)
        {
            yield return $"{path}.rope: it applies to untrained variants only; write \"set\": {{ \"rope\": … }}, or \"train\": false.";
        }
        if (!Train && After is not null)
        {
            yield return $"{path}.after: it has no effect on an untrained variant; remove it, or train the variant.";
        }
        if (!Train && Set is not null)
        {
            yield return $"{path}.set: it has no effect on an untrained variant; remove it, or train the variant.";
        }
        if (!EvalDecoding.HasKnownPositions(Positions))
        {
            yield return $"{path}.positions: '{Positions}' is unknown; use null, {EvalDecoding.PositionSpellings}.";
        }
        if (EvalDecoding.ProblemOf(ContextMethod) is { } problem)
        {
            yield return $"{path}.context_method: {problem}.";
        }
        if (!RopeOption.IsKnown(Rope))
        {
            yield return $"{path}.rope: '{Rope}' is unknown; use null, {RopeOption.Spellings}.";
        }
    }
}

/// <summary>Builds the variants of a grid.</summary>
static class StudyGrid
{
    /// <summary>Returns the combinations; the last key varies fastest.</summary>
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
        select $"{path}.{pair.Key}: it is not a list of values; write for example [0.1, 1].";

    static (string, JsonObject) With((string Name, JsonObject Set) one, string key, JsonNode? value)
    {
        JsonObject set = one.Set.DeepClone().AsObject();
        set[key] = value?.DeepClone();
        return ($"{(one.Name.Length > 0 ? $"{one.Name}, " : "")}{key.Split('.')[^1]} {Shown(value)}", set);
    }

    /// <summary>Formats a value; an object by its name if it has one.</summary>
    static string Shown(JsonNode? value) => value switch
    {
        null => "none",
        JsonObject named when named.FirstOrDefault(p => p.Key is "name" or "scheme").Value is JsonValue name => name.ToString(),
        JsonValue plain => plain.ToString(),
        _ => value.ToJsonString(),
    };
}
