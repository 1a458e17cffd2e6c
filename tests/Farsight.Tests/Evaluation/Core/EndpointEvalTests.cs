using System.Net;
using Farsight.Alignment.Answering;
using Farsight.Alignment.Endpoints;
using Farsight.Cli.Output;
using Farsight.Engine;
using Farsight.Evaluation.Core;
using Farsight.Evaluation.Core.Answering;
using Farsight.Evaluation.Core.Prompts;

namespace Farsight.Tests.Evaluation.Core;

public sealed class EndpointEvalTests : IDisposable
{
    readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Answers_come_in_the_order_of_the_examples_with_their_records()
    {
        EvalResults results = Run(new(ScriptedTask.NumberIn), new NumbersTask(150));

        Assert.Equal(Enumerable.Range(0, 150).Select(i => $"{i}"), results.Examples.Select(e => e.Id));
        Assert.All(results.Examples, e => Assert.Equal((e.Id, 1d, "messages", null), (e.Completion, e.Score, e.Template, e.BosCount)));
        Assert.Equal((150, 0, 1d), (results.Tasks[0].All.N, results.Tasks[0].All.Failed, results.Tasks[0].All.Mean));
        Assert.Equal(["even", "odd"], results.Tasks[0].By.Select(c => c.Groups["parity"]));
        Assert.Equal(new Dictionary<string, int> { ["messages"] = 150 }, results.Tasks[0].Templates);
    }

    [Fact]
    public void What_fails_is_a_record_and_is_asked_again_next_time()
    {
        EvalResults first = Run(
            new(p =>
                ScriptedTask.NumberIn(p) == "3"
                    ? throw new EndpointException("too long", HttpStatusCode.BadRequest)
                    : ScriptedTask.NumberIn(p)),
            new NumbersTask(6),
            _folder.Path);
        ScriptedChat healthy = new(ScriptedTask.NumberIn);
        EvalResults second = Run(healthy, new NumbersTask(6), _folder.Path);

        Assert.Equal((6, 1, 5 / 6d), (first.Tasks[0].All.N, first.Tasks[0].All.Failed, first.Tasks[0].All.Mean!.Value));
        Assert.Equal("EndpointException: too long", first.Examples[3].Failed);
        Assert.Equal(1, healthy.Asked);
        Assert.Equal((0, 1d), (second.Tasks[0].All.Failed, second.Tasks[0].All.Mean));
    }

    [Fact]
    public void A_wrong_key_and_failures_one_after_the_other_stop_the_evaluation()
    {
        Assert.Equal(
            "no key",
            Assert
                .Throws<EndpointException>(() =>
                    Run(new(_ => throw new EndpointException("no key", HttpStatusCode.Unauthorized)), new NumbersTask(50), _folder.Path))
                .Message);
        Assert.Empty(File.ReadAllLines(_folder[EvalFiles.ExamplesName]));

        Assert.Equal(
            "gone",
            Assert
                .Throws<EndpointException>(() =>
                    Run(new(p => p == "What is 0?" ? "0" : throw new EndpointException("gone")), new NumbersTask(50), _folder.Path))
                .Message);
        // the right one and nine failures
        Assert.Equal(ModelCalls.FailuresInARow, File.ReadAllLines(_folder[EvalFiles.ExamplesName]).Length);
    }

    [Fact]
    public void An_endpoint_that_nobody_can_reach_stops_the_evaluation_at_once() =>
        Assert.Throws<EndpointException>(() =>
            Run(new(_ => throw new EndpointException("no connection") { IsUnreachable = true }), new NumbersTask(2)));

    [Fact]
    public void Refusals_of_single_requests_never_stop_the_evaluation()
    {
        EvalResults results = Run(
            new(_ => throw new EndpointException("too long", HttpStatusCode.BadRequest)), new NumbersTask(3 * ModelCalls.FailuresInARow));

        Assert.Equal(3 * ModelCalls.FailuresInARow, results.Tasks[0].All.Failed);
    }

    [Fact]
    public void Answers_without_text_are_failed_examples_and_never_stop_the_evaluation()
    {
        EvalResults results = Run(
            new(_ => throw new UnusableAnswerException("only reasoning")), new NumbersTask(2 * ModelCalls.FailuresInARow));

        Assert.All(results.Examples, e => Assert.Equal(("UnusableAnswerException: only reasoning", 0d), (e.Failed, e.Score)));
        Assert.Equal(2 * ModelCalls.FailuresInARow, results.Tasks[0].Failures!["UnusableAnswerException"]);
    }

    [Theory]
    [InlineData(136, null)]
    [InlineData(135, 200)]
    public void A_prompt_of_200_tokens_that_the_server_truncated_is_recorded_and_counted(int read, int? sent)
    {
        ScriptedChat chat = new(_ => "x") { InputTokens = read };
        EvalRunner runner = new(chat.AsLanguageModel("scripted"), new EndpointPrompts(EvalSamples.Text, new()));

        EvalResults results = runner.Run(ScriptedPlans.Of(new LongTask()));

        Assert.All(results.Examples, e => Assert.Equal((read, sent), (e.PromptTokens, e.SentTokens)));
        Assert.Equal(sent is null ? 0 : 2, results.Tasks[0].TruncatedByServer);
        Assert.Equal(
            sent is not null,
            EvalTable.Of(results).Contains(
                "the server truncated 2 of 2 prompts (it counted 135 of 200 tokens of 0): raise its context length",
                StringComparison.Ordinal));
    }

    sealed class LongTask() : ScriptedTask("test/long", 2), IGeneratedTask
    {
        public override IEnumerable<EvalExample> Examples(EvalSetting setting) =>
            base.Examples(setting).Select(e => e with { Prompt = new EvalPrompt.Messages([new("user", new string('x', 200))]) });

        public EvalScore Score(EvalExample example, string completion) => new(1);
    }

    [Fact]
    public void After_a_stop_the_failures_are_counted_anew()
    {
        bool isDown = true;
        ScriptedChat chat = new(p =>
            isDown || ScriptedTask.NumberIn(p) == "0" ? throw new EndpointException("gone") : ScriptedTask.NumberIn(p));
        EvalRunner runner = new(chat.AsLanguageModel("scripted"), ScriptedPlans.Prompts);

        Assert.Throws<EndpointException>(() => runner.Run(ScriptedPlans.Of(new NumbersTask(20))));
        isDown = false;

        Assert.Equal(1, runner.Run(ScriptedPlans.Of(new NumbersTask(20))).Tasks[0].All.Failed);
    }

    [Fact]
    public void A_wrong_key_of_the_judge_stops_the_evaluation_and_keeps_what_was_judged()
    {
        ScriptedChat judge = new(p => p == "6 or 6?" ? throw new EndpointException("no key", HttpStatusCode.Unauthorized) : "good");

        Assert.Equal(
            "no key",
            Assert
                .Throws<EndpointException>(() =>
                    Run(new(ScriptedTask.NumberIn), new JudgedTask(50), _folder.Path, new(judge.AsLanguageModel("judge"))))
                .Message);
        Assert.Equal(6, File.ReadAllLines(_folder[EvalFiles.ExamplesName]).Length);
        Assert.InRange(judge.Asked, 7, 8); // groups of two
    }

    [Fact]
    public void An_answer_with_a_verdict_is_not_judged_again_when_its_group_is_sent_again()
    {
        bool isFirst = true;
        ScriptedCompleter model = new(r =>
            isFirst && ScriptedTask.NumberOf(r) == "1" ? throw new InputException("refused") : ScriptedTask.NumberOf(r));
        ScriptedChat judge = new(_ => "good");
        EvalRunner runner = new(
            model, new PromptMaker(EvalSamples.Text, EvalSamples.Text, new(Window: 100_000)), null, new(judge.AsLanguageModel("judge")));

        EvalResults first = runner.Run(ScriptedPlans.Of(new JudgedTask(4)), _folder.Path);
        isFirst = false;
        EvalResults second = runner.Run(ScriptedPlans.Of(new JudgedTask(4)), _folder.Path);

        Assert.Equal((1, 0), (first.Tasks[0].All.Failed, second.Tasks[0].All.Failed));
        Assert.Equal(3 + 1, judge.Asked);
    }

    [Fact]
    public void Where_tokens_must_come_first_an_endpoint_gets_no_stop_text_and_its_answer_is_cut_after_them()
    {
        ScriptedChat chat = new(p => $"\n{ScriptedTask.NumberIn(p)}\nmore");

        EvalResults results = Run(chat, new LineTask());

        Assert.All(results.Examples, e => Assert.Equal((null, $"\n{e.Id}"), (e.Failed, e.Completion)));
        Assert.Null(chat.Options!.StopSequences);
    }

    sealed class LineTask() : ScriptedTask("test/line", 2), IGeneratedTask
    {
        public override IEnumerable<EvalExample> Examples(EvalSetting setting) =>
            base.Examples(setting).Select(e => e with { MinNewTokens = 1, Stop = ["\n"] });

        public EvalScore Score(EvalExample example, string completion) => new(1);
    }

    [Fact]
    public void A_bug_behind_the_client_or_in_the_judge_ends_the_run_and_a_refusal_of_the_judge_is_a_failed_example()
    {
        Assert.Throws<KeyNotFoundException>(() => Run(new(_ => throw new KeyNotFoundException()), new NumbersTask(3)));

        EvalResults Judged(Exception problem) =>
            Run(new(ScriptedTask.NumberIn), new JudgedTask(2), null, new(new ScriptedChat(_ => throw problem).AsLanguageModel("judge")));
        Assert.Throws<KeyNotFoundException>(() => Judged(new KeyNotFoundException()));
        EvalResults refused = Judged(new EndpointException("too long", HttpStatusCode.BadRequest));
        Assert.All(refused.Examples, e => Assert.Equal(("judge: EndpointException: too long", 0d), (e.Failed, e.Score)));
        Assert.Equal(2, refused.Tasks[0].Failures!["EndpointException"]);
    }

    [Fact]
    public void Follow_ups_are_asked_with_what_was_said_and_all_of_it_is_kept()
    {
        EvalResults results = Run(new(ScriptedTask.NumberIn), new TwiceTask(5));

        Assert.All(results.Examples, e => Assert.Equal(1, e.Score));
        Assert.Equal(("44", "4"), (results.Examples[4].Completion, results.Examples[4].Earlier![0]));
    }

    [Fact]
    public void Verdicts_are_kept_and_one_without_a_score_is_a_failure()
    {
        EvalJudge judge = new(
            new ScriptedChat(p => p == "1 or 1?" ? "hm" : p == "2 or 2?" ? "bad" : "good").AsLanguageModel("judge"));

        EvalResults results = Run(new(ScriptedTask.NumberIn), new JudgedTask(4), _folder.Path, judge);
        ScriptedChat again = new(ScriptedTask.NumberIn);
        Run(again, new JudgedTask(4), _folder.Path, new(new ScriptedChat(_ => "good").AsLanguageModel("another")));

        Assert.Equal([1d, 0, 0, 1], results.Examples.Select(e => e.Score));
        Assert.Equal(["good", "hm", "bad", "good"], results.Examples.Select(e => e.Verdict!));
        Assert.Equal([null, "judge: the verdict contains no score", null, null], results.Examples.Select(e => e.Failed));
        Assert.Equal(4, again.Asked); // what another judge said does not count
    }

    [Fact]
    public void Tasks_that_cannot_be_run_are_refused_before_anything_is_asked()
    {
        ScriptedChat chat = new(_ => "");

        Assert.StartsWith(
            "test/choices compares log-probabilities",
            Assert.Throws<InputException>(() => Run(chat, new ChoicesTask(2))).Message);
        Assert.StartsWith(
            "test/judged requires a model that judges; give the endpoint of a judge",
            Assert.Throws<InputException>(() => Run(chat, new JudgedTask(2))).Message);
        Assert.Equal(0, chat.Asked);
    }

    [Fact]
    public void Choices_may_have_prompts_of_their_own()
    {
        EvalResults results = EvalSamples.Runner(_ => "", prompt => -prompt).Run(ScriptedPlans.Of(new ChoicesTask(3)));

        Assert.All(results.Examples, e => Assert.Equal([(-3 * 14d, 3), (-2 * 8d, 2)], e.Choices!.Select(c => (c.LogProb, c.Tokens))));
        Assert.All(results.Examples, e => Assert.Equal((0, "none", ""), (e.Score, e.StopReason, e.Completion)));
    }

    [Fact]
    public void Stopped_at_any_example_it_goes_on_to_the_same_bytes()
    {
        Run(new(ScriptedTask.NumberIn), new NumbersTask(12), _folder["whole"]);
        byte[] results = File.ReadAllBytes(_folder["whole/results.json"]), examples = File.ReadAllBytes(_folder["whole/examples.jsonl"]);
        for (int length = 0; length < examples.Length; length += 97)
        {
            string cut = _folder[$"cut-{length}"];
            Directory.CreateDirectory(cut);
            File.WriteAllBytes(Path.Combine(cut, EvalFiles.ExamplesName), examples[..length]); // as a kill leaves it
            File.WriteAllText(Path.Combine(cut, EvalFiles.TimingName), "{\"task\":");

            Run(new(ScriptedTask.NumberIn), new NumbersTask(12), cut);

            Assert.Equal(examples, File.ReadAllBytes(Path.Combine(cut, EvalFiles.ExamplesName)));
            Assert.Equal(results, File.ReadAllBytes(Path.Combine(cut, EvalFiles.ResultsName)));
            Assert.DoesNotContain("{\"task\":{", File.ReadAllText(Path.Combine(cut, EvalFiles.TimingName)));
        }
    }

    static EvalResults Run(ScriptedChat chat, IEvalTask task, string? directory = null, EvalJudge? judge = null) =>
        new EvalRunner(chat.AsLanguageModel("scripted"), ScriptedPlans.Prompts, null, judge).Run(ScriptedPlans.Of(task), directory);
}
