using System.Runtime.Intrinsics;
using Farsight.Engine.Memory;

namespace Farsight.Engine.Kernels;

static partial class TreeAttention
{
    // Below this number of floats in keys, a second thread costs more than it saves.
    const long WorthSharing = 1 << 16;

    /// <summary>Computes the attention of single queries, each of its own sequence, over the keys of a cache.</summary>
    /// <remarks>The formula of <see cref="Forward"/>. Keys that neighbors begin with are read once for several of them.</remarks>
    /// <param name="queries">[T, H · Dh], rotated.</param>
    /// <param name="keys">[S, Hkv · Dh] the rows of the cache.</param>
    /// <param name="values">[S, Hkv · Dh].</param>
    /// <param name="shape">Heads.</param>
    /// <param name="spans">Who sees what; one query each.</param>
    /// <param name="output">[T, H · Dh], overwritten in the rows of the spans.</param>
    /// <exception cref="ArgumentException">Shapes do not fit, or a span has more than one query or is for some heads only.</exception>
    public static void Decode(Rows queries, Rows keys, Rows values, AttentionShape shape, IReadOnlyList<AttentionSpan> spans, Rows output)
    {
        Check(queries, keys, values, shape, spans);
        Like(queries, output);
        if (spans.Any(s => s.QueryCount != 1 || s.Heads is not null))
        {
            throw new ArgumentException("Each span must have exactly one query and apply to all heads.", nameof(spans));
        }

        List<DecodeBundle> bundles = DecodeBundle.Of(spans);
        int count = bundles.Count * shape.KeyValueHeads;
        void Item(int item) =>
            DecodeHead(queries, keys, values, shape, bundles[item / shape.KeyValueHeads], item % shape.KeyValueHeads, output);
        if (bundles.Sum(b => b.KeyCount) * keys.Width >= WorthSharing)
        {
            Workers.For(count, Item);
            return;
        }
        for (int item = 0; item < count; item++)
        {
            Item(item);
        }
    }

    static void DecodeHead(Rows queries, Rows keys, Rows values, AttentionShape shape, DecodeBundle bundle, int head, Rows output)
    {
        if (Vector512.IsHardwareAccelerated && shape.HeadDim % Vector512<float>.Count == 0)
        {
            AttentionDecode<Vector512<float>, Tier512>.Run(queries, keys, values, shape, bundle, head, output);
        }
        else if (Vector256.IsHardwareAccelerated && shape.HeadDim % Vector256<float>.Count == 0)
        {
            AttentionDecode<Vector256<float>, Tier256>.Run(queries, keys, values, shape, bundle, head, output);
        }
        else
        {
            AttentionDecode<Vector128<float>, Tier128>.Run(queries, keys, values, shape, bundle, head, output);
        }
    }
}
