using Farsight.Alignment.Runs;

namespace Farsight.Alignment.Training;

/// <summary>Watches a model between two training steps. It may read the parameters and must not change them.</summary>
/// <remarks>What it writes may depend on nothing but the lines it is shown and the model, so that a resumed run writes the same.</remarks>
public interface ITrainingWatch
{
    /// <summary>Called once, before anything is computed: what was written about later steps is forgotten.</summary>
    /// <param name="done">Steps done; 0 for a new run.</param>
    void Begin(int done);

    /// <summary>Called before the first step and after each; the step's checkpoint is written afterwards.</summary>
    /// <param name="line">The measurement; its step is 0 before the first.</param>
    /// <returns>Why the run should stop here, or null; the step's checkpoint is written first.</returns>
    string? After(MetricsLine line);

    /// <summary>Called when a step's loss or gradient is not finite; the run ends with it.</summary>
    /// <param name="at">The step; nothing was updated in it.</param>
    /// <param name="reason">One sentence.</param>
    void Diverged(int at, string reason);
}
