using Farsight.Engine.Kernels;
using Farsight.Engine.Lora;
using Farsight.Engine.Models;
using Farsight.Engine.Parameters;
using Farsight.Tests.Engine.Kernels;

namespace Farsight.Tests.Engine.Models;

/// <summary>Shifted sparse attention in a whole model; the kernel's own tests are in <see cref="TreeAttentionTests"/>.</summary>
public sealed class AttentionPatternTests
{
    [Fact]
    public void Groups_are_cut_by_hand()
    {
        AttentionSpan prompt = new(0, 5, [], 0), leaf = new(5, 4, [new(0, 5)], 5), other = new(9, 2, [new(0, 5)], 9);

        IReadOnlyList<AttentionSpan> spans = new AttentionPattern.ShiftedSparse(4).Of([prompt, leaf, other], heads: 4);

        Assert.Equal(
            [
                "0-2: 0+4 []", "0-2: 4+1 []", "0-2: 5+3 [4-5]", "0-2: 9+2 [4-5]", "0-2: 8+1 []",
                "2-4: 0+2 []", "2-4: 2+3 []", "2-4: 5+1 [2-5]", "2-4: 9+1 [2-5]", "2-4: 6+3 []", "2-4: 10+1 []",
            ],
            spans.Select(s =>
                $"{s.Heads!.Value.Start}-{s.Heads.Value.End}: {s.FirstQuery}+{s.QueryCount} "
                + $"[{string.Join(' ', s.Prefix.Select(r => $"{r.Start}-{r.End}"))}]"));
        Assert.All(spans, s => Assert.Equal(s.FirstQuery, s.FirstKey));
    }

    [Fact]
    public void A_single_head_is_in_the_second_half_and_its_groups_are_shifted()
    {
        IReadOnlyList<AttentionSpan> spans = new AttentionPattern.ShiftedSparse(4).Of([new(0, 7, [], 0)], heads: 1);

        Assert.Equal([(0, 2), (2, 4), (6, 1)], spans.Select(s => (s.FirstQuery, s.QueryCount)));
        Assert.All(spans, s => Assert.Equal(new HeadRange(0, 1), s.Heads));
    }

    [Fact]
    public void A_group_begins_inside_the_second_range_of_a_prefix()
    {
        AttentionSpan leaf = new(30, 2, [new(0, 5), new(20, 6)], 30); // its tokens are number 11 and 12 of the sequence

        IReadOnlyList<AttentionSpan> spans = new AttentionPattern.ShiftedSparse(4).Of([leaf], heads: 2);

        Assert.Equal([(30, 1), (31, 1), (30, 2)], spans.Select(s => (s.FirstQuery, s.QueryCount)));
        Assert.Equal([new(23, 3)], spans[0].Prefix); // from token 8 on
        Assert.Empty(spans[1].Prefix); // token 12 begins a group
        Assert.Equal([new(25, 1)], spans[2].Prefix); // shifted: from token 10 on
    }

    [Theory, InlineData(1), InlineData(0), InlineData(-3)]
    public void A_group_of_fewer_than_two_tokens_is_refused(int group) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => new AttentionPattern.ShiftedSparse(group).Of([new(0, 5, [], 0)], heads: 2));

    [Theory, InlineData(2), InlineData(4), InlineData(5), InlineData(7), InlineData(int.MaxValue)]
    public void Log_probabilities_over_a_tree_are_those_of_its_sequences(int group)
    {
        ModelConfig config = SmallModel.Config(tied: false);
        using DecoderModel model = SmallModel.Create(config);
        TokenTree tree = SmallModel.Tree();

        using TreePass pass = model.Forward(tree, attention: new AttentionPattern.ShiftedSparse(group));

        Near.Each(
            ModelVariantTests.Naive(config, tree, TreeAttentionNaive.Groups(group, 4)),
            pass.LogProbs,
            relative: 1e-4,
            absolute: 1e-5);
    }

    [Fact]
    public void Every_gradient_matches_finite_differences()
    {
        AttentionPattern attention = new AttentionPattern.ShiftedSparse(4);
        using DecoderModel model = SmallModel.Create(tied: false, qwen: true);
        model.TrainEverything();
        TokenTree tree = SmallModel.Tree();
        float[] dLogProbs = TestData.Normal(tree.Scored.Count, seed: 3);
        using (TreePass pass = model.Forward(tree, attention: attention))
        {
            pass.Backward(dLogProbs);
        }

        foreach (Parameter parameter in model.Parameters)
        {
            float[] direction = TestData.Normal((int)parameter.Value.Length, seed: 4), gradient = parameter.Gradient.Span.ToArray();
            double analytic = gradient.Zip(direction, (g, d) => (double)g * d).Sum();
            double numeric = ModelVariantTests.Difference(model, tree, dLogProbs, parameter, direction, attention);

            Assert.True(
                Math.Abs(analytic - numeric) <= 0.02 + 0.01 * Math.Abs(analytic),
                $"{parameter.Name}: gradient {analytic}, differences {numeric}");
        }
    }

    [Theory, InlineData(Recomputation.Mlp), InlineData(Recomputation.Layer)]
    public void What_is_computed_again_is_computed_in_the_same_groups(Recomputation level) =>
        Assert.Equal(Pass(Recomputation.None), Pass(level));

    [Fact]
    public void Evaluation_looks_at_all_keys()
    {
        using DecoderModel model = SmallModel.Create();
        TokenTree tree = SmallModel.Tree();

        using TreePass full = model.Forward(tree), grouped = model.Forward(tree, attention: new AttentionPattern.ShiftedSparse(4));

        Assert.Equal(full.LogProbs, model.LogProbs(tree));
        Assert.NotEqual(full.LogProbs, grouped.LogProbs);
    }

    static float[] Pass(Recomputation level)
    {
        using DecoderModel model = SmallModel.Create(tied: false);
        model.AttachLora(new(3, 6, LinearShape.TargetsOf(model.Config), TrainEmbeddings: true, TrainNorms: true), seed: 1);
        using TreePass pass = model.Forward(SmallModel.Tree(), level, new AttentionPattern.ShiftedSparse(4));
        pass.Backward(TestData.Normal(pass.LogProbs.Length, seed: 3));
        return [.. pass.LogProbs, .. model.Parameters.SelectMany(p => p.Gradient.Span.ToArray())];
    }
}
