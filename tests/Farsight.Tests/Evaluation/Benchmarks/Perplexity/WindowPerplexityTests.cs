using System.Text.Json;
using Farsight.Engine;
using Farsight.Evaluation.Benchmarks.Perplexity;
using Farsight.Evaluation.Core;
using Farsight.Tests.Evaluation.Core;
using Farsight.Tests.Evaluation.Metrics;
using Xunit.Abstractions;

namespace Farsight.Tests.Evaluation.Benchmarks.Perplexity;

public sealed class WindowPerplexityTests(ITestOutputHelper output)
{
    const string Goldens = EvalGoldens.Folder + "/ppl_windows_public.jsonl";

    [SharedFact(Goldens)]
    [Trait("Category", "Golden")]
    public void Windows_and_both_means_are_those_of_yarns_script()
    {
        EvalGoldens goldens = new(output);
        foreach (JsonElement line in EvalGoldens.Lines(Goldens))
        {
            string id = line.GetProperty("id").GetString()!;
            bool addsBos = line.GetProperty("add_bos").GetBoolean();
            SlidingWindow[] windows =
            [
                .. SlidingWindow.Over(
                    line.GetProperty("seq_len").GetInt32(),
                    line.GetProperty("max_length").GetInt32(),
                    line.GetProperty("stride").GetInt32(),
                    addsBos),
            ];
            goldens.Check(id, line.GetProperty("n_windows").GetInt32(), windows.Length);
            string first = string.Join(' ', windows.Take(12).Select(w => $"[{w.Begin},{w.End},{w.New},{w.Scored}]"));
            goldens.Check(
                id,
                line.GetProperty("windows_begin_end_trg_scored").GetRawText()[1..^1].Replace(", ", ",").Replace("],[", "] ["),
                first);

            EvalScore[] scores = [.. windows.Where(w => w.Scored > 0).Select(w => Score(w, addsBos))];
            double yarn = Round(WindowPerplexityTasks.Perplexity(scores, WindowPerplexityTasks.WindowMean).Value);
            goldens.Check(
                id,
                Round(line.GetProperty("ppl_token_weighted").GetDouble()),
                Round(WindowPerplexityTasks.Perplexity(scores, WindowPerplexityTasks.TokenMean).Value));
            JsonElement official = line.GetProperty("ppl_yarn_mean_of_window_means");
            bool isNaN = line.GetProperty("yarn_is_nan_because_a_window_scores_no_token").GetBoolean();
            goldens.Check(id, isNaN, windows.Any(w => w.Scored == 0));
            goldens.Check(id, isNaN ? yarn : Round(official.GetDouble()), yarn);
        }
        goldens.Finish(Goldens, 5 * EvalGoldens.Lines(Goldens).Count());
    }

    [Theory]
    [InlineData("perplexity/press", "perplexity/yarn", 400)]
    [InlineData("perplexity/press", "perplexity/yarn", 1200)]
    public void Each_token_is_scored_once_behind_its_context(string press, string yarn, int length)
    {
        EvalSetting setting = EvalSamples.Setting with { Length = length, Samples = null };
        EvalExample[] windows = [.. EvalTaskCatalog.Get(press).Examples(setting)];
        IReadOnlyList<int> text = EvalSamples.Haystack.Tokens;

        Assert.Equal(text, windows.SelectMany(w => w.Choices[0].Tokens!));
        Assert.All(windows.SkipLast(1), w => Assert.Equal(length, ((EvalPrompt.Tokens)w.Prompt).Ids.Count + w.Choices[0].Tokens!.Count));
        Assert.All(windows.Skip(1).SkipLast(1), w => Assert.Equal(256, w.Choices[0].Tokens!.Count));
        Assert.All(windows, w => Assert.Equal(CharacterText.Bos, ((EvalPrompt.Tokens)w.Prompt).Ids[0]));
        Assert.Equal(windows.Select(w => w.Id), EvalTaskCatalog.Get(yarn).Examples(setting).Select(w => w.Id));
        Assert.Equal(3, EvalTaskCatalog.Get(press).Examples(setting with { Samples = 3 }).Count());
    }

    [Fact]
    public void A_length_without_context_is_refused() => Assert.Equal(
        "A context of 256 tokens is too short for perplexity/press; it needs at least 257.",
        Assert.Throws<InputException>(() =>
            EvalTaskCatalog.Get("perplexity/press").Examples(EvalSamples.Setting with { Length = 256 }).Count()).Message);

    [Fact]
    public void The_first_window_weighs_by_its_tokens_or_as_one()
    {
        EvalScore[] windows = [WindowPerplexityTasks.Score(3 * 1000, 1000), WindowPerplexityTasks.Score(1 * 250, 250)];
        ScoredExample[] scored = [.. windows.Select(w => new ScoredExample("", new Dictionary<string, string>(), w))];

        Assert.Equal(Math.Exp(2.6), ((IAggregatedTask)EvalTaskCatalog.Get("perplexity/press")).Aggregate(scored).Value, 1e-9);
        Assert.Equal(Math.Exp(2), ((IAggregatedTask)EvalTaskCatalog.Get("pg19/yarn")).Aggregate(scored).Value, 1e-9);
    }

    /// <summary>The closed form that the goldens were made with.</summary>
    static EvalScore Score(SlidingWindow window, bool addsBos)
    {
        double nats = 0;
        for (int i = window.End - window.Scored; i < window.End; i++)
        {
            nats += 2 + (long)i * 7919 % 101 / 100.0 + 1.0 / (1 + i - window.Begin + (addsBos ? 1 : 0));
        }
        return WindowPerplexityTasks.Score(nats, window.Scored);
    }

    static double Round(double value) => Math.Round(value, 9);
}
