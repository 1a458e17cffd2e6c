using Farsight.Alignment.Answering;
using Farsight.Engine;
using Farsight.Evaluation.Core;

namespace Farsight.Tests.Evaluation.Core;

public sealed class RescoringTests : IDisposable
{
    readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Stored_answers_are_scored_by_another_metric_and_keep_the_earlier_score_beside_it()
    {
        EvalResults results = Results(r => $"the number {ScriptedTask.NumberOf(r)}");

        EvalResults again = Rescoring.ByMetric(results, "f1", []);

        Assert.Equal(0, results.Tasks[0].All.Mean);
        Assert.Equal(2 / 3.0, again.Tasks[0].All.Mean!.Value, 12); // "number 0" and "0": precision 1/2, recall 1
        Assert.Equal((0, "f1"), (again.Tasks[0].All.Beside["before"], again.Tasks[0].Metric));
    }

    [Fact]
    public void A_judge_scores_stored_answers_and_a_reply_without_a_verdict_is_a_failure()
    {
        EvalResults results = Results(r => $"the number {ScriptedTask.NumberOf(r)}");
        string[] replies = ["CORRECT", "INCORRECT", "hm"];
        using ScriptedChat chat = new(prompt => replies[prompt.Split("Right answer:\n")[1][0] - '0']);

        EvalResults again = Rescoring.ByJudge(results, new ChatClientModel(chat, "judge"), [], null, CancellationToken.None);

        Assert.Equal([1, 0, 0], again.Examples.Select(e => e.Score));
        Assert.Equal("judge: the verdict contains no score", again.Examples[2].Failed);
        Assert.Equal(1 / 3.0, again.Tasks[0].All.Mean!.Value, 12);
    }

    [Fact]
    public void New_scores_are_written_into_a_new_folder_and_read_again()
    {
        EvalResults again = Rescoring.ByMetric(Results(ScriptedTask.NumberOf), "contains", []);

        Rescoring.Write(_folder["new"], again);

        Assert.Equal(1, EvalFiles.ReadResults(_folder["new"]).Tasks[0].All.Mean);
        Assert.Contains("is not empty", Assert.Throws<InputException>(() => Rescoring.Write(_folder["new"], again)).Message);
    }

    [Fact]
    public void An_unknown_metric_or_task_is_refused_with_the_names()
    {
        EvalResults results = Results(ScriptedTask.NumberOf);

        Assert.Contains("Metrics: exact, contains, f1",
            Assert.Throws<InputException>(() => Rescoring.ByMetric(results, "bleurt", [])).Message);
        Assert.Contains("'mmlu'", Assert.Throws<InputException>(() => Rescoring.ByMetric(results, "f1", ["mmlu"])).Message);
    }

    static EvalResults Results(Func<CompletionRequest, string> answer) =>
        EvalSamples.Runner(new ScriptedCompleter(answer)).Run(ScriptedPlans.Of(new NumbersTask(3)));
}
