using Farsight.Engine.Inference;
using Farsight.Engine.Inference.Context;
using Farsight.Engine.Kernels;
using Farsight.Engine.Memory;
using Farsight.Engine.Models;
using Farsight.Tests.Engine.Models;

namespace Farsight.Tests.Engine.Inference.Context;

/// <summary>Methods that select or store the keys of a kept context, against their definitions in double.</summary>
public sealed class CachedKeyMethodTests
{
    static readonly ModelConfig s_config = SmallModel.Config(qwen: true);

    [Fact]
    public void Squeezed_attention_reads_the_keys_whose_cluster_scores_above_the_threshold()
    {
        using DecoderModel model = SmallModel.Create(s_config);
        int[] prompt = Reading.Tokens(40), more = Reading.Tokens(3, seed: 5);
        const int Context = 35, Clustered = 29; // every key is a cluster, so that nothing depends on k-means

        float[][] logits = Reading.Logits(model, "squeezed-attention:clusters=1,squeeze=0.6,observe=6,question=5", prompt, more);

        List<double> observed = [];
        Reading.Naive(s_config, prompt[..Context], h =>
        {
            if (h.Token == Context - 1 && h.Head % 2 == 0)
            {
                observed.AddRange(Scores(h, Enumerable.Range(Clustered, Context - Clustered)));
            }
            return h.Causal();
        });
        double threshold = observed.Order().ElementAt((int)Math.Ceiling(0.6 * observed.Count - 1e-9) - 1);
        Reading.Same(
            Reading.Naive(s_config, [.. prompt, .. more], h =>
            {
                if (h.Token < Context)
                {
                    return h.Causal();
                }
                double[] scores = Scores(h, h.Token < prompt.Length ? Enumerable.Range(Context, prompt.Length - Context) : [h.Token]);
                return h.Over(Enumerable.Range(0, h.Token + 1)
                    .Where(j => j >= Clustered || scores[j] > threshold)
                    .Select(j => (j, h.Token, j)));
            }),
            logits);

        double[] Scores(NaiveHead h, IEnumerable<int> tokens)
        {
            double[] mean = new double[Clustered];
            int first = h.Head / 2 * 2; // two query heads read one key head
            (int Head, int Token)[] queries = [.. from head in new[] { first, first + 1 } from token in tokens select (head, token)];
            foreach ((int head, int token) in queries)
            {
                double[] query = h.Rotate(h.AllQueries[head][token], token);
                double[] powers = [.. mean.Select((_, j) => Math.Exp(NaiveHead.Scale(query, h.Rotate(h.Keys[j], j))))];
                for (int j = 0; j < Clustered; j++)
                {
                    mean[j] += powers[j] / powers.Sum() / queries.Length;
                }
            }
            return mean;
        }
    }

    [Fact]
    public void A_second_level_of_clusters_excludes_the_keys_of_other_groups_from_the_first()
    {
        float[][] keys = [[1, 0], [0, 1], [1, 0.2f], [0.1f, 1], [0.9f, -0.1f], [-0.1f, 0.9f]]; // keys 0, 2 and 4 point along x
        using RowsOwner memory = new();
        Rows rows = memory.Allocate(6, 2), query = memory.Allocate(1, 2);
        for (int i = 0; i < 6; i++)
        {
            keys[i].CopyTo(rows[i]);
        }
        query[0][0] = 5;
        AttentionShape shape = new(1, 1, 2);
        KeyClusters clusters = KeyClusters.Of(rows, 0, 2, count: 6, coarse: 2, iterations: 20, (1, 0));

        double Power(int key) => Math.Exp(5 * keys[key][0] / Math.Sqrt(2));
        double alone = Power(0) / (Power(0) + Power(2) + Power(4)), among = Power(0) / Enumerable.Range(0, 6).Sum(Power);

        Assert.Equal(8, clusters.Count);
        Assert.Equal([0, 2, 4], clusters.Choose(query, 0, shape, coarseAbove: 1.0 / 6, fineAbove: 0));
        Assert.Equal([0, 2], clusters.Choose(query, 0, shape, coarseAbove: 1.0 / 6, fineAbove: (alone + among) / 2));
        Assert.Empty(clusters.Choose(query, 0, shape, coarseAbove: 0, fineAbove: (alone + among) / 2));
    }

    [Fact]
    public void A_quantized_cache_stores_the_prompt_and_reads_it_for_later_tokens()
    {
        using DecoderModel model = SmallModel.Create(s_config);
        int[] prompt = Reading.Tokens(22), more = Reading.Tokens(7, seed: 5);
        const int Group = 4, Residual = 8, Bits = 4;

        float[][] logits = Reading.Logits(model, "kv-quant:bits=4,group=4,residual=8", prompt, more);

        Reading.Same(
            Reading.Naive(s_config, [.. prompt, .. more], h =>
            {
                if (h.Token < prompt.Length)
                {
                    return h.Causal();
                }
                int stored = h.Token; // tokens before this one
                double[] Key(int j)
                {
                    double[] own = h.Rotate(h.Keys[j], j);
                    int start = j / Group * Group;
                    IEnumerable<double> Channel(int d) => Enumerable.Range(start, Group).Select(i => h.Rotate(h.Keys[i], i)[d]);
                    return j >= stored / Residual * Residual ? own : [.. own.Select((v, d) => Rounded(v, Channel(d), Bits))];
                }
                double[] Value(int j) => j >= stored - Residual ? h.Values[j]
                    : [.. h.Values[j].Select((v, d) => Rounded(v, h.Values[j].Chunk(Group).ElementAt(d / Group), Bits))];
                double[] query = h.Rotate(h.Query, h.Token);
                return NaiveHead.Mix(Enumerable.Range(0, h.Token + 1).Select(j => (NaiveHead.Scale(query, Key(j)), Value(j))));
            }),
            logits);
    }

    static double Rounded(double value, IEnumerable<double> group, int bits)
    {
        double least = group.Min(), scale = (group.Max() - least) / ((1 << bits) - 1);
        return scale == 0 ? value : Math.Round((value - least) / scale) * scale + least;
    }
}
