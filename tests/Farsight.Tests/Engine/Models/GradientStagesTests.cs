using Farsight.Engine.Lora;
using Farsight.Engine.Models;
using Farsight.Engine.Parameters;

namespace Farsight.Tests.Engine.Models;

public sealed class GradientStagesTests
{
    [Theory]
    [InlineData(true, false), InlineData(true, true), InlineData(false, false), InlineData(false, true)]
    public void Every_gradient_is_announced_once_before_and_once_after_and_has_the_same_bits(bool tied, bool everything)
    {
        using DecoderModel plain = Trainable(tied, everything), observed = Trainable(tied, everything);
        Recorder recorder = new();

        Backward(plain, null);
        Backward(observed, recorder);

        Assert.Equal(Names(observed.Parameters), recorder.Begun.Order(StringComparer.Ordinal));
        Assert.Equal(Names(observed.Parameters), recorder.Ended.Order(StringComparer.Ordinal));
        Assert.All(plain.Parameters.Zip(observed.Parameters), p => Assert.Equal(
            p.First.Gradient.Span.ToArray(), p.Second.Gradient.Span.ToArray()));
    }

    [Fact]
    public void A_layer_ends_before_the_layer_below_it_begins_and_tied_embeddings_come_last()
    {
        using DecoderModel model = Trainable(tied: true, everything: true);
        Recorder recorder = new();

        Backward(model, recorder);

        string[] order = [.. recorder.Order];
        int Of(string text) => Array.IndexOf(order, text);
        Assert.True(Of("end model.layers.1.mlp.up_proj.weight") < Of("begin model.layers.0.self_attn.q_proj.weight"));
        Assert.Equal("begin model.embed_tokens.weight", order[^2]);
        Assert.Equal("end model.embed_tokens.weight", order[^1]);
    }

    [Fact]
    public void The_stages_of_a_layer_are_its_MLP_its_output_projection_and_its_other_projections()
    {
        using DecoderModel model = SmallModel.Create(tied: false, qwen: true);
        model.TrainEverything();
        Recorder recorder = new();

        Backward(model, recorder);

        string[][] stages = [.. recorder.Stages.Where(s => s.Any(n => n.Contains(".layers.1.", StringComparison.Ordinal)))];
        Assert.Equal([4, 1, 9], stages.Select(s => s.Length));
        Assert.All(stages[0], n => Assert.Matches("mlp|post_attention_layernorm", n));
        Assert.All(stages[1], n => Assert.Matches("o_proj", n));
        Assert.All(stages[2], n => Assert.Matches("(q|k|v)_proj|(q|k)_norm|input_layernorm", n));
    }

    [Fact]
    public void Rows_touched_for_a_tree_are_those_of_its_backward_pass_in_the_same_order()
    {
        using DecoderModel first = Trainable(tied: false, everything: false), second = Trainable(tied: false, everything: false);

        Backward(first, null);
        second.Touch(SmallModel.Tree());

        Assert.Equal(Touched(first), Touched(second));
        Assert.NotEmpty(Touched(second));
    }

    static IReadOnlyList<int> Touched(DecoderModel model) => model.Parameters.Single(p => p.Touched is not null).Touched!.Rows;

    static IEnumerable<string> Names(IEnumerable<Parameter> parameters) => parameters.Select(p => p.Name).Order(StringComparer.Ordinal);

    static DecoderModel Trainable(bool tied, bool everything)
    {
        DecoderModel model = SmallModel.Create(tied);
        if (everything)
        {
            model.TrainEverything();
        }
        else
        {
            model.AttachLora(new(2, 4, ["q_proj", "down_proj"], TrainEmbeddings: true, TrainNorms: true), seed: 3);
        }
        return model;
    }

    static void Backward(DecoderModel model, IGradientStages? stages)
    {
        TokenTree tree = SmallModel.Tree();
        using TreePass pass = model.Forward(tree);
        pass.Backward(TestData.Normal(tree.Scored.Count, seed: 5), stages);
    }

    sealed class Recorder : IGradientStages
    {
        internal List<string> Order { get; } = [];

        internal IEnumerable<string> Begun => Order.Where(o => o.StartsWith("begin ", StringComparison.Ordinal)).Select(o => o[6..]);

        internal IEnumerable<string> Ended => Order.Where(o => o.StartsWith("end ", StringComparison.Ordinal)).Select(o => o[4..]);

        /// <summary>The parameters that began together.</summary>
        internal List<string[]> Stages { get; } = [];

        public void Begin(IReadOnlyList<Parameter> parameters)
        {
            Order.AddRange(parameters.Select(p => $"begin {p.Name}"));
            Stages.Add([.. parameters.Select(p => p.Name)]);
        }

        public void Finish(IReadOnlyList<Parameter> parameters) => Order.AddRange(parameters.Select(p => $"end {p.Name}"));
    }
}
