using System.Numerics.Tensors;
using Farsight.Engine.Memory;

namespace Farsight.Engine.Kernels;

/// <summary>Finds the key with the highest attention score for each head of a query.</summary>
/// <remarks>
/// Softmax and soft limit rise with the scores, so the largest q·k of the keys that are seen is also the largest weight: one pass over
/// the keys, and nothing of their number is kept.
/// </remarks>
static class AttentionPeak
{
    /// <summary>Finds the keys.</summary>
    /// <param name="queries">[T, H · Dh], rotated.</param>
    /// <param name="keys">[S, Hkv · Dh], rotated.</param>
    /// <param name="shape">Heads.</param>
    /// <param name="span">What its queries see, in all heads.</param>
    /// <param name="query">Number of the query in its span.</param>
    /// <param name="peaks">
    /// [H] overwritten: the number of the key with the largest score, the first of equals. Keys are counted in the order of the
    /// prefix's ranges and then of the own keys, those outside a window too: that is the token's place in its text.
    /// </param>
    /// <exception cref="ArgumentException">Widths do not fit the shape.</exception>
    public static void Find(Rows queries, Rows keys, AttentionShape shape, AttentionSpan span, int query, Span<int> peaks)
    {
        Shape.Same(shape.QueryWidth, queries.Width);
        Shape.Same(shape.KeyWidth, keys.Width);
        Shape.Same(shape.Heads, peaks.Length);

        ReadOnlySpan<float> row = queries[span.FirstQuery + query];
        float[] best = new float[shape.Heads];
        Array.Fill(best, float.NegativeInfinity);
        peaks.Clear();
        int place = 0, first = Math.Max(0, span.Prefix.Sum(r => r.Count) + query + 1 - span.Window);
        foreach (KeyRange range in span.Prefix.Append(new(span.FirstKey, query + 1)))
        {
            for (int k = Math.Max(0, first - place); k < range.Count; k++)
            {
                One(row, keys[range.Start + k], shape, place + k, best, peaks);
            }
            place += range.Count;
        }
    }

    static void One(ReadOnlySpan<float> query, ReadOnlySpan<float> key, AttentionShape shape, int place, Span<float> best, Span<int> peaks)
    {
        for (int h = 0; h < shape.Heads; h++)
        {
            float score = TensorPrimitives.Dot(
                query.Slice(h * shape.HeadDim, shape.HeadDim),
                key.Slice(h / shape.Group * shape.HeadDim, shape.HeadDim));
            if (score > best[h])
            {
                (best[h], peaks[h]) = (score, place);
            }
        }
    }
}
