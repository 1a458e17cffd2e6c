using Farsight.Engine;
using Farsight.Engine.Inference;
using Farsight.Engine.Kernels;
using Farsight.Engine.Memory;
using Farsight.Engine.Models;
using Farsight.Engine.Numerics;

namespace Farsight.Tests.Engine.Inference;

public sealed class NarrowCacheTests
{
    [Theory]
    [InlineData(NumberFormat.F32, 2 * 4 * 32 * 1024)]
    [InlineData(NumberFormat.BF16, 2 * 2 * 32 * 1024 + 2 * 4 * 1024)]
    [InlineData(NumberFormat.Q8_0, 2 * 34 * 32 * 32 + 2 * 4 * 1024)]
    public void The_bytes_of_a_token_are_those_of_all_layers_and_of_one_widened_layer(NumberFormat format, long expected)
    {
        ModelConfig config = SmallModel.Config() with { NumHiddenLayers = 32, NumKeyValueHeads = 8, HeadDim = 128 };

        Assert.Equal(expected, ContinuousBatch.BytesPerToken(config, format));
    }

    [Fact]
    public void Rows_are_rounded_when_they_are_stored_and_only_those_of_the_spans_are_read()
    {
        using KvCache cache = new(SmallModel.Config(), 8, NumberFormat.BF16);
        Rows keys = Rows.Allocate(2, 16), values = Rows.Allocate(2, 16);
        keys.Span.Fill(1 + 1 / 256f); // between 1 and 1 + 1/128: to the even one
        values.Span.Fill(-(1 + 3 / 256f));
        try
        {
            cache.Layer(1, [(0, 1), (5, 1)]).Append(keys, values, []);
            (Rows seenKeys, Rows seenValues) = cache.Layer(1, [])
                .Append(keys.Slice(0, 0), values.Slice(0, 0), [new AttentionSpan(0, 1, [], 5)]);

            Assert.All(seenKeys[5].ToArray(), x => Assert.Equal(1f, x));
            Assert.All(seenValues[5].ToArray(), x => Assert.Equal(-(1 + 4 / 256f), x));
            Assert.All(seenKeys[0].ToArray(), x => Assert.Equal(0f, x)); // stored, and not read
        }
        finally
        {
            keys.Buffer.Dispose();
            values.Buffer.Dispose();
        }
    }

    [Theory]
    [InlineData(NumberFormat.BF16)]
    [InlineData(NumberFormat.Q8_0)]
    public void Logits_over_a_narrow_cache_are_near_those_over_exact_keys_and_values(NumberFormat format)
    {
        using DecoderModel model = SmallModel.Create(SmallModel.Config() with { HeadDim = 16 });
        using ContinuousBatch exact = new(model, 64), narrow = new(model, 64, format);

        float[] expected = Second(exact), actual = Second(narrow);

        Near.Each([.. expected.Select(x => (double)x)], actual, relative: 0, absolute: 0.03 * expected.Max(Math.Abs));
        Assert.NotEqual(expected, actual); // the format has an effect

        static float[] Second(ContinuousBatch batch)
        {
            int[] prompt = [.. Enumerable.Range(0, 30).Select(i => (i * 7 + 3) % 50)];
            float[] logits = [];
            foreach (int last in (int[])[1, 2])
            {
                SequenceBranch branch = batch.TryOpen([.. prompt, last], 1)!;
                batch.Step([new(branch, branch.Remaining)], (_, _, l) => logits = l.ToArray());
                Assert.Equal(last == 1 ? 0 : 30, branch.CachedTokens);
                batch.Close(branch);
            }
            return logits;
        }
    }

    [Fact]
    public void Keys_that_are_no_whole_blocks_are_refused_with_a_format_that_holds_them() =>
        Assert.Contains(
            "BF16",
            Assert.Throws<InputException>(() => ContinuousBatch.BytesPerToken(SmallModel.Config(), NumberFormat.Q8_0)).Message,
            StringComparison.Ordinal);
}
