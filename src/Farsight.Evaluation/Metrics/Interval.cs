namespace Farsight.Evaluation.Metrics;

/// <summary>Represents a 95 % confidence interval.</summary>
/// <param name="Low">Lower end.</param>
/// <param name="High">Upper end.</param>
public readonly record struct Interval(double Low, double High)
{
    /// <summary>Represents the quantile z for which 95 % of the standard normal distribution lie within ±z.</summary>
    internal const double NormalQuantile = 1.959963984540054;

    const double Z = NormalQuantile;

    // Means of the same numbers in other orders differ in their last bits.
    const double Rounding = 1e-12;

    /// <summary>Whether both ends are equal, but for rounding.</summary>
    internal bool IsPoint => High - Low <= Rounding;

    /// <summary>Computes Wilson's interval for the mean of n scores between 0 and 1.</summary>
    /// <remarks>
    /// (p + z²/2n ± z·√(p(1−p)/n + z²/4n²)) / (1 + z²/n). Source: E. B. Wilson, J. Amer. Stat. Assoc. 22 (1927). Exact in form for
    /// right-or-wrong scores; for shares between 0 and 1 it is too wide rather than too narrow, because no distribution on [0, 1] with
    /// mean p varies more than p(1−p).
    /// </remarks>
    /// <param name="mean">p, from 0 to 1.</param>
    /// <param name="n">Number of scores, above 0; of scores that depend on each other the number that would
    /// vary as much, which need not be whole.</param>
    internal static Interval Wilson(double mean, double n)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(n);
        double z2 = Z * Z / n;
        double center = mean + z2 / 2, half = Math.Sqrt(Z * Z * mean * (1 - mean) / n + z2 * z2 / 4);
        return new(Math.Max(0, (center - half) / (1 + z2)), Math.Min(1, (center + half) / (1 + z2)));
    }

    /// <summary>Computes Wilson's interval for a share, with the number of independent examples that would vary as much.</summary>
    /// <remarks>
    /// n = θ (1 − θ) / V · (1.96 / t)², at most the number of examples; the number of units where all scores are the same. Source: E. L.
    /// Korn and B. I. Graubard, Survey Methodology 24 (1998), with Wilson's interval in place of the exact one. So it stays inside [0, 1]
    /// and has a width at 0 and 1, too.
    /// </remarks>
    /// <param name="share">θ, from 0 to 1.</param>
    /// <param name="variance">V.</param>
    /// <param name="freedom">Degrees of freedom of V, above 0; t is Student's quantile there.</param>
    /// <param name="units">Number of independent units.</param>
    /// <param name="examples">Number of examples.</param>
    public static Interval Share(double share, double variance, double freedom, int units, double examples)
    {
        double spread = share * (1 - share);
        if (variance <= 0 || spread <= 0)
        {
            return Wilson(Math.Clamp(share, 0, 1), units);
        }
        double ratio = Z / StudentT.Quantile95(freedom);
        return Wilson(share, Math.Min(spread / variance * ratio * ratio, examples));
    }

    /// <summary>Computes the interval of a difference of two shares that is the same for each of n units.</summary>
    /// <remarks>
    /// θ (1 − w) ± w, inside [−1, 1], with w the upper end of Wilson's interval for 0 of n: up to this share of all units may differ in
    /// another way, by 1 at most in both directions. So a few units that agree are no evidence for all others.
    /// </remarks>
    /// <param name="difference">θ, from −1 to 1.</param>
    /// <param name="n">Number of units, above 0.</param>
    internal static Interval ConstantDifference(double difference, int n)
    {
        double other = Wilson(0, n).High, center = difference * (1 - other);
        return new(Math.Max(-1, center - other), Math.Min(1, center + other));
    }

    /// <summary>Computes θ ± t·√V; the point itself where nothing varies.</summary>
    /// <param name="value">θ.</param>
    /// <param name="variance">V.</param>
    /// <param name="freedom">Degrees of freedom of V, above 0.</param>
    public static Interval Symmetric(double value, double variance, double freedom)
    {
        double half = Half(variance, freedom);
        return new(value - half, value + half);
    }

    /// <summary>Computes θ · e^(± t·√V / θ), for positive numbers such as perplexities, whose ratios matter.</summary>
    /// <param name="value">θ, above 0.</param>
    /// <param name="variance">V.</param>
    /// <param name="freedom">Degrees of freedom of V, above 0.</param>
    public static Interval Ratio(double value, double variance, double freedom)
    {
        double factor = Math.Exp(Half(variance, freedom) / value);
        return new(value / factor, value * factor);
    }

    /// <summary>Computes mean ± z·s/√n by the normal distribution; the point itself for a single value.</summary>
    public static Interval Normal(IReadOnlyList<double> values)
    {
        double mean = values.Average();
        double variance = values.Count > 1 ? values.Sum(v => (v - mean) * (v - mean)) / (values.Count - 1) : 0;
        double half = Z * Math.Sqrt(variance / values.Count);
        return new(mean - half, mean + half);
    }

    static double Half(double variance, double freedom) => variance <= 0 ? 0 : StudentT.Quantile95(freedom) * Math.Sqrt(variance);
}
