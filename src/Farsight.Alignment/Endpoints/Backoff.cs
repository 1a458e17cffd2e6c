using Farsight.Engine.Numerics;

namespace Farsight.Alignment.Endpoints;

/// <summary>Computes waiting times that double with each failure, up to a maximum.</summary>
/// <param name="First">The time after the first failure.</param>
/// <param name="Most">The maximum.</param>
public sealed record Backoff(TimeSpan First, TimeSpan Most)
{
    /// <summary>Computes the waiting time. Half of it is random, so that requests which failed together do not return together.</summary>
    /// <param name="failures">Number of failures before this one.</param>
    /// <param name="random">Advanced by one number.</param>
    public TimeSpan Delay(int failures, ref SeededRandom random)
    {
        double whole = Math.Min(First.TotalSeconds * Math.Pow(2, Math.Min(failures, 30)), Most.TotalSeconds);
        return TimeSpan.FromSeconds(whole * (0.5 + 0.5 * random.NextDouble()));
    }
}
