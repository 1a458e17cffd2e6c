namespace Farsight.Evaluation.Metrics;

/// <summary>Estimates strengths from pairwise comparisons: P(i beats j) = e^(s_i) / (e^(s_i) + e^(s_j)).</summary>
/// <remarks>
/// Bradley and Terry, Biometrika 39 (1952); maximum likelihood by the MM iteration of Hunter, Ann. Statist. 32 (2004). A tie is half a win
/// for each side.
/// </remarks>
static class BradleyTerry
{
    const int MaxIterations = 1_000_000;
    const double Tolerance = 1e-13;

    /// <summary>Computes the natural logarithms of the strengths, with mean 0; null when the maximum is infinite.</summary>
    /// <remarks>
    /// The maximum exists when no group of systems wins all comparisons with the others (Ford 1957). A prior makes it exist always.
    /// </remarks>
    /// <param name="wins">[systems, systems]: wins of the row over the column; ties count one half in both cells.</param>
    internal static double[]? LogStrengths(double[,] wins)
    {
        int count = wins.GetLength(0);
        if (!IsConnected(wins))
        {
            return null;
        }
        double[] strengths = [.. Enumerable.Repeat(1.0, count)];
        for (int step = 0; step < MaxIterations; step++)
        {
            double[] next = [.. Enumerable.Range(0, count).Select(i => Renewed(wins, strengths, i))];
            double scale = Math.Exp(next.Average(n => Math.Log(n)));
            double change = 0;
            for (int i = 0; i < count; i++)
            {
                next[i] /= scale;
                change = Math.Max(change, Math.Abs(Math.Log(next[i] / strengths[i])));
            }
            strengths = next;
            if (change < Tolerance)
            {
                break;
            }
        }
        return [.. strengths.Select(s => Math.Log(s))];
    }

    /// <summary>Returns the wins with a prior: a number of wins of each side added to every pair.</summary>
    internal static double[,] WithPrior(double[,] wins, double prior)
    {
        int count = wins.GetLength(0);
        double[,] added = new double[count, count];
        for (int i = 0; i < count; i++)
        {
            for (int j = 0; j < count; j++)
            {
                added[i, j] = i == j ? 0 : wins[i, j] + prior;
            }
        }
        return added;
    }

    static double Renewed(double[,] wins, double[] strengths, int i)
    {
        double won = 0, expected = 0;
        for (int j = 0; j < strengths.Length; j++)
        {
            if (j != i)
            {
                won += wins[i, j];
                expected += (wins[i, j] + wins[j, i]) / (strengths[i] + strengths[j]);
            }
        }
        return won / expected;
    }

    // Every system must have beaten, perhaps through others, every other one.
    static bool IsConnected(double[,] wins)
    {
        int count = wins.GetLength(0);
        return Reached((i, j) => wins[i, j] > 0) && Reached((i, j) => wins[j, i] > 0);

        bool Reached(Func<int, int, bool> leads)
        {
            HashSet<int> seen = [0];
            Stack<int> open = new([0]);
            while (open.TryPop(out int from))
            {
                foreach (int to in Enumerable.Range(0, count).Where(j => j != from && leads(from, j) && seen.Add(j)))
                {
                    open.Push(to);
                }
            }
            return seen.Count == count;
        }
    }
}
