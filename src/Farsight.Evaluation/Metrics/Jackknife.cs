namespace Farsight.Evaluation.Metrics;

/// <summary>Estimates the variance of a number of examples by leaving out each unit in turn.</summary>
/// <remarks>
/// V = (G − 1)/G · Σ (θ₋g − mean of these)², with θ₋g the number without unit g of G. Source: B. Efron and C. Stein, Ann. Statist. 9
/// (1981). A unit is an example, or all examples of one document (the delete-a-group jackknife): examples of one unit may depend on each
/// other. For a mean over units of one example, V is the squared standard error of the mean.
/// </remarks>
public static class Jackknife
{
    /// <summary>Computes V; 0 for a single unit, about which nothing is known.</summary>
    /// <param name="units">The examples of each unit, by their indexes; every example is in one of them.</param>
    /// <param name="number">The number of some examples, by their indexes in ascending order.</param>
    public static double Variance(IReadOnlyList<int[]> units, Func<IReadOnlyList<int>, double> number)
    {
        ArgumentOutOfRangeException.ThrowIfZero(units.Count);
        if (units.Count == 1)
        {
            return 0;
        }
        int[] all = [.. units.SelectMany(u => u).Order()];
        double[] without = new double[units.Count];
        for (int g = 0; g < without.Length; g++)
        {
            HashSet<int> left = [.. units[g]];
            without[g] = number([.. all.Where(i => !left.Contains(i))]);
        }
        double center = without.Average();
        return (units.Count - 1.0) / units.Count * without.Sum(w => (w - center) * (w - center));
    }
}
