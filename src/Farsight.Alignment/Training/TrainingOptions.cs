using Farsight.Engine.Optimizers;

namespace Farsight.Alignment.Training;

/// <summary>How long a loop runs and how often it looks up.</summary>
/// <param name="Steps">Optimizer steps of the whole run.</param>
/// <param name="EvalEvery">Steps between evaluations on held-out work; there is also one before the first step and one after the
/// last.</param>
/// <param name="CheckpointEvery">Steps between checkpoints; there is also one after the last.</param>
/// <param name="Optimizer">How gradients become updates.</param>
/// <param name="Schedule">How the learning rates move over the steps.</param>
public sealed record TrainingOptions(
    int Steps,
    int EvalEvery,
    int CheckpointEvery,
    OptimizerOptions Optimizer,
    LearningRateSchedule Schedule);
