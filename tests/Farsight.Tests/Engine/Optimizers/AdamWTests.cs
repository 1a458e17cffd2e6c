using Farsight.Engine.Memory;
using Farsight.Engine.Optimizers;
using Farsight.Engine.Parameters;

namespace Farsight.Tests.Engine.Optimizers;

public sealed class AdamWTests
{
    static readonly AdamWSettings s_settings = new(Beta1: 0.9, Beta2: 0.999, Epsilon: 1e-8, WeightDecay: 0.01);

    public static TheoryData<int> Lengths => [.. Enumerable.Range(1, 40), 63, 64, 65, 127, 129, 768, 40_000];

    [Fact]
    public void Two_steps_match_a_calculation_by_hand()
    {
        Parameter p = Parameter.Create("w", ParameterRole.Vector, 1, 1);
        p.Value.Span[0] = 1;
        AdamW optimizer = new([p], s_settings);

        // m̂ = g = 0.5 and √v̂ = 0.5: 1 − 0.1 · 0.01 − 0.1.
        p.Gradient.Span[0] = 0.5f;
        optimizer.Step(0.1);
        Assert.Equal(0.899, p.Value.Span[0], 1e-6);

        // m = 0.045 − 0.1, m̂ = −0.055 / 0.19; v = 0.00124975, v̂ = v / 0.001999: 0.899 · 0.999 + 0.1 · 0.289474 / 0.790690.
        p.Gradient.Span[0] = -1;
        optimizer.Step(0.1);
        Assert.Equal(0.934711, p.Value.Span[0], 1e-6);
    }

    [Theory, MemberData(nameof(Lengths))]
    public void Twenty_steps_match_naive(int length)
    {
        Parameter p = Random(length, ParameterRole.Lora, seed: 1);
        AdamW optimizer = new([p], s_settings);
        double[] w = [.. p.Value.Span.ToArray()], m = new double[length], v = new double[length];

        for (int step = 1; step <= 20; step++)
        {
            float[] g = TestData.Normal(length, seed: 100 + step);
            g.CopyTo(p.Gradient.Span);
            optimizer.Step(0.01 / step);
            AdamWNaive.Step(w, g, m, v, s_settings, 0.01 / step, step);
        }

        // 20 updates of at most 0.01, each rounded at 1e-6 of itself and once more when added to a weight of size 1.
        Near.Each(w, p.Value.Span, relative: 1e-6, absolute: 1e-6);
    }

    [Fact]
    public void A_restored_state_continues_with_the_same_bits()
    {
        Parameter straight = Random(40_000, ParameterRole.Matrix, seed: 1), stopped = Random(40_000, ParameterRole.Matrix, seed: 1);
        AdamW first = new([straight], s_settings), second = new([stopped], s_settings);
        Steps(first, 0, 6);
        Steps(second, 0, 3);
        Parameter resumed = Random(40_000, ParameterRole.Matrix, seed: 2);
        resumed.Value.CopyFrom(stopped.Value);
        AdamW third = new([resumed], s_settings) { StepsTaken = second.StepsTaken };
        foreach (var (to, from) in third.State.Zip(second.State))
        {
            Assert.Equal(from.Name, to.Name);
            to.State.CopyFrom(from.State);
        }

        Steps(third, 3, 6);

        Assert.Equal(["w.exp_avg", "w.exp_avg_sq"], third.State.Select(s => s.Name));
        Assert.Equal(straight.Value.Span.ToArray(), resumed.Value.Span.ToArray());
    }

    static void Steps(Optimizer optimizer, int from, int to)
    {
        for (int step = from; step < to; step++)
        {
            Rows gradient = optimizer.Parameters[0].Gradient;
            TestData.Normal((int)gradient.Length, seed: 100 + step).CopyTo(gradient.Span);
            optimizer.Step(0.01);
        }
    }

    static Parameter Random(int length, ParameterRole role, int seed)
    {
        Parameter p = Parameter.Create("w", role, 1, length);
        TestData.Normal(length, seed).CopyTo(p.Value.Span);
        return p;
    }
}
