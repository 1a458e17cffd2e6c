namespace Farsight.Evaluation.Metrics;

/// <summary>Computes quantiles of Student's t distribution: how far a mean of few values may lie from the truth.</summary>
/// <remarks>
/// Two-sided tail of t at ν degrees of freedom: I(ν / (ν + t²); ν/2, 1/2), the regularized incomplete beta function (Abramowitz and
/// Stegun, 26.5.27), which is a continued fraction (26.5.8, in Lentz's form). The quantile is found by halving.
/// </remarks>
static class StudentT
{
    const double Tail = 0.05;

    /// <summary>
    /// Returns the t for which 95 % of the distribution lie within ±t: 12.71 at 1 degree of freedom, 4.30 at 2, toward 1.96.
    /// </summary>
    /// <param name="freedom">ν, above 0; need not be whole.</param>
    public static double Quantile95(double freedom)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(freedom);
        double low = 0, high = 2;
        for (; TwoSidedTail(high, freedom) > Tail && high < 1e12; high *= 2)
        {
            low = high;
        }
        for (int i = 0; i < 100; i++)
        {
            double middle = (low + high) / 2;
            (low, high) = TwoSidedTail(middle, freedom) > Tail ? (middle, high) : (low, middle);
        }
        return (low + high) / 2;
    }

    static double TwoSidedTail(double t, double freedom) => Beta(freedom / (freedom + t * t), freedom / 2, 0.5);

    /// <summary>Computes I(x; a, b).</summary>
    static double Beta(double x, double a, double b)
    {
        if (x is <= 0 or >= 1)
        {
            return x <= 0 ? 0 : 1;
        }
        double front = Math.Exp(LogGamma(a + b) - LogGamma(a) - LogGamma(b) + a * Math.Log(x) + b * Math.Log(1 - x));
        return x < (a + 1) / (a + b + 2) ? front * Fraction(x, a, b) / a : 1 - front * Fraction(1 - x, b, a) / b;
    }

    static double Fraction(double x, double a, double b)
    {
        const double Tiny = 1e-300;
        double c = 1, d = 1 / Kept(1 - (a + b) * x / (a + 1)), value = d;
        for (int m = 1; m <= 10_000; m++)
        {
            double even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m));
            Step(even);
            double odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1));
            double before = value;
            Step(odd);
            if (Math.Abs(value - before) <= 1e-16 * Math.Abs(value))
            {
                break;
            }
        }
        return value;

        void Step(double term)
        {
            d = 1 / Kept(1 + term * d);
            c = Kept(1 + term / c);
            value *= c * d;
        }

        static double Kept(double z) => Math.Abs(z) < Tiny ? Tiny : z;
    }

    /// <summary>Computes ln Γ(x) for x above 0: Stirling's series (6.1.41), after raising x to where it is exact.</summary>
    static double LogGamma(double x)
    {
        double shift = 0;
        for (; x < 12; x++)
        {
            shift -= Math.Log(x);
        }
        double i = 1 / (x * x);
        return shift
            + (x - 0.5) * Math.Log(x)
            - x
            + 0.5 * Math.Log(2 * Math.PI)
            + (1.0 / 12 - i * (1.0 / 360 - i * (1.0 / 1260 - i / 1680))) / x;
    }
}
