using System.Diagnostics;
using Farsight.Engine.Models;
using Farsight.Engine.Rope;
using Xunit.Abstractions;

namespace Farsight.Tests.Engine.Models;

/// <summary>The time of a mixture of experts against that of an MLP as wide as the experts that a token uses.</summary>
[Trait("Category", "Slow")]
public sealed class ExpertCostTests(ITestOutputHelper output)
{
    const int Tokens = 2048, Rounds = 5;

    [Theory]
    [InlineData(8, 2, 512), InlineData(32, 4, 256), InlineData(64, 8, 128)]
    public void A_step_with_experts_costs_at_most_1_3_times_its_active_parameters(int experts, int perToken, int width)
    {
        ModelConfig dense = Config(perToken * width);
        using LlamaModel mixture = Create(dense with
        {
            Experts = new(experts, perToken, width, NormalizesWeights: true, new("mlp", "gate_proj", "up_proj", "down_proj"), []),
        });
        using LlamaModel same = Create(dense);
        int[] tokens = [.. Enumerable.Range(0, Tokens).Select(i => i * 37 % dense.VocabSize)];
        TokenTree tree = TokenTree.Sequence(tokens);
        _ = (Step(mixture, tree), Step(same, tree));

        // In turns, and the fastest of each, so that other work on the machine hits both or neither.
        double ofMixture = double.MaxValue, ofSame = double.MaxValue, prefill = double.MaxValue, samePrefill = double.MaxValue;
        for (int round = 0; round < Rounds; round++)
        {
            ofMixture = Math.Min(ofMixture, Step(mixture, tree));
            ofSame = Math.Min(ofSame, Step(same, tree));
            prefill = Math.Min(prefill, Prefill(mixture, tree));
            samePrefill = Math.Min(samePrefill, Prefill(same, tree));
        }

        output.WriteLine(FormattableString.Invariant(
            $"{experts} experts, {perToken} per token: step {ofMixture / ofSame:F2}, prefill {prefill / samePrefill:F2} of dense"));
        Assert.True(ofMixture <= 1.3 * ofSame, $"A step takes {ofMixture:F0} ms, the dense model's {ofSame:F0} ms.");
        Assert.True(prefill <= 1.3 * samePrefill, $"A prefill takes {prefill:F0} ms, the dense model's {samePrefill:F0} ms.");
    }

    static double Step(LlamaModel model, TokenTree tree) => Milliseconds(() =>
    {
        using TreePass pass = model.Forward(tree);
        pass.Backward(new float[pass.LogProbs.Length]);
    });

    static double Prefill(LlamaModel model, TokenTree tree) => Milliseconds(() => model.LogProbs(tree));

    static double Milliseconds(Action action)
    {
        Stopwatch clock = Stopwatch.StartNew();
        action();
        return clock.Elapsed.TotalMilliseconds;
    }

    static LlamaModel Create(ModelConfig config)
    {
        LlamaModel model = new(config, new UniformWeights(1));
        model.AttachLora(new(16, 32, ["q_proj", "k_proj", "v_proj", "o_proj"], TrainEmbeddings: false, TrainNorms: false), seed: 1);
        return model;
    }

    static ModelConfig Config(int width) => new()
    {
        ModelType = "qwen3_moe",
        VocabSize = 512,
        HiddenSize = 512,
        IntermediateSize = width,
        NumHiddenLayers = 4,
        NumAttentionHeads = 8,
        NumKeyValueHeads = 4,
        HeadDim = 64,
        RmsNormEps = 1e-6f,
        RopeTheta = 10_000,
        RopeScaling = new RopeScaling.Unscaled(),
        MaxPositionEmbeddings = Tokens,
        TieWordEmbeddings = true,
    };
}
