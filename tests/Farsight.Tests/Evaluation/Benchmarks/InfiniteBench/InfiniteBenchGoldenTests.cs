using System.Text.Json;
using Farsight.Evaluation.Benchmarks.InfiniteBench;
using Farsight.Tests.Evaluation.Metrics;
using Xunit.Abstractions;

namespace Farsight.Tests.Evaluation.Benchmarks.InfiniteBench;

/// <summary>InfiniteBench's scores against its own program; the means are those of its README.</summary>
[Trait("Category", "Golden")]
public sealed class InfiniteBenchGoldenTests(ITestOutputHelper output)
{
    const string Lines = EvalGoldens.Folder + "/infinitebench_metrics_public.jsonl";
    const string Sets = EvalGoldens.Folder + "/infinitebench_dataset_scores.json";

    [SharedFact(Lines)]
    public void Every_line_scores_as_the_official_program()
    {
        EvalGoldens goldens = new(output);
        foreach (JsonElement line in EvalGoldens.Lines(Lines))
        {
            string task = line.GetProperty("task").GetString()!;
            goldens.Check(
                line.GetProperty("id").GetString()!, line.GetProperty("score").GetDouble(),
                InfiniteBenchScore.Score(task, line.GetProperty("prediction").GetString()!, Labels(line.GetProperty("label"))));
        }
        goldens.Finish("infinitebench_metrics_public.jsonl", EvalGoldens.Lines(Lines).Count());
    }

    [SharedFact(Sets)]
    public void Means_over_whole_tasks_are_the_published_ones()
    {
        EvalGoldens goldens = new(output);
        foreach (JsonProperty set in EvalGoldens.Json(Sets).EnumerateObject())
        {
            string[] name = set.Name.Split('/');
            string file = $"evaldata/infinitebench/results/{name[0]}/preds_{name[1]}.jsonl";
            file = File.Exists(SharedMaterial.PathOf(file)) ? file : file + ".gz";
            if (File.Exists(SharedMaterial.PathOf(file)))
            {
                double mean = EvalGoldens
                    .Lines(file)
                    .Average(r => InfiniteBenchScore.Score(name[1], Prediction(r), Labels(r.GetProperty("ground_truth"))));
                goldens.Check(set.Name, set.Value.GetProperty("mean").GetDouble(), mean);
            }
        }
        goldens.Finish("infinitebench_dataset_scores.json", ScoreCount());
    }

    /// <summary>Counts the published means, without the one whose predictions are not stored.</summary>
    internal static int ScoreCount() => EvalGoldens.Json(Sets).EnumerateObject().Count(s => s.Name != "gpt4/code_debug");

    static string Prediction(JsonElement row) =>
        (row.TryGetProperty("prediction", out JsonElement text) ? text : row.GetProperty("pred")).GetString()!;

    static string[] Labels(JsonElement label) =>
        label.ValueKind == JsonValueKind.Array
            ? EvalGoldens.Strings(label)
            : EvalGoldens.Strings(JsonDocument.Parse($"[{label.GetRawText()}]").RootElement);
}
