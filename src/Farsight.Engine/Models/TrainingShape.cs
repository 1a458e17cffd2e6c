using Farsight.Engine.Checkpoints;
using Farsight.Engine.Kernels;
using Farsight.Engine.Lora;
using Farsight.Engine.Numerics;

namespace Farsight.Engine.Models;

/// <summary>As much of a training run as decides how much memory it takes beside its passes.</summary>
/// <param name="Config">The model.</param>
/// <param name="WeightBytes">What the frozen weights take, in memory or as mapped pages.</param>
/// <param name="Lora">The adapter; null when every weight is trained.</param>
/// <param name="EmbeddingRows">Rows of the embeddings that training may touch.</param>
/// <param name="Muon">Whether matrices that are trained in full have one moment and not two.</param>
public sealed record TrainingShape(ModelConfig Config, long WeightBytes, LoraOptions? Lora, int EmbeddingRows, bool Muon)
{
    /// <summary>Values of the adapter or, without one, of all matrices and vectors of the layers.</summary>
    public long AdapterValues => Lora is { } lora
        ? Config.NumHiddenLayers * Linears().Where(l => lora.Targets.Contains(l.Target)).Sum(l => (long)lora.Rank * (l.Outputs + l.Inputs))
            + (lora.TrainNorms ? (2L * Config.NumHiddenLayers + 1) * Config.HiddenSize : 0)
        : ParameterShapes.Of(Config).Sum(Values) - EmbeddingValues;

    /// <summary>Values of the embeddings, as far as they are trained, and of a head that is.</summary>
    public long EmbeddingValues => Lora is null
        ? ParameterShapes.Of(Config).Where(p => p.Shape[0] == Config.VocabSize).Sum(Values)
        : !Lora.TrainEmbeddings ? 0 : (long)(Config.TieWordEmbeddings ? Config.VocabSize : EmbeddingRows) * Config.HiddenSize;

    /// <summary>Values that an optimizer keeps.</summary>
    public long Moments => (Lora is null && Muon ? 1 : 2) * AdapterValues + 2 * EmbeddingValues;

    /// <summary>Bytes of a model's weights when every matrix is converted to a format.</summary>
    public static long ConvertedBytes(ModelConfig config, NumberFormat format) =>
        ParameterShapes
            .Of(config)
            .Sum(p =>
                p.Shape is [int rows, int columns]
                    ? rows * ((format.BytesOf(columns) + sizeof(float) - 1) / sizeof(float) * sizeof(float))
                    : Values(p) * sizeof(float));

    IEnumerable<(string Target, int Outputs, int Inputs)> Linears()
    {
        int d = Config.HiddenSize, f = Config.IntermediateSize;
        AttentionShape heads = new(Config.NumAttentionHeads, Config.NumKeyValueHeads, Config.HeadDim);
        return
        [
            ("q_proj", heads.QueryWidth, d), ("k_proj", heads.KeyWidth, d), ("v_proj", heads.KeyWidth, d), ("o_proj", d, heads.QueryWidth),
            ("gate_proj", f, d), ("up_proj", f, d), ("down_proj", d, f),
        ];
    }

    static long Values(ParameterShape shape) => shape.Shape.Aggregate(1L, (product, extent) => product * extent);
}
