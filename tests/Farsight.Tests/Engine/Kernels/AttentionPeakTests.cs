using Farsight.Engine.Kernels;
using Farsight.Engine.Memory;

namespace Farsight.Tests.Engine.Kernels;

public sealed class AttentionPeakTests
{
    static readonly AttentionShape s_shape = new(Heads: 6, KeyValueHeads: 2, HeadDim: 12);

    [Theory, InlineData(int.MaxValue), InlineData(5), InlineData(1)]
    public void The_key_with_the_largest_score_is_found_where_it_stands_in_the_text(int window)
    {
        float[] queries = TestData.Normal(9 * s_shape.QueryWidth, seed: 1), keys = TestData.Normal(40 * s_shape.KeyWidth, seed: 2);
        AttentionSpan span = new(FirstQuery: 3, QueryCount: 6, [new(20, 7), new(2, 4)], FirstKey: 30, window);
        int[] peaks = new int[s_shape.Heads];

        for (int query = 0; query < span.QueryCount; query++)
        {
            AttentionPeak.Find(RowsOf(queries, s_shape.QueryWidth), RowsOf(keys, s_shape.KeyWidth), s_shape, span, query, peaks);

            int[] text = [.. Enumerable.Range(20, 7), .. Enumerable.Range(2, 4), .. Enumerable.Range(30, query + 1)];
            Assert.Equal(Enumerable.Range(0, s_shape.Heads).Select(h => Naive(queries, keys, text, 3 + query, h, window)), peaks);
        }
    }

    [Fact]
    public void Of_equal_keys_the_first_is_taken()
    {
        float[] queries = TestData.Normal(s_shape.QueryWidth, seed: 1),
            keys = [.. Enumerable.Repeat(TestData.Normal(s_shape.KeyWidth, seed: 2), 10).SelectMany(k => k)];
        int[] peaks = new int[s_shape.Heads];

        AttentionPeak.Find(
            RowsOf(queries, s_shape.QueryWidth),
            RowsOf(keys, s_shape.KeyWidth),
            s_shape,
            new(0, 1, [new(0, 9)], 9, Window: 7),
            0,
            peaks);

        Assert.All(peaks, p => Assert.Equal(3, p));
    }

    static int Naive(float[] queries, float[] keys, int[] text, int row, int head, int window)
    {
        int best = -1;
        double most = double.NegativeInfinity;
        for (int place = Math.Max(0, text.Length - window); place < text.Length; place++)
        {
            double score = 0;
            for (int d = 0; d < s_shape.HeadDim; d++)
            {
                score +=
                    (double)queries[row * s_shape.QueryWidth + head * s_shape.HeadDim + d]
                    * keys[text[place] * s_shape.KeyWidth + head / s_shape.Group * s_shape.HeadDim + d];
            }
            if (score > most)
            {
                (most, best) = (score, place);
            }
        }
        return best;
    }

    static Rows RowsOf(float[] values, int width)
    {
        Rows rows = Rows.Allocate(values.Length / width, width);
        values.CopyTo(rows.Span);
        return rows;
    }
}
