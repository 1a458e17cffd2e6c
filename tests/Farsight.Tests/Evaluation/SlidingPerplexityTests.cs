using Farsight.Alignment.Evaluation.Metrics;
using Farsight.Engine;
using Farsight.Engine.Models;

namespace Farsight.Tests.Evaluation;

public sealed class SlidingPerplexityTests
{
    const int Bos = 1_000_000;

    static readonly PerplexitySetting s_setting = new([.. Enumerable.Range(0, 5000)], Bos, LongestLength: 1024, Windows: 5, Targets: 64);

    [Fact]
    public void A_uniform_model_has_the_vocabulary_as_perplexity()
    {
        PerplexityResult result = SlidingPerplexity.Evaluate(
            tree => [.. tree.Scored.Select(_ => -MathF.Log(2048))], s_setting, 512);

        Assert.Equal(2048, result.Perplexity, 1e-2); // ln 2048 is rounded to 24 bits
        Assert.Equal(result.Perplexity, result.Low, 1e-9);
        Assert.Equal(5 * 64, result.Tokens);
        Assert.Equal(5, result.Windows.Count);
    }

    [Fact]
    public void The_mean_is_over_all_targets_in_nats()
    {
        int window = 0;
        PerplexityResult result = SlidingPerplexity.Evaluate(
            tree => { float value = ++window; return [.. tree.Scored.Select(_ => -value)]; }, s_setting, 512);

        Assert.Equal(3, result.MeanNats, 12); // of 1, 2, 3, 4, 5
        Assert.Equal(Math.Exp(3), result.Perplexity, 9);
        Assert.Equal([1, 2, 3, 4, 5], result.Windows);
    }

    [Fact]
    public void Every_length_scores_the_same_targets_behind_its_full_context()
    {
        List<TokenTree> @short = Windows(200), @long = Windows(1024);

        Assert.Equal(@long.SelectMany(Targets), @short.SelectMany(Targets));
        Assert.All(@short, tree => Assert.Equal(200, tree.Count));
        Assert.All(@long, tree => Assert.Equal(1024, tree.Count));
        foreach (TokenTree tree in @short.Concat(@long))
        {
            Assert.Equal(Bos, tree.Tokens[0]);
            Assert.Equal(64, tree.Scored.Count);
            Assert.Equal(tree.Tokens[1] + tree.Count - 2, tree.Tokens[^1]); // consecutive text up to the end
            Assert.Equal(tree.Count - 65, tree.Scored[0].Row); // the first target is read from the row before it
        }
        Assert.Equal(4999, @long[^1].Tokens[^1]);
        Assert.Equal(0, @long[0].Tokens[1]);
    }

    [Fact]
    public void A_length_without_context_and_a_short_text_are_said()
    {
        Assert.Contains("lengths go from 66 to 1024", Assert.Throws<InputException>(() => SlidingPerplexity.Evaluate(_ => [], s_setting, 65)).Message);
        Assert.Contains("has 1000 tokens", Assert.Throws<InputException>(() =>
            SlidingPerplexity.Evaluate(_ => [], s_setting with { Text = new int[1000] }, 512)).Message);
    }

    static List<TokenTree> Windows(int length)
    {
        List<TokenTree> trees = [];
        SlidingPerplexity.Evaluate(tree => { trees.Add(tree); return new float[tree.Scored.Count]; }, s_setting, length);
        return trees;
    }

    static IEnumerable<int> Targets(TokenTree tree) => tree.Scored.Select(s => s.Target);
}
