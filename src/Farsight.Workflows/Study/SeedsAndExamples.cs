using Farsight.Evaluation.Metrics;

namespace Farsight.Workflows.Study;

/// <summary>
/// Represents the mean of a number over several trainings on the same examples, and its distance from the mean over all trainings and
/// examples.
/// </summary>
/// <remarks>
/// Seeds and examples are crossed: another seed would have trained another model, other examples would have been easier or harder for all.
/// Both parts of the variance are jackknives (B. Efron and C. Stein, Ann. Statist. 9 (1981)), with θₛ the number of seed s over all
/// examples, θ their mean over S seeds, and θ₋ₑ that mean without example e of E: V_S = Σ (θₛ − θ)² / (S (S − 1)), V_E = (E − 1)/E · Σ
/// (θ₋ₑ − mean of these)², V = V_S + V_E. For a mean of scores these are the squared standard errors of the seeds' means and of the
/// examples' means; what seed and example share by chance is in both, so V is rather too large than too small. The quantile is Student's t
/// at V² / (V_S²/(S − 1) + V_E²/(E − 1)) degrees of freedom (F. E. Satterthwaite, Biometrics Bull. 2 (1946)): with three seeds that differ
/// much it is near 4.30, with seeds that agree near 1.96.
/// </remarks>
/// <param name="Value">θ.</param>
/// <param name="Seeds">S.</param>
/// <param name="Examples">E.</param>
/// <param name="SeedVariance">V_S; 0 for a single seed.</param>
/// <param name="ExampleVariance">V_E; 0 for a single example.</param>
sealed record SeedsAndExamples(double Value, int Seeds, int Examples, double SeedVariance, double ExampleVariance)
{
    /// <summary>Gets V.</summary>
    public double Variance => SeedVariance + ExampleVariance;

    /// <summary>Gets the degrees of freedom; infinite when nothing varies.</summary>
    public double Freedom => Variance <= 0
        ? double.PositiveInfinity
        : Variance * Variance / (Square(SeedVariance) / Math.Max(1, Seeds - 1) + Square(ExampleVariance) / Math.Max(1, Examples - 1));

    /// <summary>Estimates the mean and both variances.</summary>
    /// <param name="seeds">S, at least 1.</param>
    /// <param name="examples">E, at least 1.</param>
    /// <param name="number">The number of a seed over some of the examples, by their indexes.</param>
    public static SeedsAndExamples Of(int seeds, int examples, Func<int, IReadOnlyList<int>, double> number)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(seeds);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(examples);
        int[] all = [.. Enumerable.Range(0, examples)];
        double[] bySeed = [.. Enumerable.Range(0, seeds).Select(s => number(s, all))];
        double value = bySeed.Average(), seedVariance = seeds > 1 ? bySeed.Sum(b => Square(b - value)) / (seeds * (seeds - 1.0)) : 0;
        if (examples == 1)
        {
            return new(value, seeds, examples, seedVariance, 0);
        }
        double[] without =
        [
            .. all.Select(e =>
            {
                int[] rest = [.. all.Where(i => i != e)];
                return Enumerable.Range(0, seeds).Average(s => number(s, rest));
            }),
        ];
        double center = without.Average();
        return new(value, seeds, examples, seedVariance, (examples - 1.0) / examples * without.Sum(w => Square(w - center)));
    }

    /// <summary>Computes θ ± t·√V, for differences.</summary>
    public Interval Plain()
    {
        double half = Half;
        return new(Value - half, Value + half);
    }

    /// <summary>Computes θ · e^(± t·√V / θ), for positive numbers such as perplexities, whose ratios matter.</summary>
    public Interval Positive()
    {
        double factor = Math.Exp(Half / Value);
        return new(Value / factor, Value * factor);
    }

    /// <summary>Computes Wilson's interval for a share, with the number of independent examples that would vary as much.</summary>
    /// <remarks>
    /// n = θ (1 − θ) / V · (1.96 / t)², at most S·E; E where all scores are the same. Source: E. L. Korn and B. I. Graubard, Survey
    /// Methodology 24 (1998), with Wilson's interval in place of the exact one. So it stays inside [0, 1] and has a width at 0 and 1, too.
    /// </remarks>
    public Interval Share()
    {
        double spread = Value * (1 - Value);
        if (Variance <= 0 || spread <= 0)
        {
            return Interval.Wilson(Math.Clamp(Value, 0, 1), Examples);
        }
        double ratio = Interval.NormalQuantile / StudentT.Quantile95(Freedom);
        return Interval.Wilson(Value, Math.Min(spread / Variance * ratio * ratio, (double)Seeds * Examples));
    }

    double Half => Variance <= 0 ? 0 : StudentT.Quantile95(Freedom) * Math.Sqrt(Variance);

    static double Square(double x) => x * x;
}
