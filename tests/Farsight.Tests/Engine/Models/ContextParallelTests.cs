using Farsight.Engine;
using Farsight.Engine.Communication;
using Farsight.Engine.Models;
using Farsight.Engine.Numerics;
using Farsight.Engine.Parameters;

namespace Farsight.Tests.Engine.Models;

/// <summary>Passes whose rows are divided among ranks that are threads, against passes of one process.</summary>
public sealed class ContextParallelTests
{
    const double Tolerance = 2e-5, ToleranceOfVariants = 2e-4; // of three layers with large weights; 1.1e-4 with 512-bit vectors

    public static TheoryData<int, int, bool, bool> Cases => new()
    {
        { 2, 4, false, false }, { 2, 900, false, false }, { 3, 900, false, false }, { 4, 900, false, false },
        { 2, 900, true, false }, { 2, 900, false, true }, { 4, 37, true, true },
    };

    [Theory, MemberData(nameof(Cases))]
    public void Shares_of_the_gradients_add_up_to_those_of_one_process(int ranks, int prompt, bool qwen, bool everything)
    {
        TokenTree tree = Tree(prompt);
        (float[] logProbs, _, float[][] expected) = Pass(tree, null, qwen, everything, Recomputation.None);

        (float[] LogProbs, int[] TopTokens, float[][] Gradients)[] shares = ThreadRanks.Run(
            ranks, r => Pass(tree, r, qwen, everything, Recomputation.None));

        Assert.All(shares, s => Near.Each([.. logProbs.Select(p => (double)p)], s.LogProbs, Tolerance, 1e-5));
        for (int p = 0; p < expected.Length; p++)
        {
            float[] sum = [.. expected[p].Select((_, i) => (float)shares.Sum(s => (double)s.Gradients[p][i]))];
            Near.RelativeToLargest([.. expected[p].Select(g => (double)g)], sum, Tolerance, $"parameter {p}");
        }
    }

    public static TheoryData<string, int> Variants
    {
        get
        {
            TheoryData<string, int> variants = [];
            foreach (string name in DecoderVariants.All.Keys)
            {
                foreach (int ranks in new[] { 2, 3, 4 })
                {
                    variants.Add(name, ranks);
                }
            }
            return variants;
        }
    }

    [Theory, MemberData(nameof(Variants))]
    public void Every_variant_of_the_decoder_has_the_results_of_one_process(string variant, int ranks)
    {
        TokenTree tree = Tree(100);
        (float[] logProbs, _, float[][] expected) = Pass(tree, null, () => Adapted(DecoderVariants.All[variant]));

        (float[] LogProbs, int[], float[][] Gradients)[] shares = ThreadRanks.Run(
            ranks, r => Pass(tree, r, () => Adapted(DecoderVariants.All[variant])));

        Assert.All(shares, s => Near.Each([.. logProbs.Select(p => (double)p)], s.LogProbs, ToleranceOfVariants, 1e-5));
        for (int p = 0; p < expected.Length; p++)
        {
            float[] sum = [.. expected[p].Select((_, i) => (float)shares.Sum(s => (double)s.Gradients[p][i]))];
            Near.RelativeToLargest([.. expected[p].Select(g => (double)g)], sum, ToleranceOfVariants, $"parameter {p}");
        }
    }

    [Theory]
    [InlineData(2), InlineData(4)]
    public void A_long_prompt_with_responses_has_the_log_probabilities_of_one_process_to_the_bit(int ranks)
    {
        TokenTree tree = Tree(1000);
        (float[] logProbs, int[] topTokens, _) = Pass(tree, null, false, false, Recomputation.None);

        (float[] LogProbs, int[] TopTokens, float[][])[] shares = ThreadRanks.Run(
            ranks, r => Pass(tree, r, false, false, Recomputation.None));

        Assert.All(shares, s => Assert.Equal(logProbs, s.LogProbs));
        Assert.All(shares, s => Assert.Equal(topTokens, s.TopTokens));
    }

    [Theory]
    [InlineData(Recomputation.Mlp), InlineData(Recomputation.Layer)]
    public void Levels_of_recomputation_have_the_same_bits(Recomputation level)
    {
        TokenTree tree = Tree(500);

        (float[] LogProbs, int[], float[][] Gradients)[] kept = ThreadRanks.Run(2, r => Pass(tree, r, true, false, Recomputation.None)),
            computed = ThreadRanks.Run(2, r => Pass(tree, r, true, false, level));

        Assert.Equal(kept.SelectMany(k => k.Gradients), computed.SelectMany(c => c.Gradients));
        Assert.Equal(kept.Select(k => k.LogProbs), computed.Select(c => c.LogProbs));
    }

    [Theory]
    [InlineData(null, false), InlineData(Recomputation.None, true), InlineData(Recomputation.Mlp, false)]
    [InlineData(Recomputation.Layer, true), InlineData(Recomputation.RoundedLayer, false)]
    public void A_rank_takes_to_the_float_what_was_planned_for_its_share(Recomputation? level, bool qwen)
    {
        TokenTree tree = Tree(2500);
        TreeSize bound = TreeSize.Of(tree).Divided(4);

        ThreadRanks.Run(4, ranks =>
        {
            using DecoderModel model = Model(qwen, everything: false);
            TreeSize own = TreeShare.Of(tree, ranks).Size;
            using TreePass pass = level is { } keep ? model.Forward(tree, keep, null, ranks) : model.Evaluate(tree, ranks);
            if (level is not null)
            {
                pass.Backward(new float[pass.LogProbs.Length]);
            }
            Assert.Equal(ActivationPlan.Of(model.Config, own, model.Lora, level), pass.Taken);
            Assert.Equal(bound, bound.Or(own));
            return own.Rows;
        });
    }

    [Fact]
    public void Ranks_have_nearly_equal_rows_and_pairs_of_queries_and_keys()
    {
        TokenTree tree = Tree(40_000);

        (int Rows, long Pairs)[] work = ThreadRanks.Run(4, ranks =>
        {
            TreeShare share = TreeShare.Of(tree, ranks);
            return (share.Tokens.Count, share.Spans.Sum(s => s.QueryCount * (s.Prefix.Sum(p => (long)p.Count) + (s.QueryCount + 1) / 2)));
        });

        Assert.Equal(tree.Count, work.Sum(w => w.Rows));
        Assert.InRange(work.Max(w => w.Rows) / (double)work.Min(w => w.Rows), 1, 1.02);
        Assert.InRange(work.Max(w => w.Pairs) / (double)work.Min(w => w.Pairs), 1, 1.02);
    }

    [Fact]
    public void A_tree_with_fewer_tokens_than_stripes_is_refused()
    {
        TokenTree tree = TokenTree.Sequence([1, 2, 3]);

        InputException e = Assert.ThrowsAny<InputException>(() => ThreadRanks.Run(2, ranks => TreeShare.Of(tree, ranks)));

        Assert.Equal(
            "A tree of 3 tokens cannot be divided among 2 context ranks, which need 4; use fewer, or longer samples.", e.Message);
    }

    /// <summary>A prompt with three responses, and a short root with all tokens but the first scored.</summary>
    static TokenTree Tree(int prompt)
    {
        SeededRandom random = new(9);
        int[] Tokens(int count)
        {
            int[] tokens = new int[count];
            for (int i = 0; i < count; i++)
            {
                tokens[i] = random.Next(50);
            }
            return tokens;
        }
        TokenTreeBuilder tree = new();
        int root = tree.Add(TokenTreeBuilder.Root, Tokens(prompt), [.. Enumerable.Range(0, prompt)], scored: false);
        foreach (int length in new[] { 5, 1, 9 })
        {
            tree.Add(root, Tokens(length), [.. Enumerable.Range(prompt, length)], scored: true);
        }
        tree.Add(TokenTreeBuilder.Root, Tokens(3), [0, 1, 2], [false, true, true]);
        return tree.Build();
    }

    static DecoderModel Model(bool qwen, bool everything)
    {
        if (!everything)
        {
            return Adapted(SmallModel.Config(tied: false, qwen));
        }
        DecoderModel model = SmallModel.Create(tied: false, qwen);
        model.TrainEverything();
        return model;
    }

    static DecoderModel Adapted(ModelConfig config)
    {
        DecoderModel model = SmallModel.Create(config);
        model.AttachLora(
            new(3, 6, ["q_proj", "k_proj", "v_proj", "o_proj", "down_proj"], TrainEmbeddings: true, TrainNorms: true), seed: 1);
        foreach (Parameter b in model.Parameters.Where(p => p.Name.EndsWith("lora_B.weight", StringComparison.Ordinal)))
        {
            TestData.Normal((int)b.Value.Length, seed: 2).CopyTo(b.Value.Span); // at zero A would have no gradient
        }
        return model;
    }

    static (float[] LogProbs, int[] TopTokens, float[][] Gradients) Pass(
        TokenTree tree, Communicator? ranks, bool qwen, bool everything, Recomputation level) =>
        Pass(tree, ranks, () => Model(qwen, everything), level);

    static (float[] LogProbs, int[] TopTokens, float[][] Gradients) Pass(
        TokenTree tree, Communicator? ranks, Func<DecoderModel> create, Recomputation level = Recomputation.None)
    {
        using DecoderModel model = create();
        model.Touch(tree);
        using TreePass pass = model.Forward(tree, level, null, ranks);
        pass.Backward(TestData.Normal(tree.Scored.Count, seed: 5));
        return ([.. pass.LogProbs], [.. pass.TopTokens], [.. model.Parameters.Select(p => p.Gradient.Span.ToArray())]);
    }
}
