using Farsight.Alignment.Runs;

namespace Farsight.Alignment.Training;

/// <summary>A sign of life from a loop.</summary>
/// <param name="Steps">Of the whole run.</param>
/// <param name="Tokens">Rows that went forward and backward since this process began.</param>
/// <param name="Seconds">What those took; evaluations are not counted.</param>
/// <param name="Line">What was measured at the step just done.</param>
public sealed record TrainingProgress(int Steps, long Tokens, double Seconds, MetricsLine Line)
{
    /// <summary>0 before the first step.</summary>
    public double TokensPerSecond => Seconds > 0 ? Tokens / Seconds : 0;
}
