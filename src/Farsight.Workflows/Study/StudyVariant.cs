using System.Text.Json.Nodes;
using Farsight.Alignment.Recipes;

namespace Farsight.Workflows.Study;

/// <summary>One of the models that a study compares.</summary>
public sealed record StudyVariant
{
    /// <summary>In tables and, made fit for it, as a folder's name.</summary>
    public required string Name { get; init; }

    /// <summary>False for the base model as it is, which is measured once and not once a seed.</summary>
    public bool Train { get; init; } = true;

    /// <summary>RoPE of an untrained variant, as commands spell it; null for the model's own.</summary>
    public string? Rope { get; init; }

    /// <summary>What it changes of the base recipe, after what all change; null for nothing.</summary>
    public JsonObject? Set { get; init; }

    /// <summary>Settings that make no sense, each as "path.key: what is wrong; what would be right".</summary>
    internal IEnumerable<string> Problems(string path)
    {
        if (string.IsNullOrWhiteSpace(Name))
        {
            yield return $"{path}.name: it is empty; give the variant a name.";
        }
        if (Train && Rope is not null)
        {
            yield return $"{path}.rope: it is for untrained variants; write \"set\": {{ \"rope\": … }}, or \"train\": false.";
        }
        if (!Train && Set is not null)
        {
            yield return $"{path}.set: nothing is trained here that it could change; leave it out, or train the variant.";
        }
        if (!RopeOption.IsKnown(Rope))
        {
            yield return $"{path}.rope: '{Rope}' is unknown; use null, {RopeOption.Spellings}.";
        }
    }
}
