using Farsight.Engine.Kernels;
using Farsight.Engine.Memory;

namespace Farsight.Tests.Engine.Kernels;

/// <summary>One query per sequence behind a cache.</summary>
public sealed partial class TreeAttentionTests
{
    [Theory, InlineData(1, 16), InlineData(63, 24), InlineData(65, 32), InlineData(700, 128), InlineData(129, 80), InlineData(70, 5)]
    public void Decode_matches_naive(int cached, int headDim)
    {
        AttentionShape shape = new(6, 2, headDim);
        float[] q = TestData.Normal(6 * headDim, 1),
            k = TestData.Normal(cached * 2 * headDim, 2),
            v = TestData.Normal(cached * 2 * headDim, 3);
        Rows output = Rows.Allocate(1, 6 * headDim);

        AttentionSpan span = new(0, 1, [new(0, cached - 1)], cached - 1);
        TreeAttention.Decode(ToRows(q, 6 * headDim), ToRows(k, 2 * headDim), ToRows(v, 2 * headDim), shape, [span], output);

        Near.Each(TreeAttentionNaive.Run(q, k, v, new float[q.Length], shape, [span]).Output, output.Span, relative: 1e-4, absolute: 2e-6);
    }

    [Theory, InlineData(int.MaxValue), InlineData(150), InlineData(90), InlineData(1)]
    public void Decoding_side_by_side_matches_naive(int window)
    {
        AttentionShape shape = new(6, 2, 16);
        KeyRange root = new(0, 100), document = new(105, 70);
        AttentionSpan[] spans =
        [
            new(0, 1, [root, document, new(180, 3)], 183, window),
            new(2, 1, [root, document, new(190, 67)], 257, window),
            new(1, 1, [root, document], 260, window),
            new(4, 1, [new(0, 104)], 104, window),
            new(3, 1, [], 270, window),
            new(5, 1, [new(300, 99)], 399, window),
            new(6, 1, [new(300, 80)], 400, window),
            .. Enumerable
                .Range(7, 12)
                .Select(row => new AttentionSpan(row, 1, [root, new(401 + 10 * row, row % 9)], 401 + 10 * row + row % 9, window)),
        ];
        int rows = spans.Length, cached = 700;
        float[] q = TestData.Normal(rows * 96, 1), k = TestData.Normal(cached * 32, 2), v = TestData.Normal(cached * 32, 3);
        Rows output = Rows.Allocate(rows, 96);

        TreeAttention.Decode(ToRows(q, 96), ToRows(k, 32), ToRows(v, 32), shape, spans, output);

        Near.Each(TreeAttentionNaive.Run(q, k, v, new float[q.Length], shape, spans).Output, output.Span, relative: 1e-4, absolute: 2e-6);
        foreach (AttentionSpan span in (AttentionSpan[])[new(0, 2, [], 0), new(0, 1, [], 0) { Heads = new(0, 3) }])
        {
            Assert.Throws<ArgumentException>(() =>
                TreeAttention.Decode(ToRows(q, 96), ToRows(k, 32), ToRows(v, 32), shape, [span], output));
        }
    }
}
