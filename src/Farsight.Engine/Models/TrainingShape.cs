using Farsight.Engine.Lora;
using Farsight.Engine.Numerics;
using Farsight.Engine.Optimizers;

namespace Farsight.Engine.Models;

/// <summary>Represents the properties of a training run that determine its memory apart from the passes.</summary>
/// <param name="Config">Shape of the model.</param>
/// <param name="WeightBytes">Bytes of the frozen weights, in memory or mapped.</param>
/// <param name="Lora">Options of the adapter; null if every weight is trained.</param>
/// <param name="EmbeddingRows">Maximum number of embedding rows that training touches.</param>
/// <param name="Muon">Whether fully trained matrices have one moment instead of two.</param>
public sealed record TrainingShape(ModelConfig Config, long WeightBytes, LoraOptions? Lora, int EmbeddingRows, bool Muon)
{
    /// <summary>Number of adapter values or, without an adapter, of values of all matrices and vectors of the layers.</summary>
    public long AdapterValues => Matrices().Sum() + Vectors();

    /// <summary>Number of trained values of the embeddings and the head.</summary>
    internal long EmbeddingValues => Lora is null
        ? ParameterShapes.Of(Config).Where(p => p.Shape[0] == Config.VocabSize).Sum(Values)
        : !Lora.TrainEmbeddings ? 0 : (long)(Config.TieWordEmbeddings ? Config.VocabSize : EmbeddingRows) * Config.HiddenSize;

    /// <summary>Whether the optimizer is RMSprop, which has one moment of everything.</summary>
    public bool Rmsprop { get; init; }

    /// <summary>Whether the moments of large matrices are stored in 8 bits.</summary>
    public bool EightBit { get; init; }

    /// <summary>Number of floats of the optimizer state.</summary>
    internal long Moments =>
        Rmsprop ? AdapterValues + EmbeddingValues
        : EightBit ? Matrices().Sum(n => n < EightBitAdamW.LeastValues ? 2 * n : EightBitAdamW.StateFloats(n))
            + 2 * (Vectors() + EmbeddingValues)
        : (Lora is null && Muon ? 1 : 2) * AdapterValues + 2 * EmbeddingValues;

    /// <summary>Computes the bytes of a model's weights when every matrix is converted to a format.</summary>
    public static long ConvertedBytes(ModelConfig config, NumberFormat format) =>
        ParameterShapes
            .Of(config)
            .Sum(p =>
                p.Shape is [int rows, int columns]
                    ? rows * ((format.BytesOf(columns) + sizeof(float) - 1) / sizeof(float) * sizeof(float))
                    : Values(p) * sizeof(float));

    /// <summary>Number of values of each trained matrix apart from embeddings and head.</summary>
    IEnumerable<long> Matrices() => Lora is { } lora
        ? LinearShape.Of(Config).Where(l => lora.Targets.Contains(l.Target)).SelectMany(l => (long[])
            [(long)lora.Rank * l.Outputs, (long)lora.Rank * l.Inputs])
        : ParameterShapes.Of(Config).Where(p => p.Shape.Count > 1 && p.Shape[0] != Config.VocabSize).Select(Values);

    /// <summary>Number of values of all trained vectors.</summary>
    long Vectors() =>
        Lora is { TrainNorms: false }
            ? 0
            : ParameterShapes
                .Of(Config)
                .Where(p => Lora is null
                    ? p.Shape.Count == 1 && p.Shape[0] != Config.VocabSize
                    : p.Name.EndsWith("norm.weight", StringComparison.Ordinal))
                .Sum(Values);

    static long Values(ParameterShape shape) => shape.Shape.Aggregate(1L, (product, extent) => product * extent);
}
