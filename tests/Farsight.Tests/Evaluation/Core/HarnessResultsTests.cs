using System.Text.Json;
using Farsight.Evaluation.Core;

namespace Farsight.Tests.Evaluation.Core;

public sealed class HarnessResultsTests
{
    [Fact]
    public void Results_and_samples_have_the_names_and_keys_of_the_harness()
    {
        using TemporaryFolder folder = new();
        EvalResults results =
            EvalSamples.Runner(new ScriptedCompleter(r => ScriptedTask.NumberOf(r) == "2" ? "wrong" : ScriptedTask.NumberOf(r)))
            .Run(ScriptedPlans.Of(new NumbersTask(3))) with
            { Model = "tiny: a/b" };

        string path = HarnessResults.Write(folder.Path, results, new(2026, 5, 4, 3, 2, 1, TimeSpan.Zero));

        Assert.Equal(Path.Combine(folder.Path, "tiny__ a__b", "results_2026-05-04T03-02-01.000000.json"), path);
        JsonElement whole = JsonElement.Parse(File.ReadAllText(path)), task = whole.GetProperty("results").GetProperty("test/numbers");
        Assert.Equal(2 / 3.0, task.GetProperty("score,none").GetDouble(), 12);
        Assert.Equal(Math.Sqrt(1 / 9.0), task.GetProperty("score_stderr,none").GetDouble(), 12); // variance 1/3 of three values, over 3
        Assert.Equal(3, whole.GetProperty("n-samples").GetProperty("test/numbers").GetProperty("effective").GetInt32());
        Assert.True(whole.GetProperty("higher_is_better").GetProperty("test/numbers").GetProperty("score").GetBoolean());
        string[] samples = File.ReadAllLines(
            Path.Combine(folder.Path, "tiny__ a__b", "samples_test__numbers_2026-05-04T03-02-01.000000.jsonl"));
        JsonElement last = JsonElement.Parse(samples[2]);
        Assert.Equal(("2", "wrong", 0), (
            last.GetProperty("target").GetString(), last.GetProperty("resps")[0][0].GetString(), last.GetProperty("score").GetDouble()));
        Assert.Equal(["score"], last.GetProperty("metrics").EnumerateArray().Select(m => m.GetString()));
        Assert.Equal(64, whole.GetProperty("task_hashes").GetProperty("test/numbers").GetString()!.Length);
    }

    [Fact]
    public void A_sample_has_one_key_for_each_metric()
    {
        using TemporaryFolder folder = new();
        EvalRecord record = new(
            "m", "needle/near", 1, "a", "", 1, new Dictionary<string, double> { ["value"] = 0.5, ["lost"] = double.NaN, ["target"] = 1 });
        EvalResults results = new("m", 1, "none", [TaskResult.Of(EvalTaskCatalog.Get("needle/near"), [record], 1)], [record]);

        string path = HarnessResults.Write(folder.Path, results, new(2026, 5, 4, 3, 2, 1, TimeSpan.Zero));

        JsonElement sample = JsonElement.Parse(File.ReadAllText(Directory.GetFiles(Path.GetDirectoryName(path)!, "samples_*").Single()));
        Assert.Equal(["score", "value", "lost", "target"], sample.GetProperty("metrics").EnumerateArray().Select(m => m.GetString()));
        Assert.Equal((1, 0.5), (sample.GetProperty("score").GetDouble(), sample.GetProperty("value").GetDouble()));
        Assert.Equal((JsonValueKind.Null, ""), (sample.GetProperty("lost").ValueKind, sample.GetProperty("target").GetString()));
    }
}
