using static TorchSharp.torch;
using static TorchSharp.torch.nn.functional;

namespace Farsight.TorchPeer;

/// <summary>Specifies how torch computes attention.</summary>
enum AttentionKind
{
    /// <summary>scaled_dot_product_attention, which is fused on CPUs.</summary>
    Fused,

    /// <summary>Two calls of bmm with a softmax between them; all scores are kept for the backward pass.</summary>
    Bmm,
}

/// <summary>Computes attention of key heads that several query heads share.</summary>
static class Attention
{
    /// <summary>Returns the attended values: [B, Hkv, G, Q, Dh].</summary>
    /// <param name="kind">How.</param>
    /// <param name="q">[B, Hkv, G, Q, Dh]</param>
    /// <param name="k">[B, Hkv, K, Dh]</param>
    /// <param name="v">[B, Hkv, K, Dh]</param>
    /// <param name="mask">[Q, K] 0 or −∞; null where each of Q = K rows sees itself and what comes before it.</param>
    internal static Tensor Attend(AttentionKind kind, Tensor q, Tensor k, Tensor v, Tensor? mask)
    {
        long batch = q.size(0), heads = q.size(1), group = q.size(2), queries = q.size(3), dim = q.size(4), keys = k.size(2);
        if (kind == AttentionKind.Fused)
        {
            // A stride of zero shows a key head to all query heads of its group.
            Tensor Shared(Tensor x) => x.unsqueeze(2).expand(batch, heads, group, keys, dim).reshape(batch, heads * group, keys, dim);
            return scaled_dot_product_attention(
                q.reshape(batch, heads * group, queries, dim), Shared(k), Shared(v), mask, is_casual: mask is null)
                .view(batch, heads, group, queries, dim);
        }
        Tensor seen = mask ?? Causal(queries, q.dtype);
        Tensor scores = (q * (1 / Math.Sqrt(dim))).reshape(batch * heads, group * queries, dim)
            .bmm(k.reshape(batch * heads, keys, dim).transpose(1, 2));
        Tensor weights = (scores.view(batch * heads, group, queries, keys) + seen).softmax(-1);
        return weights.view(batch * heads, group * queries, keys).bmm(v.reshape(batch * heads, keys, dim))
            .view(batch, heads, group, queries, dim);
    }

    static Tensor Causal(long rows, ScalarType type)
    {
        Tensor index = arange(rows);
        return zeros(rows, rows, type).masked_fill_(index.unsqueeze(0).gt(index.unsqueeze(1)), double.NegativeInfinity);
    }
}
