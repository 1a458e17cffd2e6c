using System.Numerics.Tensors;
using Farsight.Engine.Memory;

namespace Farsight.Engine.Kernels;

public static partial class TreeAttention
{
    const int DecodeBlock = 64;

    // Below so many floats of keys a second thread costs more than it brings.
    const long WorthSharing = 1 << 16;

    /// <summary>One query against all the keys of a cache.</summary>
    /// <remarks>The formula of <see cref="Forward"/>; key heads are shared among the threads when the cache is long.</remarks>
    /// <param name="query">[1, H · Dh], rotated.</param>
    /// <param name="keys">[S, Hkv · Dh] the valid rows of the cache, the query's own among them.</param>
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

    /// <summary>All query heads of one key head, so that keys and values are read from memory once.</summary>
    static void DecodeHead(Rows query, Rows keys, Rows values, AttentionShape shape, int head, Rows output)
    {
        int group = shape.Group, dim = shape.HeadDim, column = head * dim;
        ReadOnlySpan<float> q = query[0].Slice(column * group, group * dim);
        Span<float> o = output[0].Slice(column * group, group * dim);
        Span<float> weights = stackalloc float[DecodeBlock], max = stackalloc float[group], sum = stackalloc float[group];
        o.Clear();
        max.Fill(float.NegativeInfinity);
        sum.Clear();
        for (int first = 0; first < keys.Count; first += DecodeBlock)
        {
            Rows someKeys = keys.Slice(first, Math.Min(DecodeBlock, keys.Count - first)), someValues = values.Slice(first, someKeys.Count);
            for (int g = 0; g < group; g++)
            {
                Span<float> p = weights[..someKeys.Count];
                for (int k = 0; k < p.Length; k++)
                {
                    p[k] = shape.Scale * TensorPrimitives.Dot(q.Slice(g * dim, dim), someKeys[k].Slice(column, dim));
                }
                Renew(p, ref max[g], ref sum[g], o.Slice(g * dim, dim));
                for (int k = 0; k < p.Length; k++)
                {
                    TensorPrimitives.MultiplyAdd(someValues[k].Slice(column, dim), p[k], o.Slice(g * dim, dim), o.Slice(g * dim, dim));
                }
            }
        }
        for (int g = 0; g < group; g++)
        {
            TensorPrimitives.Multiply(o.Slice(g * dim, dim), 1f / sum[g], o.Slice(g * dim, dim));
        }
    }

    /// <summary>Turns scores into weights relative to the maximum so far, and brings sum and output to it.</summary>
    static void Renew(Span<float> scores, ref float max, ref float sum, Span<float> output)
    {
        float newMax = MathF.Max(max, TensorPrimitives.Max<float>(scores));
        float factor = VectorExp.Exp(max - newMax);
        max = newMax;
        sum *= factor;
        TensorPrimitives.Multiply(output, factor, output);
        for (int k = 0; k < scores.Length; k++)
        {
            scores[k] = VectorExp.Exp(scores[k] - newMax);
            sum += scores[k];
        }
    }
}
