using Farsight.Engine.Inference;
using Farsight.Engine.Models;
using Farsight.Engine.Parameters;

namespace Farsight.Tests.Engine.Inference;

public sealed class CachedDecodingTests
{
    [Fact]
    public void Decoding_with_a_cache_is_a_full_forward_at_every_token()
    {
        using DecoderModel model = SmallModel.Create(qwen: true);
        int[] prompt = [3, 1, 4, 1, 5];

        int[] completion = Greedy(model, [prompt], 12)[0];

        int[] whole = [.. prompt, .. completion];
        for (int length = prompt.Length; length < whole.Length; length++)
        {
            using TreePass pass = model.Forward(TokenTree.Sequence([.. whole[..length], 0]));
            Assert.Equal(pass.TopTokens[^1], whole[length]);
        }
    }

    [Fact]
    public void Companions_do_not_change_a_completion()
    {
        using DecoderModel model = SmallModel.Create();
        int[][] prompts = [.. Enumerable.Range(0, 7).Select(i => Enumerable.Range(0, 3 + 2 * i).Select(t => (t * 7 + i) % 50).ToArray())];

        int[][] together = Greedy(model, prompts, 9);

        for (int i = 0; i < prompts.Length; i++)
        {
            Assert.Equal(Greedy(model, [prompts[i]], 9)[0], together[i]);
        }
    }

    [Fact]
    public void A_prompt_longer_than_a_pass_is_cut_and_gives_the_same_logits()
    {
        using DecoderModel model = SmallModel.Create();
        int[] tokens = [.. Enumerable.Range(0, 1500).Select(i => (i * i + 3 * i) % 50)];
        float[] whole = [];
        using (DecodingBatch batch = new(model, [tokens.Length]))
        {
            batch.Extend([new(0, tokens)], (_, logits) => whole = logits.ToArray());
        }

        float[] pieces = [];
        using (DecodingBatch batch = new(model, [tokens.Length]))
        {
            batch.Extend([new(0, tokens[..700])], (_, _) => { });
            batch.Extend([new(0, tokens[700..])], (_, logits) => pieces = logits.ToArray());
        }

        Near.Each([.. pieces.Select(v => (double)v)], whole, relative: 1e-4, absolute: 1e-4);
    }

    [Fact]
    public void A_shared_prefix_gives_the_logits_of_the_whole()
    {
        using DecoderModel model = SmallModel.Create();
        int[] prefix = [3, 1, 4, 1, 5, 9, 2, 6], own = [5, 3, 5];
        float[] whole = [], shared = [], rewound = [];
        using DecodingBatch batch = new(model, 40);
        batch.Add(8);
        batch.Add(11);

        batch.Extend([new(0, prefix), new(1, [.. prefix, .. own])], (sequence, logits) => whole = sequence == 1 ? logits.ToArray() : whole);
        Assert.Equal(2, batch.Add(11, with: 0));
        batch.Extend([new(2, own)], (_, logits) => shared = logits.ToArray());
        Assert.Equal(9, batch.Rewind(2, 9));
        batch.Extend([new(2, own[1..])], (_, logits) => rewound = logits.ToArray());

        Assert.Equal((8, 11), (batch.LengthOf(0), batch.LengthOf(2)));
        Near.Each([.. shared.Select(v => (double)v)], whole, relative: 1e-4, absolute: 1e-4);
        Near.Each([.. rewound.Select(v => (double)v)], whole, relative: 1e-4, absolute: 1e-4);
        Assert.Throws<ArgumentException>(() => batch.Add(11, with: 0)); // ten rows are left
    }

    [Fact]
    public void A_sequence_may_begin_with_one_that_begins_with_another_in_the_same_pass()
    {
        using DecoderModel model = SmallModel.Create();
        int[] tokens = [3, 1, 4, 1, 5, 9, 2, 6, 5, 3, 5];
        float[] whole = [], chain = [];
        using DecodingBatch batch = new(model, 30);
        batch.Add(tokens.Length);
        batch.Add(4);
        batch.Add(2); // a hole between the rows of the chain
        batch.Add(3, with: 1);
        batch.Add(4, with: 3);

        batch.Extend(
            [new(0, tokens), new(1, tokens[..4]), new(2, [7, 7]), new(3, tokens[4..7]), new(4, tokens[7..])],
            (sequence, logits) =>
                (whole, chain) = sequence switch
                {
                    0 => (logits.ToArray(), chain),
                    4 => (whole, logits.ToArray()),
                    _ => (whole, chain),
                });

        Assert.Equal(tokens.Length, batch.LengthOf(4));
        Near.Each([.. chain.Select(v => (double)v)], whole, relative: 1e-4, absolute: 1e-4);
    }

    [Theory]
    [InlineData(1L << 30)]
    [InlineData(60 * 1024)] // the cache holds a few prompts at a time
    [InlineData(1)]         // and here a single one
    public void Common_beginnings_on_several_levels_change_no_completion(long cacheBytes)
    {
        using DecoderModel model = SmallModel.Create();
        int[] template = Tokens(0, 20), first = Tokens(1, 30), second = Tokens(2, 25);
        int[][] prompts =
        [
            [.. template, .. first, 1, 2],
            [4, 5],
            [.. template, .. second, 1, 2],
            [.. template, .. first, 3],
            [.. template, .. first, 1, 2],
            [.. template, .. second],
            [.. template, .. first, 1, 2, 9, 9],
            template,
        ];

        int[][] together = new PromptDecoder(model, cacheBytes).Greedy(prompts, [.. prompts.Select((_, i) => 3 + i)]);

        for (int i = 0; i < prompts.Length; i++)
        {
            Assert.Equal(Greedy(model, [prompts[i]], 3 + i)[0], together[i]);
        }
    }

    [Fact]
    public void Threads_do_not_change_a_bit()
    {
        using DecoderModel model = SmallModel.Create();
        int[][] prompts = [.. Enumerable.Range(0, 20).Select(i => (int[])[.. Tokens(0, 30), .. Tokens(i, 1 + i)])];
        int[] newTokens = [.. prompts.Select(_ => 12)];
        int[][] several = new PromptDecoder(model).Sampled(prompts, newTokens, new(1.3, 0.9));

        using ThreadCount one = new(1);

        Assert.Equal(several, new PromptDecoder(model).Sampled(prompts, newTokens, new(1.3, 0.9)));
    }

    [Fact]
    public void With_the_adapter_off_a_model_is_its_base()
    {
        using DecoderModel model = SmallModel.Create();
        float[] plain = model.LogProbs(SmallModel.Tree());
        model.AttachLora(new(4, 8, ["q_proj", "down_proj"], TrainEmbeddings: true, TrainNorms: true), seed: 1);
        foreach (Parameter parameter in model.Parameters)
        {
            parameter.Value.Span[0] += 0.5f;
            parameter.Value.Span[^1] -= 0.5f;
        }

        float[] adapted = model.LogProbs(SmallModel.Tree());
        model.IsAdapterOn = false;
        float[] off = model.LogProbs(SmallModel.Tree());
        model.IsAdapterOn = true;

        Assert.Equal(plain, off);
        Assert.NotEqual(plain, adapted);
        Assert.Equal(adapted, model.LogProbs(SmallModel.Tree()));
    }

    [Fact]
    public void The_budget_or_a_choice_of_no_token_ends_a_completion()
    {
        using DecoderModel model = SmallModel.Create();
        int[] choices = new int[2];

        new PromptDecoder(model).Run([[3, 1, 4], [1, 5]], [8, 8], (prompt, _) => ++choices[prompt] == 3 && prompt == 0 ? null : 7);

        Assert.Equal([3, 8], choices);
    }

    [Fact]
    public void A_sequence_that_outgrows_its_capacity_is_refused()
    {
        using DecoderModel model = SmallModel.Create();
        using DecodingBatch batch = new(model, [4]);

        Assert.Throws<ArgumentException>(() => batch.Extend([new(0, [1, 2, 3, 4, 5])], (_, _) => { }));
    }

    static int[][] Greedy(DecoderModel model, int[][] prompts, int tokens) =>
        new PromptDecoder(model).Greedy(prompts, [.. prompts.Select(_ => tokens)]);

    static int[] Tokens(int which, int count) => [.. Enumerable.Range(0, count).Select(i => (i * i + 3 * i + 11 * which) % 50)];
}
