namespace Farsight.Workflows.Demo;

/// <summary>What the demo is started with.</summary>
/// <param name="Model">Directory of the base model.</param>
/// <param name="Recipes">Folder of the training recipes.</param>
/// <param name="Output">Where everything goes; the same command continues an interrupted demo there.</param>
/// <param name="Documents">The user's text files; null for generated documents.</param>
/// <param name="Seed">Of documents, samples and evaluation.</param>
public sealed record DemoOptions(string Model, string Recipes, string Output, string? Documents, int Seed)
{
    /// <summary>Preference samples that the model writes itself.</summary>
    public int Samples { get; init; } = 2000;

    /// <summary>Evaluated context lengths, in tokens; the first is the window that the base model was trained for.</summary>
    public IReadOnlyList<int> Lengths { get; init; } = [512, 1024, 2048, 4096];

    /// <summary>Needle depths, evenly from first to last.</summary>
    public int Depths { get; init; } = 5;

    /// <summary>Examples for each length and depth.</summary>
    public int SamplesPerCell { get; init; } = 8;
}

/// <summary>Where a running demo is.</summary>
/// <param name="Stage">documents, synth, train or eval.</param>
/// <param name="What">The variant at hand, or what is being done.</param>
/// <param name="Done">Items done.</param>
/// <param name="Total">Items of this stage and variant.</param>
/// <param name="Detail">What else is worth knowing; may be empty.</param>
public sealed record DemoProgress(string Stage, string What, long Done, long Total, string Detail);
