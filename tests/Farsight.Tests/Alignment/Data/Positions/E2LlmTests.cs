using Farsight.Alignment.Data.Positions;
using Farsight.Engine.Models;
using Farsight.Engine.Numerics;
using Farsight.Engine.Rope;

namespace Farsight.Tests.Alignment.Data.Positions;

public sealed class E2LlmTests
{
    const int Window = 128, Scale = 8, Target = Window * Scale, Samples = 20_000;
    static readonly PromptShape s_shape = new(1, [30, 40, 20], 9, 20); // 100 prompt tokens, 120 in all

    [Fact]
    public void Every_scale_is_equally_likely_and_every_offset_at_a_scale()
    {
        Dictionary<int, int[]> counts = new() { [1] = new int[4], [2] = new int[4], [4] = new int[4], [8] = new int[4] };
        for (int n = 0; n < Samples; n++)
        {
            PromptPositions positions = Draw(s_shape, n);
            int step = positions.Step, most = (Target - 1) / step - 119, offset = positions.Prompt[1] / step - 1;

            Assert.Equal(0, positions.Prompt[0]); // the prefix stays
            Assert.Equal(Enumerable.Range(1, 99).Select(i => (i + offset) * step), positions.Prompt[1..]);
            Assert.Equal(Enumerable.Range(100, 20).Select(i => (i + offset) * step), positions.Behind(0, 20));
            Assert.InRange(offset, 0, most);
            counts[step][offset * 4 / (most + 1)]++;
        }
        Assert.All(counts, c => Assert.InRange(c.Value.Sum(), Samples / 4 * 0.93, Samples / 4 * 1.07));
        Assert.All(
            counts.Where(c => c.Key < 8),
            c => Assert.All(c.Value, v => Assert.InRange(v, Samples / 16 * 0.85, Samples / 16 * 1.15)));
        Assert.All(counts[8], v => Assert.True(v > Samples / 32)); // nine offsets only
    }

    [Fact]
    public void The_rotation_is_that_of_real_positions_at_the_scale_drawn()
    {
        float[] plain = RopeFrequencies.Of(16, 10_000, new RopeScaling.Unscaled()).InvFreq,
            scaled = RopeFrequencies.Of(16, 10_000, new RopeScaling.Linear(Scale)).InvFreq;
        for (int n = 0; n < 50; n++)
        {
            PromptPositions positions = Draw(s_shape, n);
            double g = Scale / (double)positions.Step, offset = positions.Prompt[1] / positions.Step - 1;
            for (int i = 1; i < 100; i++)
            {
                Assert.Equal((i + offset) / g * plain[2], (double)positions.Prompt[i] * scaled[2], 1e-5);
            }
        }
    }

    [Fact]
    public void Scales_that_a_long_sample_does_not_fit_at_are_not_drawn()
    {
        PromptShape longer = s_shape with { ChunkLengths = [300, 100] }; // 430 in all

        HashSet<int> steps = [.. Enumerable.Range(0, 500).Select(n => Draw(longer, n).Step)];

        Assert.Equal([1, 2], steps.Order());
    }

    static PromptPositions Draw(PromptShape shape, int index)
    {
        SeededRandom random = SeededRandom.For(1, "e2llm", index);
        return new E2Llm(Target, Scale).Assign(shape, ref random);
    }
}
