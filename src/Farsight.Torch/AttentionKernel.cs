using Farsight.Engine.Models;
using TorchSharp;
using static TorchSharp.torch;

namespace Farsight.Torch;

/// <summary>Computes attention as a model describes it, with libtorch's fused kernel where that can.</summary>
sealed class AttentionKernel
{
    static readonly Scalar s_hidden = double.NegativeInfinity;

    readonly Scalar? _queryFactor; // null where the kernel's own scale is that of the model
    readonly (Scalar Cap, Scalar Inverse)? _softcap;

    internal AttentionKernel(ModelConfig config)
    {
        double usual = 1 / Math.Sqrt(config.HeadDim), scale = config.AttentionScale ?? usual;
        double kernelScale = config.AttentionSoftcap is null ? usual : 1;
        _queryFactor = scale == kernelScale ? null : scale / kernelScale;
        _softcap = config.AttentionSoftcap is { } cap ? (cap, 1 / cap) : null;
    }

    /// <summary>Whether queries that attend causally need a mask.</summary>
    internal bool NeedsMask => _softcap is not null;

    /// <summary>Computes the attention.</summary>
    /// <param name="queries">[key heads, group, n, Dh]</param>
    /// <param name="keys">[key heads, keys, Dh]</param>
    /// <param name="values">[key heads, keys, Dh]</param>
    /// <param name="mask">[n, keys] true where a query attends to a key; null for all keys.</param>
    /// <param name="isCausal">Whether query i attends to the first i + 1 keys; then there is no mask.</param>
    /// <returns>[key heads, group, n, Dh]</returns>
    internal Tensor Forward(Tensor queries, Tensor keys, Tensor values, Tensor? mask, bool isCausal)
    {
        if (_queryFactor is { } factor)
        {
            queries = queries.mul(factor);
        }
        if (_softcap is { } cap)
        {
            return Softcapped(queries, keys, values, mask, cap);
        }
        long group = queries.size(1);
        // A key head is a batch of its own; the query heads of its group read it through a stride of zero, without copies.
        Tensor Grouped(Tensor x) => x.unsqueeze(1).expand(x.size(0), group, -1, -1);
        return nn.functional.scaled_dot_product_attention(queries, Grouped(keys), Grouped(values), mask, is_casual: isCausal);
    }

    /// <summary>Computes attention whose scores s become c · tanh(s / c), which the fused kernel cannot.</summary>
    static Tensor Softcapped(Tensor queries, Tensor keys, Tensor values, Tensor? mask, (Scalar Cap, Scalar Inverse) cap)
    {
        long[] shape = queries.shape;
        Tensor scores = queries.reshape(shape[0], shape[1] * shape[2], shape[3]).bmm(keys.transpose(1, 2)).to(ScalarType.Float32);
        scores = scores.mul(cap.Inverse).tanh().mul(cap.Cap).view(shape[0], shape[1], shape[2], -1);
        if (mask is not null)
        {
            scores = scores.masked_fill(mask.logical_not(), s_hidden);
        }
        return scores.softmax(-1).to(values.dtype).view(shape[0], shape[1] * shape[2], -1).bmm(values).view(shape);
    }
}
