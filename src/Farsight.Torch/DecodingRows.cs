using Farsight.Engine.Models;
using static TorchSharp.torch;

namespace Farsight.Torch;

/// <summary>Provides what the layers need to know about the rows that they compute.</summary>
interface ILayerRows
{
    /// <summary>Returns the rows that a layer computes: [T', width] in the last, else all.</summary>
    Tensor Select(Tensor rows, bool isLast);

    /// <summary>Rotates queries or keys as a layer does.</summary>
    /// <param name="heads">[n, heads, Dh]</param>
    /// <param name="layer">Index of the layer.</param>
    /// <param name="isSelected">Whether they are those of <see cref="Select"/> in the last layer.</param>
    Tensor Rotate(Tensor heads, int layer, bool isSelected);

    /// <summary>Computes the attention of a layer.</summary>
    /// <param name="q">[n, H, Dh] rotated; in the last layer those of <see cref="Select"/>.</param>
    /// <param name="k">[T, Hkv, Dh] rotated.</param>
    /// <param name="v">[T, Hkv, Dh]</param>
    /// <param name="layer">Index of the layer.</param>
    /// <param name="isLast">Whether it is the last.</param>
    /// <returns>[n, H · Dh]</returns>
    Tensor Attend(Tensor q, Tensor k, Tensor v, int layer, bool isLast);
}

/// <summary>Represents the newest tokens of several sequences, one row each, whose earlier tokens are cached.</summary>
/// <param name="config">The model.</param>
/// <param name="rotations">Rotations of the rows.</param>
/// <param name="sequences">[rows] the caches.</param>
sealed class DecodingRows(ModelConfig config, RowRotations rotations, IReadOnlyList<SequenceCache> sequences) : ILayerRows
{
    readonly AttentionKernel _attention = new(config);

    public Tensor Select(Tensor rows, bool isLast) => rows;

    public Tensor Rotate(Tensor heads, int layer, bool isSelected) => rotations.Apply(heads, layer, null);

    public Tensor Attend(Tensor q, Tensor k, Tensor v, int layer, bool isLast)
    {
        Tensor[] found = new Tensor[sequences.Count];
        for (int row = 0; row < found.Length; row++)
        {
            sequences[row].Store(layer, k.narrow(0, row, 1), v.narrow(0, row, 1));
            (Tensor keys, Tensor values) = sequences[row].Seen(layer, config.WindowOf(layer) ?? int.MaxValue);
            Tensor query = q.narrow(0, row, 1).reshape(config.NumKeyValueHeads, -1, 1, config.HeadDim);
            found[row] = _attention.Forward(query, keys, values, mask: null, isCausal: false).reshape(1, config.QueryWidth);
        }
        return cat(found, 0);
    }
}
