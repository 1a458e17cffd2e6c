using Farsight.Engine.Models;
using Farsight.Engine.Parameters;

namespace Farsight.Tests.Engine.Models;

public sealed class MaskedHeadsTests
{
    static readonly AttentionHead[] s_masked = [new(0, 1), new(1, 0), new(1, 3), new(1, 0)];

    static readonly int[] s_tokens = [3, 1, 4, 1, 5, 9, 2, 6];

    [Fact]
    public void A_masked_head_adds_nothing_to_the_model()
    {
        using DecoderModel model = SmallModel.Create();
        model.MaskedHeads = s_masked;
        NaiveDecoder naive = new(model.Config, SmallModel.Source()) { Masked = s_masked };

        double[][] expected = naive.LogProbs(s_tokens, [.. Enumerable.Range(0, s_tokens.Length)], s_tokens.Length);

        Near.Each(
            [.. Enumerable.Range(1, s_tokens.Length - 1).Select(t => expected[t - 1][s_tokens[t]])],
            model.LogProbs(TokenTree.Sequence(s_tokens)),
            relative: 1e-4,
            absolute: 1e-4);
    }

    [Fact]
    public void Heads_that_are_on_again_leave_no_trace()
    {
        using DecoderModel model = SmallModel.Create();
        float[] plain = model.LogProbs(SmallModel.Tree());

        model.MaskedHeads = s_masked;
        Assert.NotEqual(plain, model.LogProbs(SmallModel.Tree()));
        model.MaskedHeads = [];

        Assert.Equal(plain, model.LogProbs(SmallModel.Tree()));
    }

    [Fact]
    public void Nothing_flows_back_through_a_masked_head()
    {
        using DecoderModel model = SmallModel.Create();
        model.MaskedHeads = s_masked;
        model.TrainEverything();
        TokenTree tree = SmallModel.Tree();
        using (TreePass pass = model.Forward(tree))
        {
            pass.Backward(TestData.Normal(tree.Scored.Count, seed: 3));
        }

        Parameter query = model.Parameters.Single(p => p.Name == "model.layers.1.self_attn.q_proj.weight");
        int dim = model.Config.HeadDim;
        Assert.Equal(
            [true, false, false, true],
            Enumerable.Range(0, 4).Select(h => Enumerable.Range(h * dim, dim).All(row => query.Gradient[row].ToArray().All(g => g == 0))));
    }

    [Theory, InlineData(2, 0), InlineData(0, 4), InlineData(-1, 0)]
    public void A_head_that_is_not_there_is_refused(int layer, int head)
    {
        using DecoderModel model = SmallModel.Create();

        ArgumentException e = Assert.Throws<ArgumentException>(() => model.MaskedHeads = [new(layer, head)]);
        Assert.Contains("the model has 2 layers of 4 heads", e.Message);
    }
}
