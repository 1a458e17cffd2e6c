using Farsight.Engine.Inference;
using Farsight.Engine.Models;
using Farsight.Tests.Engine.Models;

namespace Farsight.Tests.Engine.Inference;

/// <summary>What an observer of decoding is told, against a plain forward over the whole text.</summary>
public sealed class ObserverTests
{
    [Theory, InlineData(null), InlineData(6)]
    public void An_observer_sees_where_each_head_looks_when_a_token_is_chosen(int? window)
    {
        using DecoderModel model = SmallModel.Create(SmallModel.Config() with { SlidingWindow = window });
        int[][] prompts = [[3, 1, 4, 1, 5, 9, 2, 6, 5, 3, 5], [3, 1, 4, 1, 5, 9, 2, 7, 1], [8, 8]];
        List<(int Number, int Layer, int[] Peaks)> seen = [];
        PromptDecoder decoder = new(model) { Observer = (number, layer, peaks) => seen.Add((number, layer, peaks.ToArray())) };

        int[][] texts = decoder.Greedy(prompts, [6, 6, 6]);

        Assert.Equal(3 * 6 * 2, seen.Count);
        for (int p = 0; p < prompts.Length; p++)
        {
            int[] whole = [.. prompts[p], .. texts[p]];
            NaiveDecoder naive = new(model.Config, SmallModel.Source());
            naive.LogProbs(whole, [.. Enumerable.Range(0, whole.Length)], whole.Length);
            (int Number, int Layer, int[] Peaks)[] own = [.. seen.Where(s => s.Number == p)];
            for (int i = 0; i < own.Length; i++)
            {
                int token = prompts[p].Length - 1 + i / 2; // both layers of a token one after the other
                Assert.Equal(i % 2, own[i].Layer);
                Assert.Equal(Enumerable.Range(0, 4).Select(h => naive.Peaks[(i % 2, token, h)]), own[i].Peaks);
            }
        }
    }

    [Fact]
    public void An_observer_changes_no_token_and_a_long_prompt_is_counted_from_its_beginning()
    {
        using DecoderModel model = SmallModel.Create();
        int[] prompt = [.. Enumerable.Range(0, 1500).Select(i => (i * i + 3 * i) % 50)];
        int most = 0;

        PromptDecoder observed = new(model) { Observer = (_, _, peaks) => most = Math.Max(most, peaks.ToArray().Max()) };
        int[] watched = observed.Greedy([prompt], [5])[0];

        Assert.Equal(new PromptDecoder(model).Greedy([prompt], [5])[0], watched);
        Assert.InRange(most, 1024, 1504); // the prompt's second pass is looked at as well
    }
}
