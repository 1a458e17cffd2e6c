namespace Farsight.Workflows.Demo;

/// <summary>Represents the inputs of the demo.</summary>
/// <param name="Model">Directory of the base model.</param>
/// <param name="Recipes">Folder of the training recipes.</param>
/// <param name="Output">Where everything goes; the same command continues an interrupted demo there.</param>
/// <param name="Documents">The user's text files; null for generated documents.</param>
/// <param name="Seed">Seed of documents, samples, training and evaluation.</param>
public sealed record DemoOptions(string Model, string Recipes, string Output, string? Documents, int Seed)
{
    /// <summary>Number of preference samples that the model writes.</summary>
    public int Samples { get; init; } = 1024;

    /// <summary>
    /// Steps of each training. The recipes have 800; the scores of the demo change little after the first 240, which take a third of the
    /// time.
    /// </summary>
    public int Steps { get; init; } = 240;

    /// <summary>Evaluated context lengths, in tokens; the first is the window that the base model was trained for.</summary>
    public IReadOnlyList<int> Lengths { get; init; } = [512, 1024, 2048, 4096];

    /// <summary>Number of needle depths, evenly spaced from 0 to 1.</summary>
    public int Depths { get; init; } = 5;

    /// <summary>Examples for each length and depth.</summary>
    public int SamplesPerCell { get; init; } = 8;
}

/// <summary>Represents one of the models that the demo compares.</summary>
/// <param name="Key">In summary.json and as a folder's name.</param>
/// <param name="Name">In tables and the report.</param>
/// <param name="Rope">Scaling for an untrained variant; a trained one brings its own.</param>
/// <param name="Recipe">File name of the recipe that trains it; null for an untrained one.</param>
public sealed record DemoVariant(string Key, string Name, string? Rope, string? Recipe)
{
    /// <summary>Key of the variant that the others are compared with.</summary>
    internal const string Baseline = "yarn";

    /// <summary>The variants in the order of comparison: the plain model first, the recommended one last.</summary>
    public static IReadOnlyList<DemoVariant> All { get; } =
    [
        new("base", "base", null, null),
        new(Baseline, "YaRN × 8", "yarn:8", null),
        new("sft", "SFT", null, "tiny-sft-yarn.jsonc"),
        new("logo_plain_positions", "LOGO, plain positions", null, "tiny-logo-plain-positions.jsonc"),
        new("logo", "LOGO", null, "tiny-logo-yarn.jsonc"),
    ];
}
