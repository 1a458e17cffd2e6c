using System.Runtime.Intrinsics;
using Farsight.Engine.Memory;

namespace Farsight.Engine.Kernels;

public static partial class TreeAttention
{
    // Below so many floats of keys a second thread costs more than it brings.
    const long WorthSharing = 1 << 18;

    /// <summary>One query against all the keys of a cache.</summary>
    /// <remarks>The formula of <see cref="Forward"/>; key heads are shared among the threads when the cache is long.</remarks>
    /// <param name="query">[1, H · Dh], rotated.</param>
    /// <param name="keys">[S, Hkv · Dh] the rows of the cache that the query sees, its own among them; with a window the last ones.</param>
    /// <param name="values">[S, Hkv · Dh].</param>
    /// <param name="shape">Heads.</param>
    /// <param name="output">[1, H · Dh], overwritten.</param>
    /// <exception cref="ArgumentException">Shapes do not fit, or there is no key.</exception>
    public static void Decode(Rows query, Rows keys, Rows values, AttentionShape shape, Rows output)
    {
        Check(query, keys, values, shape, []);
        Shape.Same(1, query.Count);
        Like(query, output);
        ArgumentOutOfRangeException.ThrowIfZero(keys.Count, nameof(keys));

        if (keys.Length < WorthSharing)
        {
            for (int head = 0; head < shape.KeyValueHeads; head++)
            {
                DecodeHead(query, keys, values, shape, head, output);
            }
            return;
        }
        Workers.For(shape.KeyValueHeads, head => DecodeHead(query, keys, values, shape, head, output));
    }

    static void DecodeHead(Rows query, Rows keys, Rows values, AttentionShape shape, int head, Rows output)
    {
        if (Vector512.IsHardwareAccelerated && shape.HeadDim % Vector512<float>.Count == 0)
        {
            AttentionDecode<Vector512<float>, Tier512>.Head(query, keys, values, shape, head, output);
        }
        else if (Vector256.IsHardwareAccelerated && shape.HeadDim % Vector256<float>.Count == 0)
        {
            AttentionDecode<Vector256<float>, Tier256>.Head(query, keys, values, shape, head, output);
        }
        else
        {
            AttentionDecode<Vector128<float>, Tier128>.Head(query, keys, values, shape, head, output);
        }
    }
}
