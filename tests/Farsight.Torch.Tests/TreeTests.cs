using Farsight.Alignment.Training;
using Farsight.Engine.Lora;
using Farsight.Engine.Models;
using Farsight.Engine.Numerics;
using Farsight.Engine.Parameters;

namespace Farsight.Torch.Tests;

/// <summary>Token trees on the device against separate sequences, and against the engine of the program.</summary>
public sealed class TreeTests
{
    static readonly ModelConfig s_config = DecoderVariants.Plain;

    static readonly LoraOptions s_lora =
        new(3, 6, ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"], true, true);

    public static TheoryData<string> Variants => [.. DecoderVariants.All.Keys];

    [Theory, MemberData(nameof(Variants))]
    public void A_variant_of_the_decoder_has_the_results_of_the_CPU_engine(string variant)
    {
        ModelConfig config = DecoderVariants.All[variant];
        using DecoderModel host = Model(config), other = Model(config);
        using IDeviceModel device = Passes.OnTorch(other);
        Compare(new TrainableModel(host), device, Forest());
    }

    [Fact]
    public void The_choices_of_experts_are_counted_as_by_the_CPU_engine()
    {
        ModelConfig config = DecoderVariants.All["experts, weights not normalized, a dense layer"];
        using DecoderModel host = Model(config), other = Model(config);
        using IDeviceModel device = Passes.OnTorch(other);
        TrainableModel expected = new(host);

        Compare(expected, device, Forest());

        Assert.Equal(expected.ExpertLoad, ((ITrainable)device).ExpertLoad);
        // The last layer has one row for each of the 21 scored tokens; every row chooses two experts.
        Assert.Equal([43L * 2, 0, 21 * 2], ((ITrainable)device).ExpertLoad.Select(l => l.Sum()));
    }

    [Theory, InlineData(2), InlineData(4), InlineData(64)]
    public void Shifted_sparse_attention_has_the_results_of_the_CPU_engine(int group)
    {
        using DecoderModel host = Model(s_config), other = Model(s_config);
        AttentionPattern.ShiftedSparse pattern = new(group);
        using IDeviceModel device = Passes.OnTorch(other, pattern);
        Compare(new TrainableModel(host, attention: pattern), device, Forest());
    }

    [Fact]
    public void A_shared_prefix_has_the_results_of_separate_sequences()
    {
        using DecoderModel model = Model(s_config), other = Model(s_config);
        using IDeviceModel shared = Passes.OnTorch(model), separate = Passes.OnTorch(other);
        int[] prompt = Tokens(11, 9);
        int[][] responses = [Tokens(6, 1), Tokens(1, 2), Tokens(8, 3)];
        TokenTreeBuilder tree = new(), sequences = new();
        int root = tree.Add(TokenTreeBuilder.Root, prompt, Positions(0, 11, 3), scored: false);
        foreach (int[] response in responses)
        {
            int own = sequences.Add(TokenTreeBuilder.Root, prompt, Positions(0, 11, 3), scored: false);
            sequences.Add(own, response, Positions(40, response.Length, 1), scored: true);
            tree.Add(root, response, Positions(40, response.Length, 1), scored: true);
        }

        float[] derivatives = Passes.Derivatives(15);
        float[] expected = Passes.Run(separate, sequences.Build(), derivatives), actual = Passes.Run(shared, tree.Build(), derivatives);

        Near.Each([.. expected.Select(e => (double)e)], actual, relative: 1e-5, absolute: 1e-5);
        CompareGradients(separate, shared);
    }

    [Fact]
    public void Evaluation_has_the_log_probabilities_and_most_likely_tokens_of_forward()
    {
        using DecoderModel model = Model(s_config);
        using IDeviceModel device = Passes.OnTorch(model);
        using ITreePass forward = device.Forward(Forest()), evaluation = device.Evaluate(Forest());

        Assert.Equal(forward.LogProbs, evaluation.LogProbs);
        Assert.Equal(forward.TopTokens, evaluation.TopTokens);
        Assert.Throws<InvalidOperationException>(() => evaluation.Backward(new float[evaluation.LogProbs.Length]));
    }

    [Fact]
    public void Every_trained_weight_gets_the_gradient_of_the_CPU_engine_in_full_training()
    {
        using DecoderModel host = SmallModel.Create(s_config with { TieWordEmbeddings = true, AttentionBias = true });
        using DecoderModel other = SmallModel.Create(host.Config);
        host.TrainEverything();
        other.TrainEverything();
        using IDeviceModel device = Passes.OnTorch(other);
        Compare(new TrainableModel(host), device, Forest());
    }

    [Fact]
    public void Every_parameter_begins_once_and_is_finished_once()
    {
        using DecoderModel model = Model(s_config with { TieWordEmbeddings = true });
        using IDeviceModel device = Passes.OnTorch(model);
        StageRecord stages = new();

        Passes.Run(device, Forest(), Passes.Derivatives(Forest().Scored.Count), stages);

        Assert.Equal(model.Parameters.Select(p => p.Name).Order(), stages.Begun.Order());
        Assert.Equal(stages.Begun, stages.Finished);
    }

    [Fact]
    public void Half_precision_is_close_to_F32()
    {
        using DecoderModel host = Model(s_config), other = Model(s_config);
        using IDeviceModel device = Passes.OnTorch(other, format: NumberFormat.BF16);
        using ITreePass expected = new TrainableModel(host).Forward(Forest()), actual = device.Forward(Forest());

        Near.Each([.. expected.LogProbs.ToArray().Select(e => (double)e)], actual.LogProbs, relative: 0.02, absolute: 0.05);
        Assert.NotEqual(expected.LogProbs.ToArray(), actual.LogProbs.ToArray());
    }

    static void Compare(ITrainable expected, ITrainable actual, TokenTree tree)
    {
        float[] derivatives = Passes.Derivatives(tree.Scored.Count);
        float[] logProbs = Passes.Run(expected, tree, derivatives);
        Near.Each([.. logProbs.Select(e => (double)e)], Passes.Run(actual, tree, derivatives), relative: 2e-5, absolute: 2e-5);
        CompareGradients(expected, actual);
    }

    static void CompareGradients(ITrainable expected, ITrainable actual)
    {
        Dictionary<string, double[]> others = Passes.Gradients(actual);
        foreach ((string name, double[] gradient) in Passes.Gradients(expected))
        {
            if (name.Contains(".experts.", StringComparison.Ordinal) && gradient.Max(Math.Abs) == 0)
            {
                Assert.Equal(0, others[name].Max(Math.Abs)); // no token chose the expert
                continue;
            }
            Assert.NotEqual(0, gradient.Max(Math.Abs));
            Near.RelativeToLargest(gradient, Array.ConvertAll(others[name], g => (float)g), 2e-4, name);
        }
    }

    static DecoderModel Model(ModelConfig config)
    {
        DecoderModel model = new(config, SmallModel.Source());
        model.AttachLora(s_lora, seed: 2);
        return model.WithNumbers();
    }

    /// <summary>Returns several roots; nodes that are nested, adjacent, and of one token; nodes without scored tokens.</summary>
    static TokenTree Forest()
    {
        TokenTreeBuilder tree = new();
        int root = tree.Add(TokenTreeBuilder.Root, Tokens(13, 1), Positions(0, 13, 2), scored: false);
        int first = tree.Add(root, Tokens(5, 2), Positions(30, 5, 1), scored: true);
        tree.Add(root, Tokens(1, 3), Positions(30, 1, 1), scored: true);
        tree.Add(first, Tokens(4, 4), Positions(40, 4, 1), scored: true);
        tree.Add(root, Tokens(6, 5), Positions(30, 6, 3), [false, false, true, false, true, false]);
        int second = tree.Add(TokenTreeBuilder.Root, Tokens(3, 6), Positions(0, 3, 1), scored: false);
        tree.Add(second, Tokens(2, 7), Positions(3, 2, 1), scored: false);
        tree.Add(second, Tokens(9, 8), Positions(3, 9, 1), scored: true);
        return tree.Build();
    }

    static int[] Tokens(int count, int seed) =>
        [.. Enumerable.Range(0, count).Select(i => (i * 7 + seed * 13 + i * i) % s_config.VocabSize)];

    static int[] Positions(int first, int count, int step) => [.. Enumerable.Range(0, count).Select(i => first + i * step)];

    sealed class StageRecord : IGradientStages
    {
        internal List<string> Begun { get; } = [];

        internal List<string> Finished { get; } = [];

        public void Begin(IReadOnlyList<Parameter> parameters) => Begun.AddRange(parameters.Select(p => p.Name));

        public void Finish(IReadOnlyList<Parameter> parameters) => Finished.AddRange(parameters.Select(p => p.Name));
    }
}
