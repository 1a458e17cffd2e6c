using Farsight.Alignment.Training;
using Farsight.Engine.Communication;
using Farsight.Evaluation.Core;

namespace Farsight.Workflows.Evolve;

/// <summary>Represents the inputs of a self-evolution.</summary>
/// <param name="Recipe">The recipe.</param>
/// <param name="RecipePath">Its file; relative paths in the recipe begin there.</param>
/// <param name="Output">Output folder; the same call continues there.</param>
/// <param name="MemoryBytes">
/// Memory limit in bytes of the process, or with <see cref="Backend"/> of the device; null for the memory that it has.
/// </param>
public sealed record EvolveRequest(EvolveRecipe Recipe, string RecipePath, string Output, long? MemoryBytes = null)
{
    /// <summary>Computes the passes of training on a device; null for the engine of this program, which does everything else.</summary>
    public IModelBackend? Backend { get; init; }

    /// <summary>Processes that divide each stage; they need one file system. Rank 0 starts the run, the others follow. Default: this one
    /// alone.</summary>
    public Communicator Ranks { get; init; } = SingleProcess.Instance;
}

/// <summary>Represents the results of a self-evolution.</summary>
/// <param name="Models">The base model, the base model with the last iteration's RoPE alone, then every
/// iteration's model, each with its results.</param>
/// <param name="Model">Directory of the last model.</param>
/// <param name="SummaryPath">evolution.json.</param>
/// <param name="ReportPath">report.html.</param>
/// <param name="Seconds">By stage, over all the times it was started, and in total.</param>
public sealed record EvolveVerdict(
    IReadOnlyList<ModelResults> Models, string Model, string SummaryPath, string ReportPath, IReadOnlyDictionary<string, double> Seconds);

/// <summary>Represents a model of a self-evolution with its results.</summary>
/// <param name="Name">"base", "iteration 1".</param>
/// <param name="Window">Tokens that it is meant for.</param>
/// <param name="Results">At all windows.</param>
public sealed record ModelResults(string Name, int Window, EvalResults Results);
