using Farsight.Evaluation.Core;

namespace Farsight.Workflows.Evolve;

/// <summary>A model of a self-evolution, measured.</summary>
/// <param name="Name">"base", "iteration 1".</param>
/// <param name="Window">Tokens that it is meant for.</param>
/// <param name="Results">At all windows.</param>
public sealed record EvolvedModel(string Name, int Window, EvalResults Results);
