using Farsight.Alignment.Answering;
using Farsight.Alignment.Training;
using Farsight.Engine;
using Farsight.Engine.Inference;
using Farsight.Engine.Models;
using Farsight.Engine.Numerics;
using Farsight.Engine.Rope;

namespace Farsight.Torch.Tests;

/// <summary>Decoding and scoring on the device against the engine of the program.</summary>
public sealed class DecodingTests
{
    static readonly string[] s_prompts =
    [
        "Tom has a red lamp. Where is it?", "Once upon a time there was a small house by the river.", "a", "The door is",
    ];

    static string Bundled => Path.Combine(AppContext.BaseDirectory, "models/tiny");

    [Theory, InlineData(0), InlineData(0.8)]
    public async Task The_bundled_model_generates_the_tokens_of_the_CPU_engine(double temperature)
    {
        using LoadedModel host = LoadedModel.Open(Bundled), other = LoadedModel.Open(Bundled);
        using IDeviceModel device = Passes.OnTorch(other.Model);
        other.LanguageModel.Device = device;

        IReadOnlyList<Completion> expected = await host.LanguageModel.CompleteAsync(Requests(temperature));
        IReadOnlyList<Completion> actual = await other.LanguageModel.CompleteAsync(Requests(temperature));

        Assert.Equal(expected.Select(c => c.Tokens), actual.Select(c => c.Tokens));
        Assert.Contains(actual, c => c.Tokens.Count > 10);
    }

    [Fact]
    public async Task The_bundled_model_scores_choices_as_the_CPU_engine_does()
    {
        using LoadedModel host = LoadedModel.Open(Bundled), other = LoadedModel.Open(Bundled);
        using IDeviceModel device = Passes.OnTorch(other.Model);
        other.LanguageModel.Device = device;
        int[][] prompts = [.. s_prompts.Select(p => host.Tokenizer.Encode(p))];
        ChoiceRequest[] requests = [.. prompts.Select(p => new ChoiceRequest(p, [[5], [17, 9, 200], .. prompts]))];

        ChoiceLogProb[][] expected = [.. await host.LanguageModel.ScoreAsync(requests)];
        ChoiceLogProb[][] actual = [.. await other.LanguageModel.ScoreAsync(requests)];

        foreach ((ChoiceLogProb e, ChoiceLogProb a) in expected.SelectMany(c => c).Zip(actual.SelectMany(c => c)))
        {
            Assert.InRange(a.LogProb, e.LogProb - 1e-3, e.LogProb + 1e-3);
            Assert.Equal((e.Tokens, e.IsGreedy), (a.Tokens, a.IsGreedy));
        }
    }

    [Theory, InlineData(false), InlineData(true)]
    public void A_model_with_windows_decodes_as_the_CPU_engine_does(bool hasPositions)
    {
        ModelConfig config = SmallModel.Config() with
        {
            SlidingWindow = 4,
            WindowedLayers = [true, false],
            RopeScaling = new RopeScaling.DynamicNtk(4, 8),
            MaxPositionEmbeddings = 8,
        };
        using DecoderModel host = SmallModel.Create(config), other = SmallModel.Create(config);
        using IDeviceModel device = Passes.OnTorch(other);
        int[][] prompts = [[1, 7, 3, 9, 4, 2], [11], [5, 6, 7, 8, 9, 10, 11, 12, 13]];
        int[]?[] positions = [.. prompts.Select(p => hasPositions ? p.Select((_, i) => 3 * i).ToArray() : null)];
        List<int>[] expected = [[], [], []], actual = [[], [], []];

        new PromptDecoder(host).Run(prompts, [9, 0, 7], Greedy(expected), positions);
        device.Decode(prompts, [9, 0, 7], Greedy(actual), positions);

        Assert.Equal(expected, actual);
        Assert.Equal([9, 0, 7], actual.Select(a => a.Count));
    }

    [Theory, InlineData(false), InlineData(true)]
    public void Prompts_that_share_beginnings_are_decoded_as_by_the_CPU_engine(bool dependsOnLength)
    {
        ModelConfig config = SmallModel.Config() with
        {
            RopeScaling = dependsOnLength ? new RopeScaling.DynamicNtk(4, 8) : new RopeScaling.Unscaled(),
            MaxPositionEmbeddings = dependsOnLength ? 8 : 64,
        };
        using DecoderModel host = SmallModel.Create(config), other = SmallModel.Create(config);
        using IDeviceModel device = Passes.OnTorch(other);
        int[] first = [.. Enumerable.Range(0, 12).Select(i => 3 * i + 1)], second = [.. first, 9, 8, 7, 6, 5, 4, 3, 2, 1, 10];
        int[][] prompts = [[.. first, 40], first, [.. second, 7], [.. second, 11, 12], [4, 5], first];
        List<int>[] expected = [[], [], [], [], [], []], actual = [[], [], [], [], [], []];

        new PromptDecoder(host).Run(prompts, [6, 5, 6, 4, 6, 3], Greedy(expected));
        device.Decode(prompts, [6, 5, 6, 4, 6, 3], Greedy(actual));

        Assert.Equal(expected, actual);
        Assert.Equal(actual[1].Take(3), actual[5]);
    }

    [Fact]
    public void Requests_with_shared_beginnings_are_scored_in_one_tree_as_by_the_CPU_engine()
    {
        using DecoderModel host = SmallModel.Create(), other = SmallModel.Create();
        using IDeviceModel device = Passes.OnTorch(other);
        int[] shared = [.. Enumerable.Range(0, 20).Select(i => 2 * i + 1)];
        ScoringRequest[] requests =
        [
            new([.. shared, 3, 4], [5, 6]), new([.. shared, 3, 4], [7]), new([.. shared, 9], [5, 6, 8]), new([11, 12], [13]),
            new(shared, [2]),
        ];

        IReadOnlyList<ContinuationScore> expected = new ContinuationScorer(host).Score(requests), actual = device.Score(requests);

        Assert.Equal(expected.Select(s => s.IsGreedy), actual.Select(s => s.IsGreedy));
        Near.Each(
            [.. expected.SelectMany(s => s.LogProbs).Select(p => (double)p)], [.. actual.SelectMany(s => s.LogProbs)], relative: 2e-5,
            absolute: 2e-5);
        // 19 shared tokens once; 3, 2 and 1 tokens of the three prompts with them; the other prompt; the continuations.
        Assert.Equal(19 + 3 + 2 + 1 + 2 + 8, Assert.Single(ScoringGroup.Of(other, requests)).Tree.Count);
    }

    [Fact]
    public void Cancelling_ends_decoding_and_frees_the_caches()
    {
        using DecoderModel model = SmallModel.Create();
        using IDeviceModel device = Passes.OnTorch(model);
        using CancellationTokenSource stop = new();
        long tensors = TorchSharp.torch.Tensor.TotalCount;

        Assert.Throws<OperationCanceledException>(() => device.Decode(
            [[1, 2, 3]],
            [50],
            (_, _) =>
            {
                stop.Cancel();
                return 1;
            },
            null,
            stop.Token));

        Assert.Equal(tensors, TorchSharp.torch.Tensor.TotalCount);
    }

    [Fact]
    public void Masked_heads_are_refused()
    {
        using DecoderModel model = SmallModel.Create();
        model.MaskedHeads = [new(0, 1)];
        using IDeviceModel device = Passes.OnTorch(model);

        InputException error = Assert.Throws<InputException>(() => device.Evaluate(SmallModel.Tree()));

        Assert.Equal("The device torch-cpu cannot mask attention heads or switch the adapter off; use the device cpu.", error.Message);
    }

    static TokenChoice Greedy(List<int>[] tokens) => (prompt, logits) =>
    {
        int best = System.Numerics.Tensors.TensorPrimitives.IndexOfMax(logits);
        tokens[prompt].Add(best);
        return best;
    };

    static CompletionRequest[] Requests(double temperature) =>
    [
        .. s_prompts.Select((p, i) => new CompletionRequest(new Prompt.RawText(p), new(24) { Temperature = temperature })
        {
            Random = SeededRandom.For(1, "test", i),
        }),
    ];
}
