using Farsight.Engine;
using Farsight.Engine.Inference;
using Farsight.Engine.Inference.Context;
using Farsight.Engine.Models;
using Farsight.Engine.Rope;
using Farsight.Tests.Engine.Models;

namespace Farsight.Tests.Engine.Inference.Context;

/// <summary>Methods against their definitions, written literally in double over whole sequences.</summary>
public sealed class ReadingMethodTests
{
    static readonly ModelConfig s_config = SmallModel.Config(qwen: true);

    [Theory]
    [InlineData(4, 8), InlineData(3, 7), InlineData(1, 5)]
    public void SelfExtend_divides_positions_of_far_keys(int group, int neighbors)
    {
        using DecoderModel model = SmallModel.Create(s_config);
        int[] prompt = Reading.Tokens(30), more = Reading.Tokens(6, seed: 5);

        float[][] logits = Reading.Logits(model, $"self-extend:group={group},neighbors={neighbors}", prompt, more);

        int shift = neighbors - neighbors / group;
        Reading.Same(
            Reading.Naive(s_config, [.. prompt, .. more], h => h.Over(Enumerable.Range(0, h.Token + 1).Select(j =>
                h.Token - j < neighbors ? (j, h.Token, j) : (j, h.Token / group + shift, j / group)))),
            logits);
    }

    [Theory]
    [InlineData(4, 12), InlineData(0, 5), InlineData(2, 40)]
    public void StreamingLlm_sees_sinks_and_recent_keys_at_cache_positions(int sinks, int cache)
    {
        using DecoderModel model = SmallModel.Create(s_config);
        int[] prompt = Reading.Tokens(30), more = Reading.Tokens(6, seed: 5);

        float[][] logits = Reading.Logits(model, $"streaming-llm:sinks={sinks},cache={cache}", prompt, more);

        Reading.Same(
            Reading.Naive(s_config, [.. prompt, .. more], h =>
            {
                int[] kept = h.Token < cache
                    ? [.. Enumerable.Range(0, h.Token + 1)]
                    : [.. Enumerable.Range(0, sinks), .. Enumerable.Range(h.Token - (cache - sinks) + 1, cache - sinks)];
                return h.Over(kept.Select((j, place) => (j, kept.Length - 1, place)));
            }),
            logits);
    }

    [Fact]
    public void StreamingLlm_reads_a_long_prompt_as_if_tokens_came_one_by_one()
    {
        using DecoderModel model = SmallModel.Create(s_config);
        int[] text = Reading.Tokens(2500);
        using ContextReader whole = Reading.Method("streaming-llm:cache=20").Open(model, 2500, 1);
        using ContextReader single = Reading.Method("streaming-llm:cache=20").Open(model, 1, 2500);

        Reading.Same([Reading.Logits(single, text[..1], text[1..])[^1]], Reading.Logits(whole, text, []));
        Assert.Equal(whole.Cost.HeldBytes, single.Cost.HeldBytes);
    }

    [Fact]
    public void GemFilter_reads_the_tokens_of_the_greatest_smoothed_scores()
    {
        using DecoderModel model = SmallModel.Create(s_config);
        int[] prompt = Reading.Tokens(40), more = Reading.Tokens(3, seed: 5);

        float[][] logits = Reading.Logits(model, "gemfilter:layer=1,keep=12,smooth=5", prompt, more);

        double[] scores = new double[prompt.Length];
        Reading.Naive(s_config, prompt, h =>
        {
            for (int i = 0; h.Layer == 1 && h.Token == prompt.Length - 1 && i < scores.Length; i++)
            {
                scores[i] += h.Rotate(h.Query, h.Token).Zip(h.Rotate(h.Keys[i], i), (a, b) => a * b).Sum();
            }
            return h.Causal();
        });
        double[] smooth =
        [
            .. scores.Select((_, i) => Enumerable.Range(i - 2, 5).Where(j => j >= 0 && j < scores.Length).Sum(j => scores[j]) / 5),
        ];
        int[] kept = [.. Enumerable.Range(0, 40).OrderByDescending(i => smooth[i]).Take(12).Order().Select(i => prompt[i])];
        Reading.Same(Reading.Naive(s_config, [.. kept, .. more], h => h.Causal()), logits);
    }

    [Fact]
    public void GemFilter_always_keeps_the_requested_first_and_last_tokens()
    {
        float[] scores = [0, 0, 0, 9, 9, 9, 0, 0, 0, 0];

        Assert.Equal([0, 4, 8, 9], GemFilter.Select(scores, keep: 4, width: 3, first: 1, last: 2));
        Assert.Equal([3, 4, 5], GemFilter.Select(scores, keep: 3, width: 1, first: 0, last: 0));
    }

    [Fact]
    public void LazyLlm_hides_tokens_of_low_attention_from_later_layers_and_revives_them_in_later_steps()
    {
        ModelConfig config = s_config with { NumHiddenLayers = 4 };
        using DecoderModel model = SmallModel.Create(config);
        int[] prompt = Reading.Tokens(25), more = Reading.Tokens(8, seed: 5);

        float[][] logits = Reading.Logits(model, "lazyllm:keep=0.6,start=0.25,step=0.5", prompt, more); // before layers 1 and 3

        // Step 0 reads the prompt and step s token 24 + s. A token is computed by the first step that has it in the layer, over the
        // earlier tokens of that step.
        int[][] alive = [.. Enumerable.Range(0, 9).Select(s => Enumerable.Range(0, 25 + s).ToArray())];
        double[][] scores = new double[9][];
        bool hasRevived = false;
        double[][] expected = Reading.Naive(config, [.. prompt, .. more], h =>
        {
            if (h is { Layer: 1 or 3, Token: 0, Head: 0 })
            {
                alive = [.. alive.Select((tokens, s) => Kept(tokens, scores[s]))];
            }
            if (h is { Token: 0, Head: 0 })
            {
                scores = [.. alive.Select(a => new double[a.Length])];
            }
            int step = Array.FindIndex(alive, a => a.Contains(h.Token));
            if (step < 0)
            {
                return new double[config.HeadDim]; // no step computes it
            }
            hasRevived |= step > Math.Max(0, h.Token - 24);
            int[] seen = [.. alive[step].Where(j => j <= h.Token)];
            if (h.Token == 24 + step)
            {
                double[] raw = [.. seen.Select(j => Math.Exp(NaiveHead.Scale(h.Rotate(h.Query, h.Token), h.Rotate(h.Keys[j], j))))];
                for (int i = 0; i < seen.Length; i++)
                {
                    scores[step][i] += raw[i] / raw.Sum() / config.NumAttentionHeads;
                }
            }
            return h.Over(seen.Select(j => (j, h.Token, j)));
        });
        Reading.Same(expected, logits);
        Assert.True(hasRevived);

        static int[] Kept(int[] tokens, double[] by) =>
        [
            .. tokens.SkipLast(1)
                .Select((t, i) => (t, by[i]))
                .OrderByDescending(p => p.Item2)
                .Take((int)Math.Ceiling(0.6 * tokens.Length) - 1)
                .Select(p => p.t)
                .Append(tokens[^1])
                .Order(),
        ];
    }

    [Fact]
    public void LazyLlm_computes_every_token_at_most_once_per_layer()
    {
        ModelConfig config = s_config with { NumHiddenLayers = 4 };
        using DecoderModel model = SmallModel.Create(config);
        int[] prompt = Reading.Tokens(30), more = Reading.Tokens(20, seed: 11);
        using ContextReader reader = Reading.Method("lazyllm:keep=0.5,start=0.25,step=0.25").Open(model, 30, 21);

        Reading.Logits(reader, prompt, more);

        Assert.InRange(reader.Cost.LayerTokens, 50, 4 * 50 - 1);
    }

    [Theory]
    [InlineData(4, 16), InlineData(3, 15)]
    public void LongHeads_attends_to_its_best_chunks_at_new_positions(int chunk, int budget)
    {
        using DecoderModel model = SmallModel.Create(s_config);
        int[] prompt = Reading.Tokens(45), more = Reading.Tokens(7, seed: 5);

        float[][] logits = Reading.Logits(model, $"longheads:chunk={chunk},budget={budget}", prompt, more);

        int most = budget / chunk;
        Reading.Same(
            Reading.Naive(s_config, [.. prompt, .. more], h =>
            {
                int own = h.Token / chunk;
                int[] best =
                [
                    .. own < most ? [] : Enumerable.Range(1, own - 2)
                        .OrderByDescending(c => h.Query.Zip(Feature(h, c, chunk), (a, b) => a * b).Sum())
                        .Take(most - 3),
                ];
                int[] chosen = own < most ? [.. Enumerable.Range(0, own + 1)] : [0, .. best.Order(), own - 1, own];
                int[] keys = [.. chosen.SelectMany(c => Enumerable.Range(c * chunk, chunk)).Where(j => j <= h.Token)];
                return h.Over(keys.Select((j, place) => (j, keys.Length - 1, place)));
            }),
            logits);
    }

    [Fact]
    public void Xl3m_splices_the_segments_of_lowest_entropy_in_their_order()
    {
        ModelConfig config = s_config with { MaxPositionEmbeddings = 32 };
        using DecoderModel model = SmallModel.Create(config);
        int[] prompt = Reading.Tokens(60), more = Reading.Tokens(2, seed: 5);

        float[][] logits = Reading.Logits(model, "xl3m:segment=9,question=5,first=3,average=2", prompt, more);

        int[][] segments = [.. Enumerable.Range(0, 6).Select(s => prompt[(3 + 9 * s)..Math.Min(55, 12 + 9 * s)])];
        double[] entropies =
        [
            .. segments.Select(s => Reading.Naive(config, [.. prompt[..3], .. s, .. prompt[55..]], h => h.Causal())
                .TakeLast(2).Average(row => -row.Sum(p => Math.Exp(p) * p))),
        ];
        int room = 32 - 3 - 5 - 3; // the reader was opened for three new tokens
        List<int> kept = [];
        foreach (int s in Enumerable.Range(0, 6).OrderBy(s => entropies[s]))
        {
            if (kept.Append(s).Sum(k => segments[k].Length) > room)
            {
                break;
            }
            kept.Add(s);
        }
        int[] spliced = [.. prompt[..3], .. kept.Order().SelectMany(s => segments[s]), .. prompt[55..]];
        Reading.Same(Reading.Naive(config, [.. spliced, .. more], h => h.Causal()), logits);
    }

    [Fact]
    public void ReKv_loads_the_best_blocks_of_every_layer_for_the_question()
    {
        using DecoderModel model = SmallModel.Create(s_config);
        int[] prompt = Reading.Tokens(50), more = Reading.Tokens(3, seed: 5);
        const int First = 2, Window = 10, Block = 5, Blocks = 3, Context = 43;

        float[][] logits = Reading.Logits(model, "rekv:first=2,window=10,block=5,blocks=3,question=7", prompt, more);

        Reading.Same(
            Reading.Naive(s_config, [.. prompt, .. more], h =>
            {
                if (h.Token < First + Window)
                {
                    return h.Causal();
                }
                if (h.Token < Context)
                {
                    return h.Over([
                        .. Enumerable.Range(0, First).Select(j => (j, Window, 0)),
                        .. Enumerable.Range(h.Token - Window + 1, Window).Select(j => (j, h.Token, j)),
                    ]);
                }
                int group = h.AllQueries.Length / h.AllKeys.Length;
                int[][] blocks = [.. Enumerable.Range(First, Context - First).Chunk(Block)];
                double Score(int[] block) => Enumerable.Range(0, h.AllQueries.Length).Sum(head =>
                    Mean(h.AllQueries[head][Context..prompt.Length])
                        .Zip(Mean([.. block.Select(j => h.AllKeys[head / group][j])]), (a, b) => a * b).Sum());
                int[] loaded = [.. blocks.OrderByDescending(Score).Take(Blocks).OrderBy(b => b[0]).SelectMany(b => b)];
                int[] keys = [.. Enumerable.Range(0, First), .. loaded, .. Enumerable.Range(Context, h.Token - Context + 1)];
                return h.Over(keys.Select((j, place) => (j, keys.Length - 1, place)));
            }),
            logits);
    }

    [Fact]
    public void A_question_of_a_kept_context_fits_one_pass_which_chooses_the_blocks()
    {
        int most = CacheRun.RowsPerPass / 2; // a later question may have twice the tokens

        Assert.Equal($"question={most}", Reading.Method($"rekv:question={most}").Text.Split(',')[^1]);
        Assert.Throws<InputException>(() => Reading.Method($"rekv:question={most + 1}"));
        Assert.Throws<InputException>(() => Reading.Method($"squeezed-attention:question={most + 1}"));
    }

    [Fact]
    public void ReKv_reads_a_stream_of_64_windows_with_a_bounded_working_set()
    {
        ModelConfig config = s_config with { MaxPositionEmbeddings = 32 };
        using DecoderModel model = SmallModel.Create(config);
        int[] prompt = Reading.Tokens(64 * 32);
        using ContextReader reader = Reading.Method("rekv:window=16,block=4,question=4").Open(model, prompt.Length, 2);

        float[][] logits = Reading.Logits(reader, prompt, [7]);

        Assert.All(logits, row => Assert.All(row, l => Assert.True(float.IsFinite(l))));
        const int RowBytes = 2 * 2 * 8 * sizeof(float) * 2; // keys and values of two heads of 8 in two layers
        Assert.InRange(reader.Cost.HeldBytes, RowBytes * 2048L, RowBytes * (2048L + 1024 + 32 + 32));
    }

    [Theory]
    [InlineData("self-extend"), InlineData("streaming-llm"), InlineData("lazyllm"), InlineData("longheads:chunk=8"), InlineData("rekv")]
    [InlineData("squeezed-attention"), InlineData("gemfilter")]
    public void A_method_that_moves_keys_refuses_sliding_windows_by_name(string method)
    {
        InputException e = Assert.Throws<InputException>(() => Reading.Method(method).Check(s_config with { SlidingWindow = 16 }));

        Assert.Contains(method.Split(':')[0], e.Message, StringComparison.Ordinal);
        Assert.Contains("sliding window", e.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("self-extend"), InlineData("kv-quant"), InlineData("lazyllm"), InlineData("gemfilter")]
    public void A_method_that_reads_in_parts_refuses_rope_that_depends_on_the_length(string method)
    {
        ModelConfig config = s_config with { RopeScaling = new RopeScaling.DynamicNtk(2, 64) };

        InputException e = Assert.Throws<InputException>(() => Reading.Method(method).Check(config));

        Assert.Contains("depends on the length", e.Message, StringComparison.Ordinal);
    }

    static double[] Feature(NaiveHead h, int chunk, int size)
    {
        int[] keys = [.. Enumerable.Range(chunk * size, size)];
        double[] mean = Mean(
        [
            .. keys.Select(i => NaiveHead.Mix(keys.Select(j => (
                NaiveHead.Scale(h.Rotate(h.AllQueries[h.Head][i], i % size), h.Rotate(h.Keys[j], j % size)), h.Values[j])))),
        ]);
        return NaiveHead.Mix(keys.Select(j => (NaiveHead.Scale(mean, h.Rotate(h.Keys[j], j % size)), h.Rotate(h.Keys[j], j % size))));
    }

    static double[] Mean(double[][] rows) => [.. Enumerable.Range(0, rows[0].Length).Select(d => rows.Average(r => r[d]))];
}
