using System.Text.Json;
using Farsight.Evaluation.Benchmarks.LEval;
using Farsight.Tests.Evaluation.Metrics;
using Xunit.Abstractions;

namespace Farsight.Tests.Evaluation.Benchmarks.LEval;

/// <summary>L-Eval's exact match against its own program; the figures for GPT-4 are the published ones.</summary>
[Trait("Category", "Golden")]
public sealed class LEvalGoldenTests(ITestOutputHelper output)
{
    const string Lines = EvalGoldens.Folder + "/leval_metrics_public.jsonl";
    const string Sets = EvalGoldens.Folder + "/leval_dataset_scores.json";

    [SharedFact(Lines)]
    public void Every_line_scores_as_the_official_program()
    {
        EvalGoldens goldens = new(output);
        foreach (JsonElement line in EvalGoldens.Lines(Lines))
        {
            string Text(string key) => line.GetProperty(key).GetString()!;
            (string prediction, string reference) = LEvalExam.Process(Text("task_name"), Text("raw_prediction"), Text("gt"));
            goldens.Check(Text("id") + " prediction", Text("processed_prediction"), prediction);
            goldens.Check(Text("id") + " reference", line.GetProperty("processed_reference")[0].GetString()!, reference);
            goldens.Check(Text("id"), line.GetProperty("score").GetDouble(), LEvalExam.ExactMatch(prediction, reference));
        }
        goldens.Finish("leval_metrics_public.jsonl", 3 * EvalGoldens.Lines(Lines).Count());
    }

    [SharedFact(Sets)]
    public void Whole_tasks_score_as_published()
    {
        EvalGoldens goldens = new(output);
        JsonElement sets = EvalGoldens.Json(Sets);
        string[] tasks = ["coursera", "quality", "tpo", "gsm100", "codeU", "topic_retrieval_longchat"];
        foreach (string task in tasks)
        {
            JsonElement[] rows = [.. EvalGoldens.Lines($"evaldata/leval/predictions_exam_gpt4-32k/{task}.pred.jsonl.gz")];
            string key = rows[0].EnumerateObject().First(p => p.Name.Contains("_pred", StringComparison.Ordinal)).Name;
            double[] scores =
            [
                .. rows.Select(r => LEvalExam.Score(task, r.GetProperty(key).GetString()!, r.GetProperty("gt").GetString()!)),
            ];
            JsonElement expected = sets.GetProperty("gpt4-32k/" + task);
            if (expected.ValueKind == JsonValueKind.Number)
            {
                goldens.Check(task, expected.GetDouble(), 100.0 * scores.Sum() / scores.Length);
                continue;
            }
            for (int i = 0; i < 3; i++)
            {
                double[] third = [.. scores.Where((_, n) => n % 3 == i)];
                goldens.Check($"{task} {i}", expected[i].GetDouble(), 100.0 * third.Sum() / third.Length);
            }
        }
        goldens.Finish("leval_dataset_scores.json, GPT-4-32k", ScoreCount(sets, tasks));
    }

    /// <summary>Counts the published scores of tasks; a task with topics has one for each.</summary>
    internal static int ScoreCount(JsonElement sets, IEnumerable<string> tasks) => tasks
        .Select(t => sets.GetProperty("gpt4-32k/" + t))
        .Sum(s => s.ValueKind == JsonValueKind.Array ? s.GetArrayLength() : 1);
}
