using System.Text.Json;
using System.Text.Json.Serialization;
using Farsight.Alignment.Data.Positions;
using Farsight.Engine;
using Farsight.Engine.Numerics;

namespace Farsight.Tests.Alignment.Data.Positions;

public sealed class PositionSchemeTests
{
    const int Target = 1024, Samples = 10_000;
    static readonly PromptShape s_shape = new(2, [.. Enumerable.Repeat(8, 16)], 12, 10);

    static readonly IPositionScheme[] s_schemes =
    [
        new SynthesizedPositions(Target, 0.1),
        new SynthesizedPositions(Target, 1),
        new PaperBias(Target),
        new Plain(),
        new RandPos(Target),
        new Linear(Target),
        new PoSe(Target),
        new PoSe(Target, 5),
        new E2Llm(Target, 8),
    ];

    public static TheoryData<IPositionScheme> Schemes => [.. s_schemes];

    [Fact]
    public void Cases_cover_every_scheme()
    {
        IEnumerable<Type> all = typeof(IPositionScheme)
            .Assembly.GetTypes()
            .Where(t => t.IsClass && t.IsAssignableTo(typeof(IPositionScheme)));

        Assert.Empty(all.Except(s_schemes.Select(s => s.GetType())));
    }

    [Theory, MemberData(nameof(Schemes))]
    public void Positions_increase_and_end_below_the_target(IPositionScheme scheme)
    {
        for (int n = 0; n < 500; n++)
        {
            PromptShape shape = RandomShape(n);

            PromptPositions positions = Draw(scheme, shape, n);

            Assert.Equal(shape.PromptTokens, positions.Prompt.Length);
            Assert.True(positions.Prompt[0] >= 0);
            Assert.All(positions.Prompt.Zip(positions.Prompt.Skip(1)), p => Assert.True(p.First < p.Second));
            Assert.InRange(positions.Behind(0, shape.LongestResponseTokens)[^1], positions.Prompt[^1] + 1, Target - 1);
        }
    }

    [Theory, MemberData(nameof(Schemes))]
    public void The_same_seed_gives_the_same_positions(IPositionScheme scheme) =>
        Assert.Equal(Draw(scheme, s_shape, 3).Prompt, Draw(scheme, s_shape, 3).Prompt);

    [Theory, MemberData(nameof(Schemes))]
    public void A_target_of_the_real_length_leaves_plain_positions(IPositionScheme scheme)
    {
        PromptShape shape = s_shape with { LongestResponseTokens = Target - s_shape.PromptTokens };

        Assert.Equal(Enumerable.Range(0, shape.PromptTokens), Draw(scheme, shape, 0).Prompt);
    }

    [Theory, MemberData(nameof(Schemes))]
    public void One_chunk_alone_is_enough(IPositionScheme scheme)
    {
        PromptPositions positions = Draw(scheme, new(0, [5], 0, 1), 0);

        Assert.Equal(5, positions.Prompt.Length);
        Assert.True(positions.ResponseStart < Target);
    }

    [Theory, MemberData(nameof(Schemes))]
    public void A_sample_longer_than_the_target_is_refused(IPositionScheme scheme)
    {
        PromptShape shape = s_shape with { LongestResponseTokens = Target - s_shape.PromptTokens + 1 };
        if (scheme is Plain)
        {
            return; // no target
        }

        Assert.Contains($"raise it to {Target + 1}", Assert.Throws<InputException>(() => Draw(scheme, shape, 0)).Message);
    }

    [Theory]
    [InlineData(0, true)]
    [InlineData(1, false)]
    public void Chunks_stay_in_their_windows(double sparseShare, bool consecutive)
    {
        int region = Target - 2 - 12 - 10, gaps = 0;
        for (int n = 0; n < 200; n++)
        {
            int[] positions = Draw(new SynthesizedPositions(Target, sparseShare), s_shape, n).Prompt;

            Assert.Equal([0, 1], positions[..2]);
            for (int j = 0; j < 16; j++)
            {
                int[] chunk = positions[(2 + 8 * j)..(10 + 8 * j)];
                Assert.InRange(chunk[0], 2 + j * region / 16, chunk[^1]);
                Assert.InRange(chunk[^1], chunk[0], 2 + (j + 1) * region / 16 - 1);
                gaps += chunk[^1] - chunk[0] - 7;
            }
            Assert.Equal(Enumerable.Range(positions[129] + 1, 12), positions[130..]);
        }
        Assert.Equal(consecutive, gaps == 0);
    }

    [Fact]
    public void A_tenth_of_the_samples_is_sparse()
    {
        int sparse = Enumerable
            .Range(0, Samples)
            .Count(n => Draw(new SynthesizedPositions(Target, 0.1), s_shape, n).Prompt is var p && p[9] - p[2] > 7);

        Assert.InRange(sparse, 880, 1120); // 1000 ± 4 standard deviations
    }

    [Theory]
    [InlineData(0)]
    [InlineData(0.1)]
    [InlineData(1)]
    public void Every_position_of_the_target_is_used(double sparseShare)
    {
        bool[] used = new bool[Target];
        for (int n = 0; n < Samples; n++)
        {
            PromptPositions positions = Draw(new SynthesizedPositions(Target, sparseShare), s_shape, n);
            foreach (int position in (int[])[.. positions.Prompt, .. positions.Behind(0, s_shape.LongestResponseTokens)])
            {
                used[position] = true;
            }
        }
        Assert.DoesNotContain(false, used);
    }

    /// <summary>The point of the synthesis: from the question, the evidence lies at every distance equally often.</summary>
    /// <remarks>16 bins are one a window; 61 are finer than a window, and see chunks that stay at one place in it.</remarks>
    [Theory]
    [InlineData(0.1, 16, 1)]
    [InlineData(0, 61, 5)]
    public void Distances_from_the_question_are_uniform(double sparseShare, int bins, int outer)
    {
        int region = Target - 2 - 12 - 10;
        int[] counts = new int[bins];
        for (int n = 0; n < Samples; n++)
        {
            int[] positions = Draw(new SynthesizedPositions(Target, sparseShare), s_shape, n).Prompt;
            for (int i = 2; i < 130; i++)
            {
                counts[(positions[130] - positions[i] - 1) * bins / region]++;
            }
        }
        double expected = Samples * 128.0 / bins;
        Assert.All(counts[outer..^outer], c => Assert.InRange(c, 0.8 * expected, 1.2 * expected));
    }

    [Theory]
    [InlineData("{\"scheme\":\"synthesized\",\"target_length\":4096,\"sparse_share\":0.1,\"plain_share\":0.5}")]
    [InlineData("{\"scheme\":\"paper_bias\",\"target_length\":4096}")]
    [InlineData("{\"scheme\":\"plain\"}")]
    [InlineData("{\"scheme\":\"randpos\",\"target_length\":4096}")]
    [InlineData("{\"scheme\":\"linear\",\"target_length\":4096}")]
    [InlineData("{\"scheme\":\"pose\",\"target_length\":4096,\"chunks\":3}")]
    [InlineData("{\"scheme\":\"e2llm\",\"target_length\":4096,\"max_scale\":8}")]
    public void Json_holds_the_settings_and_nothing_else(string json)
    {
        JsonSerializerOptions options = new()
        {
            PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
            UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        };

        Assert.Equal(json, JsonSerializer.Serialize(JsonSerializer.Deserialize<IPositionScheme>(json, options), options));
    }

    [Fact]
    public void Settings_out_of_range_are_named_by_their_path()
    {
        Assert.Equal(["p.target_length", "p.sparse_share"], Keys(new SynthesizedPositions(0, 1.1)));
        Assert.Equal(["p.sparse_share"], Keys(new SynthesizedPositions(1, double.NaN)));
        Assert.Equal(["p.plain_share"], Keys(new SynthesizedPositions(1, 0, -1)));
        Assert.Equal(["p.target_length"], Keys(new RandPos(-1)));
        Assert.Equal(["p.target_length", "p.chunks"], Keys(new PoSe(0, 0)));
        Assert.Equal(["p.max_scale"], Keys(new E2Llm(1, 0)));
        Assert.Empty(s_schemes.SelectMany(Keys));

        static IEnumerable<string> Keys(IPositionScheme scheme) => scheme.Problems("p").Select(p => p.Split(':')[0]);
    }

    [Fact]
    public void Settings_at_the_ends_of_their_ranges_are_allowed() =>
        Assert.Empty(
            ((IPositionScheme[])
                [
                    new SynthesizedPositions(1, 0, 0), new SynthesizedPositions(1, 1, 1), new PoSe(1, 1), new E2Llm(1, 1),
            new E2Llm(1, 1024),
                ]).SelectMany(s => s.Problems("p")));

    [Fact]
    public void Biases_of_the_paper_are_drawn_up_to_the_chunks_share_of_the_slack_and_sorted()
    {
        PromptShape shape = new(1, [4, 6], 3, 6); // 20 tokens; with 100 positions to skip b_1 ~ U{0, …, 50} and b_2 ~ U{0, …, 100}
        int least = int.MaxValue, most = 0, mostOfFirst = 0;
        double sum = 0;
        for (int n = 0; n < Samples; n++)
        {
            int[] positions = Draw(new PaperBias(120), shape, n).Prompt;
            int first = positions[1] - 1, second = positions[5] - 5;

            Assert.Equal([0, .. Enumerable.Range(1 + first, 4), .. Enumerable.Range(5 + second, 9)], positions);
            Assert.InRange(first, 0, second);
            (least, most, mostOfFirst) = (Math.Min(least, first), Math.Max(most, second), Math.Max(mostOfFirst, first));
            sum += first + second;
        }
        Assert.Equal((0, 100, 50), (least, most, mostOfFirst)); // the smaller of two draws is at most the first bound
        Assert.InRange(sum / Samples, 75 - 1.6, 75 + 1.6); // E = 25 + 50; ± 5 standard errors of 0.33
    }

    [Fact]
    public void A_prompt_of_a_question_alone_starts_at_0()
    {
        Assert.Equal([0, 1, 2, 3, 4], Draw(new PaperBias(Target), new(0, [], 5, 3), 0).Prompt);
        Assert.Equal([0, 1, 2, 3, 4], Draw(new SynthesizedPositions(Target, 0.1), new(0, [], 5, 3), 0).Prompt);
    }

    [Fact]
    public void Without_a_plain_share_nothing_is_drawn_for_it()
    {
        SeededRandom twin = SeededRandom.For(1, "positions", 7);
        _ = twin.NextDouble(); // sparse or not
        int start = twin.Next(1 + Target - 1 - 5); // five tokens and one of a response

        Assert.Equal(Enumerable.Range(start, 5), Draw(new SynthesizedPositions(Target, 0), new(0, [5], 0, 1), 7).Prompt);
    }

    [Fact]
    public void Evenly_spaced_positions_are_those_of_the_formula() =>
        // ⌊i · 25 / 10⌋ for eight prompt tokens and a response of two
        Assert.Equal([0, 2, 5, 7, 10, 12, 15, 17], Draw(new Linear(25), new(1, [4], 3, 2), 0).Prompt);

    [Fact]
    public void Lengths_of_a_prompt_add_up()
    {
        PromptShape shape = new(2, [30, 40], 5, 11);

        Assert.Equal((70, 77, 88, 0, 12), (shape.ContextTokens, shape.PromptTokens, shape.RealLength, shape.Slack(88), shape.Slack(100)));
        Assert.Contains("raise it to 88", Assert.Throws<InputException>(() => shape.Slack(87)).Message);
    }

    [Fact]
    public void Tokens_behind_a_prompt_follow_in_its_steps()
    {
        PromptPositions single = new([0, 1, 7]), spread = new([0, 4, 8], 4);

        Assert.Equal((8, 12), (single.ResponseStart, spread.ResponseStart));
        Assert.Equal([8, 9, 10], single.Behind(0, 3));
        Assert.Equal([10, 11], single.Behind(2, 2));
        Assert.Equal([20, 24], spread.Behind(2, 2));
    }

    static PromptPositions Draw(IPositionScheme scheme, PromptShape shape, int index)
    {
        SeededRandom random = SeededRandom.For(1, "positions", index);
        return scheme.Assign(shape, ref random);
    }

    static PromptShape RandomShape(int seed)
    {
        SeededRandom random = SeededRandom.For(seed, "shape", 0);
        int[] chunks = new int[random.Next(1, 20)];
        for (int j = 0; j < chunks.Length; j++)
        {
            chunks[j] = random.Next(1, 45);
        }
        return new(random.Next(3), chunks, random.Next(1, 30), random.Next(1, 60));
    }

    [Fact]
    public void The_plain_share_of_samples_keeps_its_positions()
    {
        PromptShape shape = new(2, [32, 32, 32], 10, 20);
        int plain = 0;
        for (int i = 0; i < 2000; i++)
        {
            SeededRandom random = SeededRandom.For(1, "plain share", i);
            int[] positions = new SynthesizedPositions(4096, 0.1, 0.3).Assign(shape, ref random).Prompt;
            plain += positions[^1] == positions.Length - 1 ? 1 : 0;
        }

        Assert.InRange(plain / 2000.0, 0.25, 0.35);
    }
}
