using Farsight.Engine.Checkpoints;
using Farsight.Engine.Memory;
using Farsight.Engine.Numerics;
using Farsight.Engine.Optimizers;
using Farsight.Engine.Parameters;

namespace Farsight.Tests.Engine.Optimizers;

public sealed class EightBitAdamWTests
{
    const int Length = 5000; // two whole blocks and a part of one

    static readonly AdamWSettings s_settings = new(Beta1: 0.9, Beta2: 0.999, Epsilon: 1e-8, WeightDecay: 0.01);

    [Fact]
    public void The_codes_are_seven_decades_with_twice_as_many_values_in_each()
    {
        // By hand: the middles of 2^i equal parts of [0.1, 1] times 10^(i − 6), or of 2^(i + 1) parts without signs.
        IReadOnlyList<float> signed = DynamicCode.Signed.Values, unsigned = DynamicCode.Unsigned.Values;

        Assert.Equal((256, 256), (signed.Distinct().Count(), unsigned.Distinct().Count()));
        Near.Each([0, 5.5e-7, 3.25e-6, 7.75e-6], [.. signed.Where(v => v >= 0).Take(4)], relative: 1e-6, absolute: 0);
        Near.Each([0, 3.25e-7, 7.75e-7, 2.125e-6], [.. unsigned.Take(4)], relative: 1e-6, absolute: 0);
        Near.Each([0.97890625, 0.99296875, 1], [.. signed.TakeLast(3)], relative: 1e-6);
        Near.Each([0.989453125, 0.996484375, 1], [.. unsigned.TakeLast(3)], relative: 1e-6);
        Assert.Equal(127, signed.Count(v => v < 0));
        Assert.Equal(-0.99296875f, signed[0], 1e-6f);
    }

    [Fact]
    public void A_value_is_coded_as_the_nearest_within_the_stated_error()
    {
        float[] values = TestData.Normal(2048, seed: 1), decoded = new float[2048];
        byte[] codes = new byte[2048];

        float scale = DynamicCode.Signed.Encode(values, codes);
        DynamicCode.Signed.Decode(codes, scale, decoded);

        Assert.Equal(values.Max(Math.Abs), scale);
        foreach ((float value, float got) in values.Zip(decoded))
        {
            float nearest = DynamicCode.Signed.Values.Select(v => v * scale).MinBy(v => Math.Abs(v - value));
            Assert.Equal(Math.Abs(nearest - value), Math.Abs(got - value), 1e-6f);
            // The value −1 is no code, so the lowest is off by 0.99296875 at most.
            Assert.True(Math.Abs(got - value) <= 0.00704f * scale, $"{value} became {got}");
        }
        Assert.Equal(0, DynamicCode.Signed.Encode(new float[8], codes.AsSpan(0, 8)));
        DynamicCode.Unsigned.Decode(new byte[8], 3, decoded.AsSpan(0, 8));
        Assert.All(decoded[..8], v => Assert.Equal(0, v)); // zeroed memory holds zeros
    }

    [Fact]
    public void A_second_moment_is_never_forgotten_while_the_first_is_remembered()
    {
        float[] moments = [1, 1e-9f, 0], decoded = new float[3];
        byte[] codes = new byte[3];

        float scale = DynamicCode.Unsigned.Encode(moments, codes);
        DynamicCode.Unsigned.Decode(codes, scale, decoded);

        Near.Each([1, 3.25e-7, 0], decoded, relative: 1e-6, absolute: 0);
    }

    [Fact]
    public void A_step_is_that_of_AdamW_on_the_coded_moments()
    {
        Parameter p = Random(seed: 1);
        using EightBitAdamW optimizer = new([p], s_settings);
        double[] w = [.. p.Value.Span.ToArray()], m = new double[Length], v = new double[Length];

        for (int step = 1; step <= 10; step++)
        {
            float[] g = TestData.Normal(Length, seed: 100 + step);
            g.CopyTo(p.Gradient.Span);
            optimizer.Step(0.01);
            for (int i = 0; i < Length; i++)
            {
                m[i] = 0.9 * m[i] + 0.1 * g[i];
                v[i] = 0.999 * v[i] + 0.001 * g[i] * g[i];
                double change = m[i] / (1 - Math.Pow(0.9, step)) / (Math.Sqrt(v[i] / (1 - Math.Pow(0.999, step))) + 1e-8);
                w[i] -= 0.01 * (0.01 * w[i] + change);
            }
            Code(DynamicCode.Signed.Values, m);
            Code(DynamicCode.Unsigned.Values, v);
        }

        // Where a moment lies between two codes, rounding decides; 999 of 1000 values are coded alike.
        int other = w.Zip(p.Value.Span.ToArray(), (a, b) => Math.Abs(a - b) > 1e-5 ? 1 : 0).Sum();
        Assert.InRange(other, 0, Length / 1000);
    }

    [Fact]
    public void A_minimum_is_found_as_with_F32_moments()
    {
        Parameter coded = Random(seed: 1), exact = Random(seed: 1);
        using EightBitAdamW one = new([coded], s_settings with { WeightDecay = 0 });
        using AdamW other = new([exact], s_settings with { WeightDecay = 0 });
        for (int step = 0; step < 300; step++)
        {
            foreach (Optimizer optimizer in (Optimizer[])[one, other])
            {
                Parameter p = optimizer.Parameters[0];
                p.Value.Span.CopyTo(p.Gradient.Span); // of half the square
                optimizer.Step(0.02);
            }
        }

        double Norm(Parameter p) => Math.Sqrt(p.Value.Span.ToArray().Average(v => (double)v * v));
        Assert.True(Norm(exact) < 0.02, $"{Norm(exact)}");
        Assert.True(Norm(coded) < 0.04, $"{Norm(coded)}");
    }

    [Fact]
    public void A_state_restored_from_a_file_continues_with_the_same_bits()
    {
        using TemporaryFolder folder = new();
        Parameter straight = Random(seed: 1), stopped = Random(seed: 1), resumed = Random(seed: 2);
        using EightBitAdamW first = new([straight], s_settings), second = new([stopped], s_settings), third = new([resumed], s_settings);
        Steps(first, 0, 6);
        Steps(second, 0, 3);
        SafetensorsWriter.Write(
            folder["state.safetensors"], second.State.Select(s => TensorToWrite.From(s.Name, NumberFormat.F32, s.State)));
        resumed.Value.CopyFrom(stopped.Value);
        using (SafetensorsFile file = SafetensorsFile.Open(folder["state.safetensors"]))
        {
            foreach ((string name, Rows state) in third.State)
            {
                file.Tensors[name].Read(0, state.Span);
            }
        }
        third.StepsTaken = 3;

        Steps(third, 3, 6);

        Assert.Equal(
            ["w.exp_avg.codes", "w.exp_avg.absmax", "w.exp_avg_sq.codes", "w.exp_avg_sq.absmax"], third.State.Select(s => s.Name));
        Assert.Equal(straight.Value.Span.ToArray(), resumed.Value.Span.ToArray());
        Assert.Equal(EightBitAdamW.StateFloats(Length), third.State.Sum(s => s.State.Length));
    }

    static void Steps(Optimizer optimizer, int from, int to)
    {
        for (int step = from; step < to; step++)
        {
            TestData.Normal(Length, seed: 100 + step).CopyTo(optimizer.Parameters[0].Gradient.Span);
            optimizer.Step(0.01);
        }
    }

    /// <summary>Replaces the values of each block by the nearest code.</summary>
    static void Code(IReadOnlyList<float> codes, double[] values)
    {
        for (int start = 0; start < values.Length; start += 2048)
        {
            Span<double> block = values.AsSpan(start, Math.Min(2048, values.Length - start));
            double scale = 0;
            foreach (double value in block)
            {
                scale = Math.Max(scale, Math.Abs(value));
            }
            foreach (ref double value in block)
            {
                double share = value / scale;
                // A second moment above 0 does not become 0.
                value = codes.Where(c => codes[0] < 0 || share == 0 || c > 0).MinBy(c => Math.Abs(c - share)) * scale;
            }
        }
    }

    static Parameter Random(int seed)
    {
        Parameter p = Parameter.Create("w", ParameterRole.Lora, 1, Length);
        TestData.Normal(Length, seed).CopyTo(p.Value.Span);
        return p;
    }
}
