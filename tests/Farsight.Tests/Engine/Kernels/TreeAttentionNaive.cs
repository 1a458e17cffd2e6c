using Farsight.Engine.Kernels;

namespace Farsight.Tests.Engine.Kernels;

/// <summary>Attention written from the formula, in double, one query and one head at a time. Shares no code with the kernel.</summary>
static class TreeAttentionNaive
{
    internal sealed record Result(double[] Output, double[] LogSumExp, double[] DQueries, double[] DKeys, double[] DValues);

    /// <summary>Whether a head of the query with this index in its sequence may see the key with that index.</summary>
    internal delegate bool Mask(int head, int query, int key);

    /// <summary>Groups of <paramref name="group"/> tokens; the second half of the heads begins them half a group later.</summary>
    internal static Mask Groups(int group, int heads) => (head, query, key) =>
    {
        int shift = head < heads / 2 ? 0 : group / 2;
        return Math.Floor((query - shift) / (double)group) == Math.Floor((key - shift) / (double)group);
    };

    internal static Result Run(
        float[] queries,
        float[] keys,
        float[] values,
        float[] dOutput,
        AttentionShape shape,
        IReadOnlyList<AttentionSpan> spans,
        Mask? mask = null)
    {
        int dim = shape.HeadDim, width = shape.Heads * dim, keyWidth = shape.KeyValueHeads * dim;
        Result r = new(
            new double[queries.Length],
            new double[queries.Length / dim],
            new double[queries.Length],
            new double[keys.Length],
            new double[keys.Length]);
        foreach (AttentionSpan span in spans)
        {
            for (int i = 0; i < span.QueryCount; i++)
            {
                List<int> seen = [];
                foreach (KeyRange range in span.Prefix)
                {
                    seen.AddRange(Enumerable.Range(range.Start, range.Count));
                }
                seen.AddRange(Enumerable.Range(span.FirstKey, i + 1));
                for (int h = 0; h < shape.Heads; h++)
                {
                    int row = span.FirstQuery + i,
                        q = row * width + h * dim,
                        column = h / (shape.Heads / shape.KeyValueHeads) * dim;
                    int[] at =
                    [
                        .. seen.Where((_, j) => seen.Count - j <= span.Window && (mask?.Invoke(h, seen.Count - 1, j) ?? true))
                            .Select(k => k * keyWidth + column),
                    ];
                    One(r, queries, keys, values, dOutput, shape, q, at, row * shape.Heads + h);
                }
            }
        }
        return r;
    }

    static void One(
        Result r, float[] queries, float[] keys, float[] values, float[] dOutput, AttentionShape shape, int q, int[] at, int slot)
    {
        int dim = shape.HeadDim;
        double scale = shape.Scale == 1f / MathF.Sqrt(dim) ? 1 / Math.Sqrt(dim) : shape.Scale;
        double[] scores = [.. at.Select(k => Limited(scale * Dot(queries, q, keys, k, dim), shape.Softcap))];
        double max = scores.Max(), sum = scores.Sum(s => Math.Exp(s - max));
        r.LogSumExp[slot] = max + Math.Log(sum);
        double[] weights = [.. scores.Select(s => Math.Exp(s - max) / sum)];
        double[] dWeights = [.. at.Select(v => Dot(dOutput, q, values, v, dim))];
        double mean = weights.Zip(dWeights, (p, dp) => p * dp).Sum();
        for (int j = 0; j < at.Length; j++)
        {
            double slope = shape.Softcap is { } cap ? 1 - scores[j] / cap * (scores[j] / cap) : 1;
            double dScore = scale * weights[j] * (dWeights[j] - mean) * slope;
            for (int d = 0; d < dim; d++)
            {
                r.Output[q + d] += weights[j] * values[at[j] + d];
                r.DValues[at[j] + d] += weights[j] * dOutput[q + d];
                r.DQueries[q + d] += dScore * keys[at[j] + d];
                r.DKeys[at[j] + d] += dScore * queries[q + d];
            }
        }
    }

    static double Limited(double score, float? cap) => cap is { } c ? c * Math.Tanh(score / c) : score;

    static double Dot(float[] a, int i, float[] b, int j, int dim)
    {
        double sum = 0;
        for (int d = 0; d < dim; d++)
        {
            sum += (double)a[i + d] * b[j + d];
        }
        return sum;
    }
}
