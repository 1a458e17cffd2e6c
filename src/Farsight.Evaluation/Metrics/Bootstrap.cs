using Farsight.Engine.Numerics;

namespace Farsight.Evaluation.Metrics;

/// <summary>Computes percentile bootstrap intervals: how much a number moves when its examples are drawn again with repetition.</summary>
/// <remarks>
/// Source: B. Efron, Ann. Statist. 7 (1979). The draws depend on seed, purpose and number of examples alone, so two models on the same
/// examples get the same draws.
/// </remarks>
static class Bootstrap
{
    /// <summary>Represents the number of resamples.</summary>
    public const int Resamples = 1000;

    /// <summary>Returns the number for each resample, in the order drawn.</summary>
    /// <param name="count">Examples, at least 1.</param>
    /// <param name="seed">The seed of the draws.</param>
    /// <param name="purpose">The quantity of the interval.</param>
    /// <param name="statistic">The number of the examples with these indexes.</param>
    public static double[] Distribution(int count, int seed, string purpose, Func<int[], double> statistic)
    {
        return [.. Draws(count, seed, purpose).Select(statistic)];
    }

    /// <summary>Yields the indexes of each resample, in the order drawn; the list is the same one each time.</summary>
    /// <inheritdoc cref="Distribution"/>
    public static IEnumerable<int[]> Draws(int count, int seed, string purpose)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(count);
        return Drawn();

        IEnumerable<int[]> Drawn()
        {
            SeededRandom random = SeededRandom.For(seed, $"bootstrap/{purpose}", count);
            int[] drawn = new int[count];
            for (int r = 0; r < Resamples; r++)
            {
                for (int i = 0; i < count; i++)
                {
                    drawn[i] = random.Next(count);
                }
                yield return drawn;
            }
        }
    }

    /// <summary>Returns the 95 % interval: the middle of the resampled numbers.</summary>
    /// <inheritdoc cref="Distribution"/>
    public static Interval Interval(int count, int seed, string purpose, Func<int[], double> statistic) =>
        Middle(Distribution(count, seed, purpose, statistic));

    /// <summary>Returns the interval from the 2.5th to the 97.5th percentile of some numbers.</summary>
    public static Interval Middle(IReadOnlyList<double> values)
    {
        double[] sorted = [.. values.Order()];
        return new(At(0.025), At(0.975));

        double At(double quantile) => sorted[(int)Math.Round(quantile * (sorted.Length - 1))];
    }
}
