namespace Farsight.Workflows.Demo;

/// <summary>One of the models that the demo compares.</summary>
/// <param name="Key">In summary.json and as a folder's name.</param>
/// <param name="Name">In tables and the report.</param>
/// <param name="Rope">Scaling for an untrained variant; a trained one brings its own.</param>
/// <param name="Recipe">File name of the recipe that trains it; null for an untrained one.</param>
public sealed record DemoVariant(string Key, string Name, string? Rope, string? Recipe)
{
    /// <summary>In the order of comparison: the plain model first, the recommended one last.</summary>
    public static IReadOnlyList<DemoVariant> All { get; } =
    [
        new("base", "base", null, null),
        new("yarn", "YaRN × 8", "yarn:8", null),
        new("sft", "SFT", null, "tiny-sft-yarn.jsonc"),
        new("logo_plain_positions", "LOGO, plain positions", null, "tiny-logo-plain-positions.jsonc"),
        new("logo", "LOGO", null, "tiny-logo-yarn.jsonc"),
    ];
}
