using Farsight.Engine.Kernels;
using Farsight.Engine.Memory;

namespace Farsight.Tests.Engine.Kernels;

public sealed class SoftcapTests
{
    [Theory]
    [InlineData(0.5f), InlineData(3f), InlineData(30f), InlineData(50f)]
    public void Scores_are_limited_as_the_formula_says(float cap)
    {
        float[] scores =
        [
            .. TestData.Normal(301, seed: 1).Select(v => 10 * v), .. Enumerable.Range(-400, 801).Select(i => i / 100f * cap),
            0, 1e-6f, -1e-6f, 1e30f, -1e30f,
        ];
        using GuardedBuffer limited = new(scores);

        Softcap.Forward(limited.Span, cap);

        Near.Each([.. scores.Select(s => cap * Math.Tanh(s / (double)cap))], limited.Span, relative: 5e-7, absolute: 1e-12);
    }

    [Fact]
    public void Not_a_number_stays_not_a_number()
    {
        float[] scores = [float.NaN, 1];

        Softcap.Forward(scores, 2);

        Assert.True(float.IsNaN(scores[0]) && !float.IsNaN(scores[1]));
    }

    [Theory]
    [InlineData(1f, 4f), InlineData(0.5f, null), InlineData(0.25f, 1f)]
    public void Scaled_and_limited_logits_give_the_naive_log_probabilities_and_gradients(float scale, float? cap)
    {
        const int Rows = 7, Vocabulary = 37, D = 12;
        Rows hidden = ToRows(TestData.Normal(Rows * D, 1), D), head = ToRows(TestData.Normal(Vocabulary * D, 2), D);
        int[] targets = [.. Enumerable.Range(0, Rows).Select(n => n * 5 % Vocabulary)];
        float[] dLogProbs = TestData.Normal(Rows, 3), logProbs = new float[Rows], logSumExp = new float[Rows];
        LogitRule rule = new(scale, cap);
        Rows dHidden = ToRows(TestData.Normal(Rows * D, 4), D), dHead = ToRows(TestData.Normal(Vocabulary * D, 5), D);
        float[] dHidden0 = dHidden.Span.ToArray(), dHead0 = dHead.Span.ToArray();
        TokenLogProbs.TileSize tile = new(Rows: 4, Vocabulary: 16);

        TokenLogProbs.Forward(hidden, new RowsMatrix(head), targets, logProbs, logSumExp, new int[Rows], tile, rule);
        TokenLogProbs.Backward(dLogProbs, hidden, new RowsMatrix(head), targets, logSumExp, dHidden, dHead, tile, rule);

        double[] Naive(float[] h, float[] w) =>
        [
            .. targets.Select((target, n) =>
            {
                double[] logits =
                [
                    .. Enumerable.Range(0, Vocabulary).Select(v =>
                    {
                        double z = scale * Enumerable.Range(0, D).Sum(d => (double)h[n * D + d] * w[v * D + d]);
                        return cap is { } c ? c * Math.Tanh(z / c) : z;
                    }),
                ];
                return logits[target] - Math.Log(logits.Sum(Math.Exp));
            }),
        ];
        float[] hiddenValues = hidden.Span.ToArray(), headValues = head.Span.ToArray();
        double Loss(float[] h, float[] w) => Naive(h, w).Zip(dLogProbs, (l, d) => l * d).Sum();
        Near.Each(Naive(hiddenValues, headValues), logProbs, relative: 1e-6, absolute: 1e-5);
        Near.Each(Gradient.Of(h => Loss(h, headValues), hiddenValues), Minus(dHidden, dHidden0), relative: 1e-3, absolute: 2e-3);
        Near.Each(Gradient.Of(w => Loss(hiddenValues, w), headValues), Minus(dHead, dHead0), relative: 1e-3, absolute: 2e-3);
    }

    static Rows ToRows(float[] values, int width)
    {
        Rows rows = Rows.Allocate(values.Length / width, width);
        values.CopyTo(rows.Span);
        return rows;
    }

    static float[] Minus(Rows a, float[] b) => [.. a.Span.ToArray().Zip(b, (p, q) => p - q)];
}
