using Farsight.Engine.Inference;
using Farsight.Engine.Models;

namespace Farsight.Tests.Engine.Inference;

public sealed class PromptDecoderTests
{
    const int Prompts = 10, NewTokens = 3;

    [Fact]
    public void Long_prompts_of_a_small_model_get_the_logits_that_they_get_alone_bit_for_bit()
    {
        using DecoderModel model = SmallModel.Create();
        int[][] prompts = [.. Enumerable.Range(0, Prompts).Select(p => Tokens(p, 60))];

        float[][][] together = Logits(model, prompts), alone = [.. prompts.SelectMany(p => Logits(model, [p]))];

        Assert.Equal(alone.Length, together.Length);
        Assert.All(together.Zip(alone), pair => Assert.Equal(pair.Second, pair.First));
    }

    [Fact]
    public void Long_prompts_of_a_small_model_are_decoded_one_after_the_other() =>
        Assert.Equal(
            Enumerable.Range(0, Prompts).SelectMany(p => Enumerable.Repeat(p, NewTokens)),
            Order([.. Enumerable.Range(0, Prompts).Select(p => Tokens(p, 60))]));

    [Fact]
    public void Short_prompts_are_decoded_side_by_side() =>
        Assert.Equal(
            Enumerable.Repeat(Enumerable.Range(0, Prompts), NewTokens).SelectMany(p => p),
            Order([.. Enumerable.Range(0, Prompts).Select(p => Tokens(p, 5))]));

    [Fact]
    public void Questions_about_one_long_document_are_decoded_side_by_side()
    {
        int[] document = Tokens(0, 60);

        Assert.Equal(
            Enumerable.Repeat(Enumerable.Range(0, Prompts), NewTokens).SelectMany(p => p),
            Order([.. Enumerable.Range(0, Prompts).Select(p => (int[])[.. document, 20 + p, 7])]));
    }

    // Prompts that share no first token.
    static int[] Tokens(int prompt, int count) => [.. Enumerable.Range(0, count).Select(i => (prompt + (i * (prompt + 1))) % 50)];

    /// <summary>Returns the prompts in the order in which their tokens are chosen.</summary>
    static List<int> Order(int[][] prompts)
    {
        using DecoderModel model = SmallModel.Create();
        List<int> order = [];
        new PromptDecoder(model).Run(prompts, [.. prompts.Select(_ => NewTokens)], (p, _) =>
        {
            order.Add(p);
            return 1;
        });
        return order;
    }

    /// <summary>Returns [prompts][new tokens][V].</summary>
    static float[][][] Logits(DecoderModel model, int[][] prompts)
    {
        List<float[]>[] logits = [.. prompts.Select(_ => new List<float[]>())];
        new PromptDecoder(model).Run(prompts, [.. prompts.Select(_ => NewTokens)], (p, row) =>
        {
            logits[p].Add(row.ToArray());
            return logits[p].Count;
        });
        return [.. logits.Select(l => l.ToArray())];
    }
}
