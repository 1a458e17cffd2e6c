using Farsight.Engine.Kernels;
using Farsight.Engine.Memory;

namespace Farsight.Engine.Models;

/// <summary>Represents the layers of one decoder block.</summary>
sealed record Block(
    Norm AttentionNorm, Linear Query, Linear Key, Linear Value, Norm? QueryNorm, Norm? KeyNorm, Linear Output,
    Norm MlpNorm, Linear Gate, Linear Up, Linear Down)
{
    /// <summary>Linear layers with their names as adapter targets.</summary>
    internal IEnumerable<(string Target, Linear Linear)> Linears =>
    [
        ("q_proj", Query), ("k_proj", Key), ("v_proj", Value), ("o_proj", Output),
        ("gate_proj", Gate), ("up_proj", Up), ("down_proj", Down),
    ];

    internal IEnumerable<Norm> Norms => new[] { AttentionNorm, QueryNorm, KeyNorm, MlpNorm }.OfType<Norm>();

    /// <summary>Indices of the heads whose output is set to zero.</summary>
    internal int[] MaskedHeads { get; set; } = [];

    /// <summary>Sets the masked heads of the attention's output, or of its gradient, to zero.</summary>
    /// <param name="attended">[T, H · Dh]</param>
    /// <param name="shape">Heads.</param>
    internal void Mask(Rows attended, AttentionShape shape)
    {
        foreach (int head in MaskedHeads)
        {
            for (int row = 0; row < attended.Count; row++)
            {
                attended[row].Slice(head * shape.HeadDim, shape.HeadDim).Clear();
            }
        }
    }
}
