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
    internal IEnumerable<Parameter> Parameters => Of(Linears, Norms);

    // The stages of a backward pass, in its order: every trained tensor belongs to one. A short stage is of use where ranks pass gradients
    // on, because each follows the one before it at the distance of a stage.

    /// <summary>Trained tensors of the MLP and its norms.</summary>
    internal Parameter[] MlpParameters => [.. Of(Mlp.Linears, [MlpNorm, MlpResidual.Norm])];

    /// <summary>Trained tensors of the attention's output projection and its norm.</summary>
    internal Parameter[] OutputParameters => [.. Of([Output.Weights], [AttentionResidual.Norm])];

    /// <summary>Trained tensors of the projections to queries, keys and values, with the norms before and after them.</summary>
    internal Parameter[] ProjectionParameters =>
        [.. Of(new[] { Query, Key, Value }.Select(l => l.Weights).Distinct(), [AttentionNorm, QueryNorm, KeyNorm])];

    /// <summary>Indices of the heads whose output is set to zero.</summary>
    internal int[] MaskedHeads { get; set; } = [];

    static IEnumerable<Parameter> Of(IEnumerable<LinearWeights> linears, IEnumerable<Norm?> norms) =>
        linears.SelectMany(l => l.Parameters).Concat(norms.OfType<Norm>().SelectMany(n => n.Parameters));

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
