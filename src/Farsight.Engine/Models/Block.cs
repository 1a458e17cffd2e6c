using Farsight.Engine.Kernels;
using Farsight.Engine.Memory;
using Farsight.Engine.Parameters;

namespace Farsight.Engine.Models;

/// <summary>Represents the layers of one decoder block, composed as the model's description says.</summary>
/// <param name="AttentionNorm">Norm of the attention's input; null for none.</param>
/// <param name="Query">D to H·Dh.</param>
/// <param name="Key">D to Hkv·Dh.</param>
/// <param name="Value">D to Hkv·Dh.</param>
/// <param name="QueryNorm">Norm of each head's queries, or of all together; null for none.</param>
/// <param name="KeyNorm">The same for keys.</param>
/// <param name="Output">H·Dh to D.</param>
/// <param name="AttentionResidual">How the attention's result joins the residual stream.</param>
/// <param name="MlpNorm">Norm of the MLP's input; null for none.</param>
/// <param name="Mlp">One MLP, or a mixture of experts.</param>
/// <param name="MlpResidual">How the MLP's result joins the residual stream.</param>
sealed record Block(
    Norm? AttentionNorm, Linear Query, Linear Key, Linear Value, Norm? QueryNorm, Norm? KeyNorm, Linear Output, Residual AttentionResidual,
    Norm? MlpNorm, FeedForward Mlp, Residual MlpResidual)
{
    /// <summary>Tensors of the linear layers, in the order of the forward pass.</summary>
    internal IEnumerable<LinearWeights> Linears =>
        new[] { Query, Key, Value, Output }.Select(l => l.Weights).Distinct().Concat(Mlp.Linears);

    internal IEnumerable<Norm> Norms =>
        new[] { AttentionNorm, QueryNorm, KeyNorm, AttentionResidual.Norm, MlpNorm, MlpResidual.Norm }.OfType<Norm>();

    /// <summary>All trained tensors of the block.</summary>
    internal IEnumerable<Parameter> Parameters => Linears.SelectMany(l => l.Parameters).Concat(Norms.SelectMany(n => n.Parameters));

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
