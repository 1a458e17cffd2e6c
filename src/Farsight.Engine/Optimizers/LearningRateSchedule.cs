using System.Text.Json.Serialization;

namespace Farsight.Engine.Optimizers;

/// <summary>Represents the learning rate of each step as a share of its peak.</summary>
/// <remarks>
/// All rise linearly over the warm-up, whose last step is at the peak, and then follow their own rule. Steps count from 0.
/// </remarks>
/// <param name="WarmupSteps">≥ 0; step s of the warm-up gets (s + 1) / warmup_steps of the peak. Default: 0.</param>
public abstract record LearningRateSchedule(int WarmupSteps)
{
    /// <summary>Share of all steps that the warm-up takes, rounded up, where warmup_steps is 0. Optional; 0 to 1.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public double WarmupShare { get; init; }

    /// <summary>Returns the number of warm-up steps.</summary>
    /// <param name="totalSteps">Steps of the whole run.</param>
    public int Warmup(long totalSteps) =>
        WarmupSteps > 0 ? WarmupSteps : (int)Math.Ceiling(WarmupShare * totalSteps - 1e-9); // 0.1 · 30 is a little above 3

    /// <summary>Computes the factor of the peak learning rate, 0 … 1.</summary>
    /// <param name="stepsTaken">Before this one, from 0; the rule after the warm-up reaches its
    /// end at <paramref name="totalSteps"/>.</param>
    /// <param name="totalSteps">Steps of the whole run.</param>
    public double Factor(long stepsTaken, long totalSteps)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(stepsTaken);
        int warmup = Warmup(totalSteps);
        return stepsTaken < warmup ? (stepsTaken + 1.0) / warmup : AfterWarmup(stepsTaken, warmup, totalSteps);
    }

    /// <summary>Computes the factor after the warm-up.</summary>
    protected abstract double AfterWarmup(long stepsTaken, int warmup, long totalSteps);

    /// <summary>Computes the position of a step between the first (0) and the last (1).</summary>
    static double Progress(double step, double first, double last) => last > first ? Math.Clamp((step - first) / (last - first), 0, 1) : 1;

    static double Linearly(double progress, double floor) => 1 - (1 - floor) * progress;

    /// <summary>Represents a constant rate at the peak.</summary>
    /// <param name="WarmupSteps">≥ 0. Default: 0.</param>
    public sealed record Constant(int WarmupSteps = 0) : LearningRateSchedule(WarmupSteps)
    {
        /// <inheritdoc/>
        protected override double AfterWarmup(long stepsTaken, int warmup, long totalSteps) => 1;
    }

    /// <summary>Represents a linear decay from the peak to the floor.</summary>
    /// <param name="WarmupSteps">≥ 0. Default: 0.</param>
    /// <param name="Floor">Share of the peak at the end, 0 … 1. Default: 0.</param>
    public sealed record Linear(int WarmupSteps = 0, double Floor = 0) : LearningRateSchedule(WarmupSteps)
    {
        /// <inheritdoc/>
        protected override double AfterWarmup(long stepsTaken, int warmup, long totalSteps) =>
            Linearly(Progress(stepsTaken, warmup, totalSteps), Floor);
    }

    /// <summary>
    /// Represents a cosine decay from the peak to the floor: floor + (1 − floor) · (1 + cos(π · progress)) / 2. Source:
    /// arXiv:1608.03983, Eq. 5.
    /// </summary>
    /// <param name="WarmupSteps">≥ 0. Default: 0.</param>
    /// <param name="Floor">Share of the peak at the end, 0 … 1. Default: 0.1.</param>
    public sealed record Cosine(int WarmupSteps = 0, double Floor = 0.1) : LearningRateSchedule(WarmupSteps)
    {
        /// <inheritdoc/>
        protected override double AfterWarmup(long stepsTaken, int warmup, long totalSteps) =>
            Floor + (1 - Floor) * (1 + Math.Cos(Math.PI * Progress(stepsTaken, warmup, totalSteps))) / 2;
    }

    /// <summary>Represents a constant rate at the peak, followed by a linear decay to the floor over the last part of the run.</summary>
    /// <param name="WarmupSteps">≥ 0. Default: 0.</param>
    /// <param name="DecayShare">Share of all steps that the line takes, 0 … 1. Default: 0.2, as in arXiv:2405.18392.</param>
    /// <param name="Floor">Share of the peak at the end, 0 … 1. Default: 0.</param>
    public sealed record ConstantThenLinear(int WarmupSteps = 0, double DecayShare = 0.2, double Floor = 0)
        : LearningRateSchedule(WarmupSteps)
    {
        /// <inheritdoc/>
        protected override double AfterWarmup(long stepsTaken, int warmup, long totalSteps)
        {
            double first = Math.Max(warmup, totalSteps * (1 - DecayShare));
            return stepsTaken < first ? 1 : Linearly(Progress(stepsTaken, first, totalSteps), Floor);
        }
    }
}
