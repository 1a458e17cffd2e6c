using Farsight.Engine.Kernels;
using Farsight.Engine.Memory;
using Farsight.Engine.Models;
using Farsight.Engine.Numerics;
using Farsight.Engine.Rope;

namespace Farsight.Tests.Support;

/// <summary>A random model of two layers in which every weight matters.</summary>
static class SmallModel
{
    internal static ModelConfig Config(bool tied = true, bool qwen = false) => new()
    {
        ModelType = qwen ? "qwen3" : "llama",
        VocabSize = 50,
        HiddenSize = 24,
        IntermediateSize = 40,
        NumHiddenLayers = 2,
        NumAttentionHeads = 4,
        NumKeyValueHeads = 2,
        HeadDim = 8,
        RmsNormEps = 1e-5f,
        RopeTheta = 10000,
        RopeScaling = new RopeScaling.Unscaled(),
        MaxPositionEmbeddings = 64,
        TieWordEmbeddings = tied,
        AttentionBias = qwen,
        QueryKeyNorm = qwen,
    };

    internal static DecoderModel Create(bool tied = true, bool qwen = false) => Create(Config(tied, qwen));

    internal static DecoderModel Create(ModelConfig config) => new(config, Source());

    /// <summary>The same weights by the same names, whatever the config.</summary>
    internal static IWeightSource Source() => new Weights();

    /// <summary>A prompt with three leaves and a root of its own, as a batch of preference samples has them.</summary>
    internal static TokenTree Tree()
    {
        TokenTreeBuilder tree = new();
        int prompt = tree.Add(TokenTreeBuilder.Root, [1, 7, 3, 9, 4], [0, 1, 5, 6, 9], [false, false, true, false, true]);
        tree.Add(prompt, [11, 12, 13], [10, 11, 12], scored: true);
        tree.Add(prompt, [14], [10], scored: true);
        tree.Add(prompt, [15, 16], [10, 11], scored: true);
        tree.Add(TokenTreeBuilder.Root, [2, 8, 6], [0, 1, 2], [false, true, true]);
        return tree.Build();
    }

    sealed class Weights : IWeightSource
    {
        public WeightMatrix Matrix(string name, int rows, int columns) =>
            new RowsMatrix(Random(name, rows, columns, 0, 1 / Math.Sqrt(columns)));

        public Rows Vector(string name, int length) => name.EndsWith(".bias", StringComparison.Ordinal)
            ? Random(name, 1, length, 0, 0.3)
            : Random(name, 1, length, 1, 0.2);

        readonly RowsOwner _memory = new();

        public void Dispose() => _memory.Dispose();

        Rows Random(string name, int rows, int columns, double mean, double deviation)
        {
            SeededRandom random = SeededRandom.For(1, name, 0);
            Rows values = _memory.Allocate(rows, columns);
            foreach (ref float value in values.Span)
            {
                value = (float)(mean + deviation * random.NextNormal());
            }
            return values;
        }
    }
}
