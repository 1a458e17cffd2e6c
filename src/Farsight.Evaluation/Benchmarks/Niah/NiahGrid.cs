namespace Farsight.Evaluation.Benchmarks.Niah;

/// <summary>The lengths and depths that the first needle test runs over.</summary>
public static class NiahGrid
{
    /// <summary>Whole numbers at equal distances, both ends included; halves go to the even neighbour.</summary>
    public static int[] Linear(int min, int max, int count) =>
        [.. Enumerable.Range(0, count).Select(i => (int)Math.Round(Point(min, max, count, i)))];

    /// <summary>Depths from 0 to 100 %, dense at both ends: 100 · σ(−0.1 (x − 50)), three decimals, but 0 and 100 as they are.</summary>
    /// <remarks>The function falls, so between its ends the list runs from deep to shallow, as in the original.</remarks>
    public static double[] Sigmoid(int count) =>
        [
            .. Enumerable
                .Range(0, count)
                .Select(i => Point(0, 100, count, i))
                .Select(x => x is 0 or 100 ? x : Math.Round(100 / (1 + Math.Exp(0.1 * (x - 50))), 3)),
        ];

    static double Point(double min, double max, int count, int i) =>
        count == 1 ? min : i == count - 1 ? max : (i * ((max - min) / (count - 1))) + min;
}
