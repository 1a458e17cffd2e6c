using Farsight.Engine.Memory;
using Farsight.Engine.Optimizers;
using Farsight.Engine.Parameters;

namespace Farsight.Tests.Engine.Optimizers;

public sealed class RmspropTests
{
    static readonly RmspropSettings s_settings = new(Alpha: 0.99, Epsilon: 1e-8, WeightDecay: 0.01);

    public static TheoryData<int> Lengths => [.. Enumerable.Range(1, 40), 63, 64, 65, 127, 129, 768, 40_000];

    [Fact]
    public void Two_steps_match_a_calculation_by_hand()
    {
        Parameter p = Parameter.Create("w", ParameterRole.Vector, 1, 1);
        p.Value.Span[0] = 1;
        Rmsprop optimizer = new([p], s_settings);

        // g = 0.5 + 0.01 = 0.51; v = 0.01 · 0.2601 = 0.002601, √v = 0.051: 1 − 0.1 · 0.51 / 0.051.
        p.Gradient.Span[0] = 0.5f;
        optimizer.Step(0.1);
        Assert.Equal(0, p.Value.Span[0], 1e-6);

        // g = −1 (the weight is 0); v = 0.99 · 0.002601 + 0.01 = 0.01257499, √v = 0.11213826: 0.1 / 0.11213826.
        p.Gradient.Span[0] = -1;
        optimizer.Step(0.1);
        Assert.Equal(0.891756, p.Value.Span[0], 1e-5);
    }

    [Theory, MemberData(nameof(Lengths))]
    public void Twenty_steps_match_naive(int length)
    {
        Parameter p = Random(length, seed: 1);
        Rmsprop optimizer = new([p], s_settings);
        double[] w = [.. p.Value.Span.ToArray()], v = new double[length];

        for (int step = 1; step <= 20; step++)
        {
            float[] g = TestData.Normal(length, seed: 100 + step);
            g.CopyTo(p.Gradient.Span);
            optimizer.Step(0.01 / step);
            for (int i = 0; i < length; i++)
            {
                double whole = g[i] + s_settings.WeightDecay * w[i];
                v[i] = s_settings.Alpha * v[i] + (1 - s_settings.Alpha) * whole * whole;
                w[i] -= 0.01 / step * whole / (Math.Sqrt(v[i]) + s_settings.Epsilon);
            }
        }

        // 20 updates of at most 0.1, each rounded at 1e-6 of itself and once more when added to a weight of size 1.
        Near.Each(w, p.Value.Span, relative: 1e-5, absolute: 1e-5);
    }

    [Fact]
    public void A_restored_state_continues_with_the_same_bits()
    {
        Parameter straight = Random(40_000, seed: 1), stopped = Random(40_000, seed: 1), resumed = Random(40_000, seed: 2);
        Rmsprop first = new([straight], s_settings), second = new([stopped], s_settings), third = new([resumed], s_settings);
        Steps(first, 0, 6);
        Steps(second, 0, 3);
        resumed.Value.CopyFrom(stopped.Value);
        foreach (((string to, Rows state), (string from, Rows kept)) in third.State.Zip(second.State))
        {
            Assert.Equal(("w.square_avg", "w.square_avg"), (to, from));
            state.CopyFrom(kept);
        }

        Steps(third, 3, 6);

        Assert.Single(third.State);
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

    static Parameter Random(int length, int seed)
    {
        Parameter p = Parameter.Create("w", ParameterRole.Lora, 1, length);
        TestData.Normal(length, seed).CopyTo(p.Value.Span);
        return p;
    }
}
