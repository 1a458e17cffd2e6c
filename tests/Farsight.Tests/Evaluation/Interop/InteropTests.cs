using System.Text.Json;
using Farsight.Engine;
using Farsight.Evaluation.Core;
using Farsight.Evaluation.Interop;
using Farsight.Tests.Evaluation.Core;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.AI.Evaluation;

namespace Farsight.Tests.Evaluation.Interop;

public sealed class InteropTests : IDisposable
{
    readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_task_scores_an_answer_as_an_evaluator_of_another_program()
    {
        EvaluationResult result = await Evaluate(new TaskEvaluator(new NumbersTask(3)), "7", new ReferenceContext("7"));

        Assert.Equal(1, result.Get<NumericMetric>("test/numbers").Value);
        Assert.Equal(0, (await Evaluate(new TaskEvaluator(new NumbersTask(3)), "8", new ReferenceContext("7")))
            .Get<NumericMetric>("test/numbers").Value);
    }

    [Fact]
    public async Task A_judged_task_asks_the_chat_client_of_the_configuration()
    {
        using ScriptedChat judge = new(prompt => prompt == "7 or 8?" ? "good" : "bad");
        TaskEvaluator evaluator = new(new JudgedTask(1));

        NumericMetric metric = (await Evaluate(evaluator, "8", new ReferenceContext("7"), new(judge))).Get<NumericMetric>("test/judged");

        Assert.Equal((1, "good"), (metric.Value, metric.Reason));
    }

    [Fact]
    public async Task What_is_missing_is_a_diagnostic_and_no_value()
    {
        NumericMetric without = (await Evaluate(new TaskEvaluator(new NumbersTask(3)), "7", null)).Get<NumericMetric>("test/numbers");
        NumericMetric unjudged = (await Evaluate(new TaskEvaluator(new JudgedTask(1)), "7", new ReferenceContext("7")))
            .Get<NumericMetric>("test/judged");

        Assert.Null(without.Value);
        Assert.Contains("right answers", without.Diagnostics!.Single().Message);
        Assert.Contains("judge", unjudged.Diagnostics!.Single().Message);
        Assert.Throws<ArgumentException>(() => new TaskEvaluator(new ChoicesTask(1)));
    }

    [Fact]
    public async Task An_evaluator_of_another_program_scores_stored_answers()
    {
        EvalResults again = await EvaluatorScoring.ScoreAsync(Results(), new LengthEvaluator(), "length");

        Assert.Equal([2, 1, 0], again.Examples.Select(e => e.Score)); // "00", "1", and an empty answer
        Assert.Equal([0, 1, 0], again.Examples.Select(e => e.Beside["before"]));
        Assert.Equal(("test/numbers (length)", false), (again.Tasks[0].Task, again.Tasks[0].IsShare));
        Assert.Equal("evaluator: nothing to measure", again.Examples[2].Failed);
        InputException unknown = await Assert.ThrowsAsync<InputException>(
            () => EvaluatorScoring.ScoreAsync(Results(), new LengthEvaluator(), "width"));
        Assert.Contains("Metrics: length", unknown.Message);
    }

    [Fact]
    public void A_report_has_the_keys_of_the_other_program_and_is_read_again()
    {
        EvalResults results = Results();
        string path = _folder["report.json"];

        ExtensionsReport.Write(path, results, new(2026, 5, 4, 3, 2, 1, TimeSpan.Zero));

        JsonElement whole = JsonElement.Parse(File.ReadAllText(path)), run = whole.GetProperty("scenarioRunResults")[1];
        JsonElement metric = run.GetProperty("evaluationResult").GetProperty("metrics").GetProperty("test/numbers");
        Assert.Equal(("test/numbers", "1", "scripted", 1), (
            run.GetProperty("scenarioName").GetString(), run.GetProperty("iterationName").GetString(),
            run.GetProperty("executionName").GetString(), run.GetProperty("formatVersion").GetInt32()));
        Assert.Equal(("numeric", 1), (metric.GetProperty("$type").GetString(), metric.GetProperty("value").GetDouble()));
        Assert.Equal("2026-05-04T03:02:01.0000000+00:00", whole.GetProperty("createdAt").GetString());
        EvalResults read = ExtensionsReport.Read(path);
        Assert.Equal(results.Examples.Select(e => (e.Task, e.Id, e.Score, e.Completion)),
            read.Examples.Select(e => (e.Task, e.Id, e.Score, e.Completion)));
        Assert.Equal(results.Tasks[0].All.Mean, read.Tasks[0].All.Mean);
        Assert.Equal(results.Examples.Select(e => e.References[0]), read.Examples.Select(e => e.References[0]));
    }

    [Fact]
    public void A_report_of_another_program_gives_its_first_number_and_a_run_without_one_is_a_failure()
    {
        File.WriteAllText(_folder["other.json"], """
            {"scenarioRunResults": [
              {"scenarioName": "Moon", "iterationName": "1", "executionName": "Default", "messages": [{"role": "user", "contents":
                [{"$type": "text", "text": "How far?"}]}], "modelResponse": {"messages": [{"role": "assistant", "contents":
                [{"$type": "text", "text": "Far."}]}]}, "evaluationResult": {"metrics": {
                "Words": {"$type": "string", "value": "1", "name": "Words"}, "Fluency": {"$type": "numeric", "value": 4, "name": "Fluency"},
                "Grounded": {"$type": "boolean", "value": true, "name": "Grounded"}}}},
              {"scenarioName": "Moon", "iterationName": "2", "evaluationResult": {"metrics": {"Fluency": {"$type": "numeric",
                "name": "Fluency", "diagnostics": [{"severity": "error", "message": "no reply"}]}}}}],
             "createdAt": "x", "generatorVersion": "1"}
            """);

        EvalResults read = ExtensionsReport.Read(_folder["other.json"]);

        Assert.Equal([4, 0], read.Examples.Select(e => e.Score));
        EvalRecord first = read.Examples[0];
        Assert.Equal(("How far?", "Far.", 1), (first.Question, first.Completion, first.Beside["Grounded"]));
        Assert.Equal("no reply", read.Examples[1].Failed);
        File.WriteAllText(_folder["bad.json"], "{}");
        Assert.Contains("scenarioRunResults", Assert.Throws<InputException>(() => ExtensionsReport.Read(_folder["bad.json"])).Message);
    }

    [Fact]
    public void A_result_store_has_a_file_for_each_example_and_keeps_other_executions()
    {
        EvalResults results = Results();
        DateTimeOffset time = new(2026, 5, 4, 3, 2, 1, TimeSpan.Zero);

        ExtensionsReport.WriteStore(_folder["store"], results, time);
        ExtensionsReport.WriteStore(_folder["store"], results, time, "second run");

        JsonElement run = JsonElement.Parse(File.ReadAllText(_folder["store/results/scripted/test%2Fnumbers/1.json"]));
        Assert.Equal(("test/numbers", "1", "scripted"), (
            run.GetProperty("scenarioName").GetString(), run.GetProperty("iterationName").GetString(),
            run.GetProperty("executionName").GetString()));
        JsonElement second = JsonElement.Parse(File.ReadAllText(_folder["store/results/second%20run/test%2Fnumbers/1.json"]));
        Assert.Equal("second run", second.GetProperty("executionName").GetString());
        Assert.Equal(3, Directory.GetFiles(_folder["store/results/scripted/test%2Fnumbers"]).Length);
        EvalResults read = ExtensionsReport.Read(_folder["store"], "second run");
        Assert.Equal(
            results.Examples.Select(e => (e.Task, e.Id, e.Score, e.Completion)),
            read.Examples.Select(e => (e.Task, e.Id, e.Score, e.Completion)));
        Assert.Contains(
            "has no folder 'results'",
            Assert.Throws<InputException>(() => ExtensionsReport.Read(_folder["store/results/scripted"])).Message);
        Assert.Contains(
            "name another execution",
            Assert.Throws<InputException>(() => ExtensionsReport.WriteStore(_folder["store"], results, time)).Message);
    }

    [Fact]
    public void Of_a_report_with_several_executions_one_is_read_and_must_be_named()
    {
        File.WriteAllText(_folder["two.json"], """
            {"scenarioRunResults": [
              {"scenarioName": "Moon", "executionName": "old", "evaluationResult": {"metrics": {"F": {"$type": "numeric", "value": 1,
                "name": "F"}}}},
              {"scenarioName": "Moon", "executionName": "new", "evaluationResult": {"metrics": {"F": {"$type": "numeric", "value": 0.5,
                "name": "F"}}}}]}
            """);

        EvalResults read = ExtensionsReport.Read(_folder["two.json"], "new");

        Assert.Equal(("new", 0.5, 1), (read.Model, read.Tasks[0].All.Mean, read.Examples.Count));
        Assert.Contains(
            "several executions (old, new)", Assert.Throws<InputException>(() => ExtensionsReport.Read(_folder["two.json"])).Message);
        Assert.Contains(
            "no execution 'newer'. Executions: old, new.",
            Assert.Throws<InputException>(() => ExtensionsReport.Read(_folder["two.json"], "newer")).Message);
        File.WriteAllText(_folder["twice.json"], """{"scenarioRunResults": [{"scenarioName": "Moon"}, {"scenarioName": "Moon"}]}""");
        Assert.Contains(
            "the iteration '1' of scenario 'Moon' twice",
            Assert.Throws<InputException>(() => ExtensionsReport.Read(_folder["twice.json"])).Message);
        File.WriteAllText(_folder["none.json"], """{"scenarioRunResults": []}""");
        Assert.Contains("has no results", Assert.Throws<InputException>(() => ExtensionsReport.Read(_folder["none.json"])).Message);
    }

    static EvalResults Results() => EvalSamples
        .Runner(new ScriptedCompleter(r => ScriptedTask.NumberOf(r) switch { "0" => "00", "2" => "", var n => n }))
        .Run(ScriptedPlans.Of(new NumbersTask(3)));

    static ValueTask<EvaluationResult> Evaluate(
        IEvaluator evaluator, string answer, EvaluationContext? context, ChatConfiguration? chat = null) => evaluator.EvaluateAsync(
            [new(ChatRole.User, "Which?")], new ChatResponse(new ChatMessage(ChatRole.Assistant, answer)), chat,
            context is null ? null : [context]);

    sealed class LengthEvaluator : IEvaluator
    {
        public IReadOnlyCollection<string> EvaluationMetricNames => ["length"];

        public ValueTask<EvaluationResult> EvaluateAsync(
            IEnumerable<ChatMessage> messages, ChatResponse modelResponse, ChatConfiguration? chatConfiguration,
            IEnumerable<EvaluationContext>? additionalContext, CancellationToken cancellationToken)
        {
            NumericMetric metric = new("length", modelResponse.Text.Length > 0 ? modelResponse.Text.Length : null);
            metric.Diagnostics = metric.Value is null ? [EvaluationDiagnostic.Error("nothing to measure")] : null;
            return new(new EvaluationResult(metric));
        }
    }
}
