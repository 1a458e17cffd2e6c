using System.Text.Json.Nodes;
using Farsight.Alignment.Answering;
using Farsight.Engine;
using Farsight.Evaluation.Core;
using Farsight.Evaluation.Core.Prompts;
using Farsight.Evaluation.Report;

namespace Farsight.Tests.Evaluation.Core;

/// <summary>Tests evaluations that sample several answers, or decode at other positions.</summary>
public sealed class EvalDecodingTests : IDisposable
{
    static readonly EvalDecoding s_sampled = new() { Temperature = 0.8, Draws = 4 };

    readonly TemporaryFolder _folder = new();
    readonly List<CompletionRequest> _requests = [];

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void The_score_of_an_example_is_the_mean_over_its_draws_and_its_record_has_every_answer()
    {
        ScriptedCompleter model = new(r => _requests.Count % 4 == 1 ? ScriptedTask.NumberOf(r) : $"wrong {_requests.Count}");

        EvalResults results = Run(model, new NumbersTask(3), s_sampled);

        Assert.Equal((0.25, 3), (results.Tasks[0].All.Mean, results.Tasks[0].All.N));
        Assert.All(results.Examples, (record, i) =>
        {
            Assert.Equal((0.25, $"{i}", s_sampled), (record.Score, record.Completion, record.Decoding));
            string[] answers = [$"{i}", $"wrong {4 * i + 2}", $"wrong {4 * i + 3}", $"wrong {4 * i + 4}"];
            Assert.Equal(answers, record.Draws!.Select(d => d.Completion));
            Assert.Equal([1, 0, 0, 0], record.Draws!.Select(d => d.Score));
        });
        Assert.Equal(12, _requests.Select(r => r.Options.Seed).Distinct().Count());
        Assert.All(_requests, r => Assert.Equal(0.8, r.Options.Temperature));
        Assert.Equal(s_sampled, results.Decoding);
        Assert.Equal(EvalFiles.ToJson(results), EvalFiles.ToJson(EvalFiles.ReadResults(_folder.Path)));
    }

    [Fact]
    public void The_first_draw_has_the_seed_that_a_task_with_a_temperature_of_its_own_uses()
    {
        Run(new(ScriptedTask.NumberOf), new NumbersTask(1), s_sampled);
        CompletionRequest[] sampled = [.. _requests];
        _requests.Clear();

        Run(new(ScriptedTask.NumberOf), new NumbersTask(1), s_sampled with { Draws = 1 }, directory: "one");

        Assert.Equal(sampled[0].Options.Seed, Assert.Single(_requests).Options.Seed);
        Assert.Null(EvalFiles.ReadResults(_folder["one"]).Examples[0].Draws);
    }

    [Fact]
    public void Answers_are_kept_for_the_same_decoding_only()
    {
        Run(new(ScriptedTask.NumberOf), new NumbersTask(3), s_sampled);
        ScriptedCompleter again = new(_ => "asked again"), greedy = new(_ => "greedy"), last = new(_ => "asked again");

        EvalResults kept = Run(again, new NumbersTask(3), s_sampled);
        EvalResults other = Run(greedy, new NumbersTask(3), new());
        EvalResults first = Run(last, new NumbersTask(3), s_sampled);

        Assert.Equal((0, 3, 0), (again.Asked, greedy.Asked, last.Asked));
        Assert.Equal((1d, 0d, 1d), (kept.Tasks[0].All.Mean!.Value, other.Tasks[0].All.Mean!.Value, first.Tasks[0].All.Mean!.Value));
        Assert.Null(other.Decoding);
        Assert.All(other.Examples, e => Assert.Null(e.Decoding ?? (object?)e.Draws));
    }

    [Fact]
    public void A_changed_reference_scores_every_kept_draw_again()
    {
        Run(new(_ => _requests.Count % 2 == 1 ? "1" : "2"), new KeyedTask("1"), s_sampled with { Draws = 2 });
        ScriptedCompleter silent = new(_ => throw new InvalidOperationException("asked"));

        EvalResults changed = Run(silent, new KeyedTask("3"), s_sampled with { Draws = 2 });

        Assert.Equal((0d, 0), (changed.Tasks[0].All.Mean!.Value, silent.Asked));
        Assert.All(changed.Examples, e => Assert.Equal([0, 0], e.Draws!.Select(d => d.Score)));
    }

    [Fact]
    public void Every_draw_of_a_task_with_follow_ups_has_a_conversation_of_its_own()
    {
        EvalResults results = Run(
            new(r => ScriptedTask.NumberOf(r) is var number && _requests.Count is 1 or 5 ? number : "9"), new TwiceTask(1), s_sampled);

        Assert.Equal(["0", "9", "9", "9"], results.Examples[0].Draws!.Select(d => d.Earlier!.Single()));
        Assert.Equal("00", results.Examples[0].Completion);
        Assert.Equal(0.25, results.Examples[0].Score);
    }

    [Fact]
    public void An_example_with_a_draw_that_failed_has_failed()
    {
        EvalResults results = Run(
            new(r => _requests.Count % 4 == 3 ? throw new InputException("too long for me") : ScriptedTask.NumberOf(r)),
            new JudgedTask(1),
            s_sampled,
            judge: new ScriptedChat(_ => "good"));

        Assert.Equal((1, 0d), (results.Tasks[0].All.Failed, results.Tasks[0].All.Mean!.Value));
    }

    [Fact]
    public void Every_draw_is_judged()
    {
        ScriptedChat judge = new(prompt => prompt == "0 or 0?" ? "good" : "bad"); // requests run side by side

        EvalResults results = Run(new(_ => _requests.Count == 1 ? "0" : "9"), new JudgedTask(1), s_sampled, judge: judge);

        Assert.Equal((4, 0.25), (judge.Asked, results.Examples[0].Score));
        Assert.Equal(["good", "bad", "bad", "bad"], results.Examples[0].Draws!.Select(d => d.Verdict));
    }

    [Fact]
    public void Random_positions_are_sorted_below_the_length_the_examples_own_and_the_same_every_time()
    {
        EvalDecoding random = new() { Positions = "randpos:500" };
        EvalResults results = Run(new(ScriptedTask.NumberOf), new NumbersTask(3), random);
        IReadOnlyList<int>[] first = [.. _requests.Select(PositionsOf)];
        _requests.Clear();
        Run(new(ScriptedTask.NumberOf), new NumbersTask(3), random with { Temperature = 1, Draws = 2 }, directory: "again");

        Assert.All(first.Zip(results.Examples), p =>
        {
            Assert.Equal(p.Second.PromptTokens, p.First.Count);
            Assert.Equal(p.First.Order().Distinct(), p.First);
            Assert.InRange(p.First[^1], p.First.Count, 500 - 8 - 1); // room for the answer of 8 tokens
        });
        Assert.NotEqual(first[0], first[1]);
        Assert.Equal(first.SelectMany(p => new[] { p, p }), _requests.Select(PositionsOf)); // all draws at the same positions
        Assert.Equal("randpos:500", results.Examples[0].Decoding!.Positions);
    }

    [Fact]
    public void Scored_texts_have_random_positions_throughout_and_no_draws()
    {
        ScriptedCompleter model = new(_ => "") { Nats = _ => -1 };

        EvalResults results = Run(model, new ChoicesTask(2), s_sampled with { Positions = "randpos:200" });

        Assert.All(model.Scored, r =>
        {
            Assert.Equal(r.Prompt.Count + r.Continuations.Max(c => c.Count), r.Positions!.Count);
            Assert.Equal(r.Positions.Order().Distinct(), r.Positions);
            Assert.InRange(r.Positions[^1], 0, 199);
        });
        Assert.Equal(new EvalDecoding { Positions = "randpos:200" }, results.Examples[0].Decoding);
    }

    [Fact]
    public void A_prompt_with_more_tokens_than_positions_is_a_failed_example()
    {
        EvalResults results = Run(new(ScriptedTask.NumberOf), new NumbersTask(1), new() { Positions = "randpos:10" });

        Assert.Matches("need [0-9]+ positions, and randpos:10 has 10", results.Examples[0].Failed);
    }

    [Theory]
    [InlineData(-1, 1, null, "the temperature must be 0")]
    [InlineData(0.5, 0, null, "draws must be 1 to 1000")]
    [InlineData(0, 3, null, "several draws need a temperature above 0")]
    [InlineData(0, 1, "randpos:x", "positions 'randpos:x' are unknown; use plain, or randpos:LENGTH")]
    [InlineData(0, 1, "synthesized:4096", "positions 'synthesized:4096' are unknown")]
    public void Values_that_cannot_be_used_are_named(double temperature, int draws, string? positions, string message)
    {
        EvalRequest request = new(["needle"], [512], 1, 1, 1, null)
        {
            Decoding = new() { Temperature = temperature, Draws = draws, Positions = positions },
        };

        Assert.Contains(message, Assert.Throws<InputException>(request.Check).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_endpoint_refuses_positions_and_samples_answers()
    {
        EvalRequest request = new(["needle"], [512], 1, 1, 1, null) { Decoding = new() { Positions = "randpos:4096" } };
        using ScriptedChat chat = new(ScriptedTask.NumberIn);

        InputException e = Assert.Throws<InputException>(() =>
            request.Run(chat.AsLanguageModel("served"), null, null, CancellationToken.None));
        EvalRunner runner = new(chat.AsLanguageModel("served"), ScriptedPlans.Prompts);
        EvalResults results = runner.Run(ScriptedPlans.Of(new NumbersTask(2)) with { Decoding = s_sampled });

        Assert.Contains("leave Positions unset", e.Message, StringComparison.Ordinal);
        Assert.Equal((8, 0.8f), (chat.Asked, chat.Options!.Temperature));
        Assert.Equal(1, results.Tasks[0].All.Mean);
    }

    [Fact]
    public void A_comparison_and_a_report_say_that_answers_were_decoded_otherwise()
    {
        EvalResults greedy = Run(new(ScriptedTask.NumberOf), new NumbersTask(3), new(), directory: "greedy");
        EvalResults sampled = Run(new(_ => "wrong"), new NumbersTask(3), s_sampled, directory: "sampled");

        TaskDifference difference = EvalComparison.Of([("greedy", greedy), ("sampled", sampled)]).Single();
        string report = ReportJson(sampled);

        Assert.Equal((3, 0), (difference.OtherDecoding, difference.OtherPrompts));
        Assert.Contains("temperature 0.8, 4 draws", report, StringComparison.Ordinal);
    }

    [Fact]
    public void Results_of_an_earlier_version_have_no_decoding()
    {
        EvalResults results = Run(new(ScriptedTask.NumberOf), new NumbersTask(1), new());
        JsonObject json = JsonNode.Parse(EvalFiles.ToJson(results))!.AsObject();

        Assert.False(json.ContainsKey("decoding"));
        string line = File.ReadAllText(_folder[EvalFiles.ExamplesName]);
        Assert.DoesNotContain("\"decoding\"", line, StringComparison.Ordinal);
        Assert.DoesNotContain("\"draws\"", line, StringComparison.Ordinal);
    }

    string ReportJson(EvalResults results)
    {
        string file = _folder["report.html"];
        ReportWriter.Write(file, EvalReport.Of("A report", "", [new("sampled", results)]));
        return File.ReadAllText(file);
    }

    static IReadOnlyList<int> PositionsOf(CompletionRequest request) => ((Prompt.Tokens)request.Prompt).Positions!;

    EvalResults Run(
        ScriptedCompleter model, IEvalTask task, EvalDecoding decoding, string directory = "", ScriptedChat? judge = null)
    {
        EvalPlan plan = ScriptedPlans.Of(task) with { Decoding = decoding };
        Recorder recorder = new(model, _requests);
        return new EvalRunner(
            recorder,
            new PromptMaker(EvalSamples.Text, EvalSamples.Text, new(Window: 100_000)),
            new(Examples: 2),
            judge is null ? null : new(judge.AsLanguageModel("judge"))).Run(plan, directory.Length > 0 ? _folder[directory] : _folder.Path);
    }

    /// <summary>Notes each request before it is answered; requests of a call are answered one by one.</summary>
    sealed class Recorder(ScriptedCompleter model, List<CompletionRequest> requests) : ILanguageModel
    {
        public string Name => model.Name;

        public int? ContextWindow => null;

        public ModelCapabilities Capabilities => model.Capabilities;

        public async Task<IReadOnlyList<Completion>> CompleteAsync(
            IReadOnlyList<CompletionRequest> all, CancellationToken cancellationToken)
        {
            List<Completion> completions = [];
            foreach (CompletionRequest request in all)
            {
                requests.Add(request);
                completions.AddRange(await model.CompleteAsync([request], cancellationToken));
            }
            return completions;
        }

        public Task<IReadOnlyList<ChoiceLogProb[]>> ScoreAsync(IReadOnlyList<ChoiceRequest> all, CancellationToken cancellationToken) =>
            model.ScoreAsync(all, cancellationToken);
    }

    sealed class KeyedTask(string right) : ScriptedTask("test/keyed", 2), IGeneratedTask
    {
        public override IEnumerable<EvalExample> Examples(EvalSetting setting) =>
            base.Examples(setting).Select(e => e with { References = [right] });

        public EvalScore Score(EvalExample example, string completion) => EvalScore.Of(completion == example.References[0]);
    }
}
