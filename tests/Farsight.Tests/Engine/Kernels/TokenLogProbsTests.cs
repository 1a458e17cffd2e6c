using Farsight.Engine.Kernels;
using Farsight.Engine.Memory;

namespace Farsight.Tests.Engine.Kernels;

public sealed class TokenLogProbsTests
{
    const int D = 24;

    // Rows, vocabulary: one row; tiles cut evenly, with a rest, with a rest of one; one tile for all.
    public static TheoryData<int, int> Cases => new() { { 1, 1 }, { 1, 37 }, { 5, 32 }, { 16, 64 }, { 17, 65 }, { 40, 129 }, { 70, 300 } };

    static readonly TokenLogProbs.TileSize s_small = new(Rows: 16, Vocabulary: 32);

    [Theory, MemberData(nameof(Cases))]
    public void Forward_matches_naive(int rows, int vocabulary)
    {
        Example e = new(rows, vocabulary);
        float[] logProbs = new float[rows], logSumExp = new float[rows];
        int[] topTokens = new int[rows];

        TokenLogProbs.Forward(e.Hidden, new RowsMatrix(e.Head), e.Targets, logProbs, logSumExp, topTokens, s_small);

        // Logits of size 5 are rounded at 24 · 1e-7.
        Near.Each(e.Naive(e.HiddenValues, e.HeadValues), logProbs, relative: 1e-6, absolute: 1e-5);
        TokenLogProbs.Forward(e.Hidden, new RowsMatrix(e.Head), e.Targets, logProbs, logSumExp, topTokens);
        Near.Each(e.Naive(e.HiddenValues, e.HeadValues), logProbs, relative: 1e-6, absolute: 1e-5);
    }

    [Fact]
    public void The_top_token_has_the_largest_logit_over_all_tiles()
    {
        Example e = new(40, 129);
        float[] logProbs = new float[40], logSumExp = new float[40];
        int[] topTokens = new int[40];

        TokenLogProbs.Forward(e.Hidden, new RowsMatrix(e.Head), e.Targets, logProbs, logSumExp, topTokens, s_small);

        int[] expected =
        [
            .. Enumerable
                .Range(0, 40)
                .Select(n => Enumerable.Range(0, 129).MaxBy(v => System.Numerics.Tensors.TensorPrimitives.Dot(e.Hidden[n], e.Head[v]))),
        ];
        Assert.Equal(expected, topTokens);
    }

    [Theory, MemberData(nameof(Cases))]
    public void Backward_matches_the_naive_gradient(int rows, int vocabulary)
    {
        Example e = new(rows, vocabulary);
        float[] dLogProbs = TestData.Normal(rows, seed: 4);
        Rows dHidden = Filled(rows, D, seed: 5), dHead = Filled(vocabulary, D, seed: 6), frozen = Filled(rows, D, seed: 5);
        float[] dHidden0 = dHidden.Span.ToArray(), dHead0 = dHead.Span.ToArray();

        float[] logProbs = new float[rows], logSumExp = new float[rows];
        int[] topTokens = new int[rows];
        TokenLogProbs.Forward(e.Hidden, new RowsMatrix(e.Head), e.Targets, logProbs, logSumExp, topTokens, s_small);
        TokenLogProbs.Backward(dLogProbs, e.Hidden, new RowsMatrix(e.Head), e.Targets, logSumExp, dHidden, dHead, s_small);
        TokenLogProbs.Backward(dLogProbs, e.Hidden, new RowsMatrix(e.Head), e.Targets, logSumExp, frozen, dHead: null, s_small);

        (double[] wantHidden, double[] wantHead) = e.NaiveGradients(dLogProbs);
        // The noise under the sums is rounded at 5e-7 per tile; the sums themselves at 70 · 1e-7 of terms up to 3.
        Near.Each(wantHidden, Minus(dHidden, dHidden0), relative: 1e-5, absolute: 3e-5);
        Near.Each(wantHead, Minus(dHead, dHead0), relative: 1e-5, absolute: 3e-5);
        Assert.Equal(dHidden.Span.ToArray(), frozen.Span.ToArray());
    }

    [Fact]
    public void The_naive_gradient_matches_finite_differences()
    {
        Example e = new(3, 11);
        float[] dLogProbs = TestData.Normal(3, seed: 4);

        (double[] dHidden, double[] dHead) = e.NaiveGradients(dLogProbs);

        // Central differences of log Σ exp are cut off at h²/6 ≈ 1e-4 of terms of size 10.
        double Loss(float[] hidden, float[] head) => e.Naive(hidden, head).Zip(dLogProbs, (a, b) => a * b).Sum();
        Near.Each(
            Gradient.Of(v => Loss(v, e.HeadValues), e.HiddenValues),
            [.. dHidden.Select(v => (float)v)],
            relative: 1e-3,
            absolute: 1e-3);
        Near.Each(
            Gradient.Of(v => Loss(e.HiddenValues, v), e.HeadValues),
            [.. dHead.Select(v => (float)v)],
            relative: 1e-3,
            absolute: 1e-3);
    }

    public static TheoryData<int> Lengths => [.. Enumerable.Range(1, 40), 63, 64, 65, 127, 129];

    [Theory, MemberData(nameof(Lengths))]
    public void The_gradient_by_the_logits_matches_the_formula(int length)
    {
        float[] logits = TestData.Normal(length, seed: 1);
        double logSumExp = Math.Log(logits.Sum(v => Math.Exp(v)));
        int target = length / 2;
        using GuardedBuffer row = new(logits);

        TokenLogProbs.ToGradient(row.Span, (float)logSumExp, 2f, target);

        double[] expected = [.. logits.Select((v, i) => 2 * ((i == target ? 1 : 0) - Math.Exp(v - logSumExp)))];
        Near.Each(expected, row.Span, relative: 1e-6, absolute: 1e-6); // probabilities, rounded at 3e-7 by the exponent
    }

    [Fact]
    public void Gradients_of_a_row_sum_to_zero_over_the_vocabulary()
    {
        float[] logits = TestData.Normal(129, seed: 1);
        using GuardedBuffer row = new(logits);

        TokenLogProbs.ToGradient(row.Span, (float)RunningLogSumExp.Empty.With(logits).Value, 2f, target: 77);

        Assert.Equal(0, row.Span.ToArray().Sum(v => (double)v), 1e-5);
        Assert.True(row.Span[77] > 0);
    }

    [Fact]
    public void Any_number_of_threads_gives_the_same_bits()
    {
        Example e = new(70, 300);
        int before = Workers.Threads;
        try
        {
            Assert.Equal(Bits(e, threads: 1), Bits(e, threads: 3));
        }
        finally
        {
            Workers.Threads = before;
        }
    }

    [Fact]
    public void A_target_outside_of_the_vocabulary_is_refused()
    {
        Example e = new(2, 10);

        Assert.Throws<ArgumentOutOfRangeException>(() =>
            TokenLogProbs.Forward(e.Hidden, new RowsMatrix(e.Head), (int[])[3, 10], new float[2], new float[2], new int[2]));
    }

    static float[] Bits(Example e, int threads)
    {
        Workers.Threads = threads;
        float[] logProbs = new float[70], logSumExp = new float[70];
        int[] topTokens = new int[70];
        Rows dHidden = Rows.Allocate(70, D), dHead = Rows.Allocate(300, D);
        TokenLogProbs.Forward(e.Hidden, new RowsMatrix(e.Head), e.Targets, logProbs, logSumExp, topTokens, s_small);
        TokenLogProbs.Backward(logProbs, e.Hidden, new RowsMatrix(e.Head), e.Targets, logSumExp, dHidden, dHead, s_small);
        return [.. logProbs, .. logSumExp, .. dHidden.Span, .. dHead.Span];
    }

    static Rows Filled(int count, int width, int seed)
    {
        Rows rows = Rows.Allocate(count, width);
        TestData.Normal(count * width, seed).CopyTo(rows.Span);
        return rows;
    }

    static float[] Minus(Rows a, float[] b) => [.. a.Span.ToArray().Zip(b, (p, q) => p - q)];

    /// <summary>Rows, a head and targets, with the formulas in double and all logits at once.</summary>
    sealed class Example
    {
        internal Example(int rows, int vocabulary)
        {
            Hidden = Filled(rows, D, seed: 1);
            Head = Filled(vocabulary, D, seed: 2);
            HiddenValues = Hidden.Span.ToArray();
            HeadValues = Head.Span.ToArray();
            Targets = [.. Enumerable.Range(0, rows).Select(n => n * 31 % vocabulary)];
        }

        internal Rows Hidden { get; }
        internal Rows Head { get; }
        internal float[] HiddenValues { get; }
        internal float[] HeadValues { get; }
        internal int[] Targets { get; }

        internal double[] Naive(float[] hidden, float[] head) => [.. Probabilities(hidden, head).Select((p, n) => Math.Log(p[Targets[n]]))];

        internal (double[] Hidden, double[] Head) NaiveGradients(float[] dLogProbs)
        {
            double[] dHidden = new double[HiddenValues.Length], dHead = new double[HeadValues.Length];
            double[][] p = Probabilities(HiddenValues, HeadValues);
            for (int n = 0; n < p.Length; n++)
            {
                for (int v = 0; v < p[n].Length; v++)
                {
                    double dLogit = dLogProbs[n] * ((v == Targets[n] ? 1 : 0) - p[n][v]);
                    for (int d = 0; d < D; d++)
                    {
                        dHidden[n * D + d] += dLogit * HeadValues[v * D + d];
                        dHead[v * D + d] += dLogit * HiddenValues[n * D + d];
                    }
                }
            }
            return (dHidden, dHead);
        }

        static double[][] Probabilities(float[] hidden, float[] head)
        {
            double[][] all = new double[hidden.Length / D][];
            for (int n = 0; n < all.Length; n++)
            {
                double[] logits =
                [
                    .. Enumerable
                        .Range(0, head.Length / D)
                        .Select(v => Enumerable.Range(0, D).Sum(d => (double)hidden[n * D + d] * head[v * D + d])),
                ];
                double total = logits.Sum(Math.Exp);
                all[n] = [.. logits.Select(l => Math.Exp(l) / total)];
            }
            return all;
        }
    }
}
