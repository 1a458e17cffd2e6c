using Farsight.Engine;
using Farsight.Evaluation.Benchmarks.Perplexity;
using Farsight.Evaluation.Core;
using Farsight.Tests.Evaluation.Core;

namespace Farsight.Tests.Evaluation.Benchmarks.Perplexity;

public sealed class SlidingPerplexityTests
{
    static readonly SlidingPerplexity s_task = new();

    static readonly EvalSetting s_setting = EvalSamples.Setting with { Lengths = [400, 1200] };

    [Fact]
    public void A_uniform_model_has_the_vocabulary_as_perplexity()
    {
        ScoredExample[] scored =
        [
            .. Windows(400).Select(e => new ScoredExample(e.Id, e.Groups, s_task.Score(e, [new(-256 * Math.Log(2048), 256, false)]))),
        ];

        Assert.Equal(16, scored.Length);
        Assert.Equal(2048, s_task.Aggregate(scored).Value, 1e-9);
    }

    [Fact]
    public void The_mean_is_over_all_targets_in_nats()
    {
        EvalExample example = Windows(400)[0];
        ScoredExample[] scored =
        [
            .. Enumerable
                .Range(1, 5)
                .Select(nats => new ScoredExample("", example.Groups, s_task.Score(example, [new(-256 * nats, 256, false)]))),
        ];

        Assert.Equal(Math.Exp(3), s_task.Aggregate(scored).Value, 1e-9);
    }

    [Fact]
    public void Every_length_scores_the_same_targets_behind_its_full_context()
    {
        EvalExample[] @short = Windows(400), @long = Windows(1200);
        IReadOnlyList<int> text = EvalSamples.Haystack.Tokens;

        Assert.Equal(@long.Select(Targets), @short.Select(Targets));
        foreach (EvalExample window in @short.Concat(@long))
        {
            IReadOnlyList<int> prompt = ((EvalPrompt.Tokens)window.Prompt).Ids;
            Assert.Equal(CharacterText.Bos, prompt[0]);
            Assert.Equal(int.Parse(window.Groups["length"]), prompt.Count + 256);
        }
        Assert.Equal(Text([.. text.TakeLast(256)]), Targets(@long[^1]));
        Assert.Equal(Text([.. text.Take(1199)]), Text([.. ((EvalPrompt.Tokens)@long[0].Prompt).Ids.Skip(1)]) + Targets(@long[0]));
    }

    [Fact]
    public void A_length_without_context_and_a_short_text_are_refused()
    {
        Assert.Equal(
            "A context of 257 tokens is too short for perplexity; it needs at least 258.",
            Assert.Throws<InputException>(() => Windows(257)).Message);
        Assert.Contains("need 103840", Assert.Throws<InputException>(() =>
            s_task.Examples(s_setting with { Length = 100_001, Lengths = [100_001] }).ToList()).Message);
    }

    static EvalExample[] Windows(int length) => [.. s_task.Examples(s_setting with { Length = length })];

    static string Targets(EvalExample example) => Text(example.Choices[0].Tokens!);

    static string Text(IReadOnlyList<int> tokens) => EvalSamples.Text.Decode([.. tokens]);
}
