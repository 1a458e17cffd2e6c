using Farsight.Engine.Checkpoints;
using Farsight.Engine.Models;
using Farsight.Engine.Numerics;
using Farsight.Engine.Rope;

namespace Farsight.Tests.Engine.Checkpoints;

/// <summary>A model directory of two layers with random weights.</summary>
static class TinyModelFiles
{
    internal static readonly ModelConfig Config = new()
    {
        ModelType = "qwen2",
        VocabSize = 20,
        HiddenSize = 8,
        IntermediateSize = 12,
        NumHiddenLayers = 2,
        NumAttentionHeads = 4,
        NumKeyValueHeads = 2,
        HeadDim = 4,
        RmsNormEps = 1e-5f,
        RopeTheta = 10_000,
        RopeScaling = new RopeScaling.Unscaled(),
        MaxPositionEmbeddings = 64,
        TieWordEmbeddings = true,
        AttentionBias = true,
    };

    internal static TensorToWrite[] Weights(ModelConfig config) =>
    [
        .. ParameterShapes.Of(config).Select((p, i) => TensorToWrite.From(
            p.Name, NumberFormat.BF16, TestData.Normal(p.Shape.Aggregate(1, (a, b) => a * b), i), [.. p.Shape])),
    ];

    internal static void Write(string path, ModelConfig config, IEnumerable<TensorToWrite> weights)
    {
        HuggingFaceConfig.Write(Path.Combine(path, "config.json"), config, NumberFormat.BF16);
        SafetensorsWriter.Write(Path.Combine(path, "model.safetensors"), weights);
    }
}
