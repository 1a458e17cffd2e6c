using Farsight.Evaluation.Core;
using Farsight.Evaluation.Metrics;

namespace Farsight.Workflows.Study;

/// <summary>
/// Represents the mean of a number over several trainings on the same examples, and its distance from the mean over all trainings and
/// examples.
/// </summary>
/// <remarks>
/// Seeds and examples are crossed: another seed would have trained another model, other examples would have been easier or harder for all.
/// With θₛ the number of seed s over all examples and θ their mean over S seeds, the variance by seeds is V_S = Σ (θₛ − θ)² / (S (S − 1)),
/// and that by examples, V_E, is the <see cref="Jackknife"/> of θ over the units: examples, or documents where examples share them. V = V_S
/// + V_E. For a mean of scores these are the squared standard errors of the seeds' means and of the units' means; what seed and example
/// share by chance is in both, so V is rather too large than too small. The quantile is Student's t at V² / (V_S²/(S − 1) + V_E²/(G − 1))
/// degrees of freedom for G units (F. E. Satterthwaite, Biometrics Bull. 2 (1946)): with three seeds that differ much it is near 4.30, with
/// seeds that agree near 1.96.
/// </remarks>
/// <param name="Value">θ.</param>
/// <param name="Seeds">S.</param>
/// <param name="Examples">Number of examples.</param>
/// <param name="Units">G.</param>
/// <param name="SeedVariance">V_S; 0 for a single seed.</param>
/// <param name="ExampleVariance">V_E; 0 for a single unit.</param>
sealed record SeedsAndExamples(double Value, int Seeds, int Examples, int Units, double SeedVariance, double ExampleVariance)
{
    /// <summary>Gets V.</summary>
    public double Variance => SeedVariance + ExampleVariance;

    /// <summary>Gets the degrees of freedom; infinite when nothing varies.</summary>
    public double Freedom => Variance <= 0
        ? double.PositiveInfinity
        : Variance * Variance / (Square(SeedVariance) / Math.Max(1, Seeds - 1) + Square(ExampleVariance) / Math.Max(1, Units - 1));

    /// <summary>Estimates the mean and both variances.</summary>
    /// <param name="seeds">S, at least 1.</param>
    /// <param name="units">The units, at least one.</param>
    /// <param name="number">The number of a seed over some of the examples, by their indexes.</param>
    public static SeedsAndExamples Of(int seeds, ResamplingUnits units, Func<int, IReadOnlyList<int>, double> number)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(seeds);
        ArgumentOutOfRangeException.ThrowIfZero(units.Examples);
        int[] all = [.. Enumerable.Range(0, units.Examples)];
        double[] bySeed = [.. Enumerable.Range(0, seeds).Select(s => number(s, all))];
        double value = bySeed.Average(), seedVariance = seeds > 1 ? bySeed.Sum(b => Square(b - value)) / (seeds * (seeds - 1.0)) : 0;
        double exampleVariance =
            Jackknife.Variance(units.Members, rest => Enumerable.Range(0, seeds).Average(s => number(s, rest)));
        return new(value, seeds, units.Examples, units.Members.Count, seedVariance, exampleVariance);
    }

    /// <summary>Computes θ ± t·√V, for differences.</summary>
    public Interval Plain() => Interval.Symmetric(Value, Variance, Freedom);

    /// <summary>Computes θ · e^(± t·√V / θ), for positive numbers such as perplexities.</summary>
    public Interval Positive() => Interval.Ratio(Value, Variance, Freedom);

    /// <summary>Computes the interval of a share: <see cref="Interval.Share"/>, with at most as many examples as were answered.</summary>
    public Interval Share() => Interval.Share(Value, Variance, Freedom, Units, (double)Seeds * Examples);

    static double Square(double x) => x * x;
}
