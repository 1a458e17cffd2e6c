namespace Farsight.Engine.Models;

/// <summary>Operations that backward computes a second time, which <see cref="StepFlops"/> leaves out.</summary>
public static class RecomputedFlops
{
    /// <summary>Counts them.</summary>
    /// <param name="step">The step's own operations.</param>
    /// <param name="config">The model.</param>
    /// <param name="level">What is kept.</param>
    public static double Of(StepFlops step, ModelConfig config, Recomputation level)
    {
        double attention = 2.0 * config.HeadDim * (config.NumAttentionHeads + config.NumKeyValueHeads), mlp = config.IntermediateSize;
        double product = step.Layers / (attention + 3 * mlp); // of one output of the width of the hidden state
        return level switch
        {
            Recomputation.None => 0,
            Recomputation.Mlp => product * 2 * mlp,
            _ => product * (attention + 2 * mlp) + step.Attention + step.Adapter / 3,
        };
    }
}
