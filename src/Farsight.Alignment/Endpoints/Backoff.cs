using Farsight.Engine.Numerics;

namespace Farsight.Alignment.Endpoints;

/// <summary>Waiting that doubles with each failure, up to a limit.</summary>
/// <param name="First">After the first failure.</param>
/// <param name="Most">Never more than this.</param>
public sealed record Backoff(TimeSpan First, TimeSpan Most)
{
    /// <summary>How long to wait; half of it is drawn, so that requests which failed together do not come back together.</summary>
    /// <param name="failures">How many there were before this one.</param>
    /// <param name="random">Advanced by one number.</param>
    public TimeSpan Delay(int failures, ref SeededRandom random)
    {
        double whole = Math.Min(First.TotalSeconds * Math.Pow(2, Math.Min(failures, 30)), Most.TotalSeconds);
        return TimeSpan.FromSeconds(whole * (0.5 + 0.5 * random.NextDouble()));
    }
}
