using Farsight.Engine.Inference;
using Farsight.Engine.Inference.Context;
using Farsight.Engine.Kernels;
using Farsight.Engine.Memory;
using Farsight.Engine.Models;
using Farsight.Engine.Numerics;

namespace Farsight.Tests.Engine.Inference.Context;

/// <summary>Settings at which a method is ordinary decoding, and the parts that definitions leave to choices.</summary>
public sealed class ReadingIdentityTests
{
    static readonly ModelConfig s_config = SmallModel.Config(qwen: true) with { MaxPositionEmbeddings = 4096, NumHiddenLayers = 3 };

    [Theory]
    [InlineData("gemfilter:keep=2000"), InlineData("lazyllm:keep=1"), InlineData("kv-quant:bits=16"), InlineData("xl3m")]
    public void A_method_that_leaves_nothing_out_gives_the_bits_of_ordinary_decoding(string method)
    {
        using DecoderModel model = SmallModel.Create(s_config);
        int[] prompt = Reading.Tokens(1500), more = Reading.Tokens(5, seed: 5);

        Assert.Equal(Reading.Ordinary(model, prompt, more), Reading.Logits(model, method, prompt, more));
    }

    [Theory]
    [InlineData("self-extend:group=1,neighbors=700"), InlineData("streaming-llm:cache=2000"), InlineData("longheads:chunk=64,budget=4096")]
    [InlineData("squeezed-attention:squeeze=0,iterations=3"), InlineData("squeezed-attention:squeeze=0,coarse=0.01,iterations=3")]
    [InlineData("rekv:window=4000,block=100")]
    public void A_method_that_selects_everything_is_exact_attention(string method)
    {
        using DecoderModel model = SmallModel.Create(s_config);
        int[] prompt = Reading.Tokens(1500), more = Reading.Tokens(5, seed: 5);

        Reading.Same(Reading.Ordinary(model, prompt, more), Reading.Logits(model, method, prompt, more));
    }

    [Fact]
    public void Squeezed_attention_attends_to_the_keys_of_the_chosen_clusters_only()
    {
        using DecoderModel model = SmallModel.Create(s_config);
        int[] prompt = Reading.Tokens(300);
        using ContextReader all = Reading.Method("squeezed-attention:squeeze=0,observe=20,question=10").Open(model, 300, 1);
        using ContextReader few = Reading.Method("squeezed-attention:squeeze=0.9,observe=20,question=10").Open(model, 300, 1);

        float[][] exact = Reading.Logits(all, prompt, []), squeezed = Reading.Logits(few, prompt, []);

        Assert.NotEqual(exact, squeezed);
        Assert.True(few.Cost.KeyValueBytes < all.Cost.KeyValueBytes);
    }

    [Theory]
    [InlineData("squeezed-attention:squeeze=0.5,observe=20,question=8"), InlineData("rekv:window=40,block=8,blocks=4,question=8")]
    public void A_second_question_on_the_same_context_does_not_read_it_again(string method)
    {
        using DecoderModel model = SmallModel.Create(s_config);
        int[] context = Reading.Tokens(200), first = [.. context, .. Reading.Tokens(8, seed: 5)],
            second = [.. context, .. Reading.Tokens(9, seed: 6)];
        using ContextReader kept = Reading.Method(method).Open(model, 208, 1);
        Reading.Logits(kept, first, []);
        long read = kept.Cost.LayerTokens;

        Assert.True(kept.Rewind(second, 1));
        float[][] again = Reading.Logits(kept, second, []);

        Assert.Equal(9 * 3, kept.Cost.LayerTokens - read);
        Assert.False(kept.Rewind([1, 2, 3], 1));
        string longer = method.Replace("question=8", "question=9", StringComparison.Ordinal);
        using ContextReader whole = Reading.Method(longer).Open(model, 209, 1);
        Reading.Same(Reading.Logits(whole, second, []), again);
    }

    [Fact]
    public void Decoding_and_scoring_with_a_method_agree()
    {
        using DecoderModel model = SmallModel.Create(s_config);
        ContextDecoder decoder = new(model, Reading.Method("streaming-llm:cache=16"));
        int[] prompt = Reading.Tokens(40);
        List<int> chosen = [];
        List<double> logProbs = [];
        decoder.Run([prompt], [4], (_, logits) =>
        {
            chosen.Add(System.Numerics.Tensors.TensorPrimitives.IndexOfMax(logits));
            logProbs.Add(logits[chosen[^1]] - ContextDecoder.LogSumExp(logits));
            return chosen[^1];
        });

        ContinuationScore score = decoder.Score([new(prompt, chosen)])[0];

        Assert.Equal(4, chosen.Count);
        Assert.True(score.IsGreedy);
        Near.Each(logProbs, [.. score.LogProbs], 1e-6);
        Assert.Throws<ArgumentException>(() => decoder.Run([[]], [1], (_, _) => null));
    }

    [Theory]
    [InlineData(2), InlineData(4), InlineData(8)]
    public void Quantized_numbers_are_off_by_at_most_half_a_step(int bits)
    {
        SeededRandom random = SeededRandom.For(1, "quantized", bits);
        using RowsOwner memory = new();
        Rows rows = memory.Allocate(40, 12), read = memory.Allocate(40, 12);
        foreach (ref float value in rows.Span)
        {
            value = (float)random.NextNormal();
        }
        rows[3].Fill(0.25f); // a group of equal numbers

        QuantizedRows keys = new(12, bits, 4, 16, byChannel: true), values = new(12, bits, 4, 16, byChannel: false);
        keys.Append(rows);
        values.Append(rows);

        keys.Read(read);
        for (int row = 0; row < 40; row++)
        {
            for (int c = 0; c < 12; c++)
            {
                int start = row / 4 * 4;
                float[] group = [.. Enumerable.Range(start, 4).Select(r => rows[r][c])];
                AssertNear(rows[row][c], read[row][c], row < 32 ? group : []);
            }
        }
        values.Read(read);
        for (int row = 0; row < 40; row++)
        {
            for (int c = 0; c < 12; c++)
            {
                AssertNear(rows[row][c], read[row][c], row < 24 ? [.. rows[row].Slice(c / 4 * 4, 4)] : []);
            }
        }
        Assert.True(keys.Bytes < 40 * 12 * sizeof(float));

        void AssertNear(float expected, float actual, float[] group)
        {
            double half = group.Length == 0 ? 0 : (group.Max() - group.Min()) / ((1 << bits) - 1) / 2.0;
            Assert.InRange(Math.Abs(expected - actual), 0, half + (half > 0 ? 1e-6 : 0));
        }
    }

    [Theory]
    [InlineData(-1e-6, new[] { 0, 1 }), InlineData(1e-6, new int[0])]
    public void A_query_chooses_the_clusters_whose_share_of_the_keys_is_above_the_threshold(double off, int[] chosen)
    {
        using RowsOwner memory = new();
        float[][] points = [[1, 0], [3, 0.1f], [0, 2], [0.1f, 5], [-1, -1], [-2, -2]];
        Rows keys = memory.Allocate(6, 2), query = memory.Allocate(1, 2);
        for (int i = 0; i < points.Length; i++)
        {
            points[i].CopyTo(keys[i]);
        }
        query[0][0] = 1;
        KeyClusters clusters = KeyClusters.Of(keys, 0, 2, 3, 0, 100, (1, 0));
        double[] dots = [2, 0.05, -1.5]; // with the means of the pairs

        double best = Math.Exp(dots[0] / Math.Sqrt(2)) / dots.Sum(d => 2 * Math.Exp(d / Math.Sqrt(2)));

        Assert.Equal(chosen, clusters.Choose(query, 0, new AttentionShape(1, 1, 2), -1, best + off));
        Assert.Equal([0, 1, 2, 3, 4, 5], clusters.Choose(query, 0, new AttentionShape(1, 1, 2), -1, -1));
    }

    [Fact]
    public void Clusters_of_keys_are_groups_of_directions_with_means_of_the_keys_themselves()
    {
        SeededRandom random = SeededRandom.For(1, "clusters", 0);
        float[][] points = [[1, 0], [3, 0.1f], [0, 2], [0.1f, 5], [-1, -1], [-2, -2]];

        int[] cluster = KeyClusters.KMeans(points, 3, 100, ref random);

        Assert.Equal(cluster[0], cluster[1]);
        Assert.Equal(cluster[2], cluster[3]);
        Assert.Equal(cluster[4], cluster[5]);
        Assert.Equal(3, cluster.Distinct().Count());
    }
}
