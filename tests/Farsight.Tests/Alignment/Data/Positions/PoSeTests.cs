using Farsight.Alignment.Data.Positions;
using Farsight.Engine.Numerics;

namespace Farsight.Tests.Alignment.Data.Positions;

public sealed class PoSeTests
{
    const int Target = 1024, Samples = 20_000;
    static readonly PromptShape s_shape = new(1, [30, 40, 20], 9, 20); // 100 prompt tokens, 904 positions to skip

    [Fact]
    public void Two_pieces_are_cut_in_the_first_half_and_skip_evenly()
    {
        int[] cuts = new int[51], skips = new int[8];
        for (int n = 0; n < Samples; n++)
        {
            int[] prompt = Draw(new PoSe(Target), s_shape, n).Prompt;
            int[] gaps = [.. Enumerable.Range(1, 99).Where(i => prompt[i] != prompt[i - 1] + 1)];

            Assert.InRange(gaps.Length, 0, 1);
            Assert.Equal(0, prompt[0]);
            skips[(prompt[^1] - 99) * 8 / 905]++;
            if (gaps.Length == 1)
            {
                cuts[gaps[0]]++;
            }
        }
        Assert.All(skips, c => Assert.InRange(c, Samples / 8 * 0.9, Samples / 8 * 1.1)); // ± 5 standard deviations
        Assert.Equal(0, cuts[0]);
        Assert.All(cuts[1..], c => Assert.InRange(c, Samples / 50 * 0.75, Samples / 50 * 1.25));
    }

    [Fact]
    public void The_pieces_reach_every_position_and_every_distance()
    {
        bool[] used = new bool[Target], apart = new bool[Target];
        for (int n = 0; n < Samples; n++)
        {
            PromptPositions positions = Draw(new PoSe(Target), s_shape, n);
            int[] response = positions.Behind(0, 20);
            Assert.Equal(positions.Prompt[^1] + 1, response[0]);
            foreach (int p in (int[])[.. positions.Prompt, .. response])
            {
                used[p] = true;
                apart[response[^1] - p] = true;
            }
        }
        Assert.DoesNotContain(false, used);
        Assert.DoesNotContain(false, apart);
    }

    [Fact]
    public void More_pieces_never_move_back_and_draw_their_skips_from_what_is_left()
    {
        double second = 0, third = 0;
        for (int n = 0; n < Samples; n++)
        {
            int[] prompt = Draw(new PoSe(Target, 3), s_shape, n).Prompt;
            int[] biases = [.. prompt.Select((p, i) => p - i).Distinct()];

            Assert.InRange(biases.Length, 1, 3);
            Assert.Equal(biases.Order(), biases);
            third += biases[^1] / (double)Samples;
            second += biases[Math.Min(1, biases.Length - 1)] / (double)Samples;
        }
        // E[u_1] = 904 / 2 and E[u_2] = 904 · 3/4; where a skip of 0 joins two pieces the second is not seen apart, in about 1 of 200.
        Assert.InRange(second, 452 - 15, 452 + 15);
        Assert.InRange(third, 678 - 10, 678 + 10);
    }

    [Fact]
    public void A_prompt_of_fewer_tokens_than_pieces_has_as_many_pieces()
    {
        PromptPositions positions = Draw(new PoSe(Target, 8), new(1, [1], 0, 5), 3);

        Assert.Equal(2, positions.Prompt.Length);
        Assert.Equal(0, positions.Prompt[0]);
    }

    static PromptPositions Draw(PoSe scheme, PromptShape shape, int index)
    {
        SeededRandom random = SeededRandom.For(1, "pose", index);
        return scheme.Assign(shape, ref random);
    }
}
