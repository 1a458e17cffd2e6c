namespace Farsight.Evaluation.Metrics;

/// <summary>Represents a 95 % confidence interval.</summary>
/// <param name="Low">Lower end.</param>
/// <param name="High">Upper end.</param>
public readonly record struct Interval(double Low, double High)
{
    /// <summary>Represents the quantile z for which 95 % of the standard normal distribution lie within ±z.</summary>
    public const double NormalQuantile = 1.959963984540054;

    const double Z = NormalQuantile;

    /// <summary>Computes Wilson's interval for the mean of n scores between 0 and 1.</summary>
    /// <remarks>
    /// (p + z²/2n ± z·√(p(1−p)/n + z²/4n²)) / (1 + z²/n). Source: E. B. Wilson, J. Amer. Stat. Assoc. 22 (1927). Exact in form for
    /// right-or-wrong scores; for shares between 0 and 1 it is too wide rather than too narrow, because no distribution on [0, 1] with
    /// mean p varies more than p(1−p).
    /// </remarks>
    /// <param name="mean">p, from 0 to 1.</param>
    /// <param name="n">Number of scores, above 0; of scores that depend on each other the number that would vary as much, which need not be
    /// whole.</param>
    public static Interval Wilson(double mean, double n)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(n);
        double z2 = Z * Z / n;
        double center = mean + z2 / 2, half = Math.Sqrt(Z * Z * mean * (1 - mean) / n + z2 * z2 / 4);
        return new(Math.Max(0, (center - half) / (1 + z2)), Math.Min(1, (center + half) / (1 + z2)));
    }

    /// <summary>Computes mean ± z·s/√n by the normal distribution; the point itself for a single value.</summary>
    public static Interval Normal(IReadOnlyList<double> values)
    {
        double mean = values.Average();
        double variance = values.Count > 1 ? values.Sum(v => (v - mean) * (v - mean)) / (values.Count - 1) : 0;
        double half = Z * Math.Sqrt(variance / values.Count);
        return new(mean - half, mean + half);
    }
}
