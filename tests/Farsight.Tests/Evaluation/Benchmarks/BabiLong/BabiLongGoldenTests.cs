using System.Text.Json;
using Farsight.Evaluation.Benchmarks.BabiLong;
using Farsight.Evaluation.PythonCompat;
using Farsight.Tests.Evaluation.Metrics;
using Xunit.Abstractions;

namespace Farsight.Tests.Evaluation.Benchmarks.BabiLong;

/// <summary>BABILong's comparison of answers against its own program.</summary>
[Trait("Category", "Golden")]
public sealed class BabiLongGoldenTests(ITestOutputHelper output)
{
    const string Lines = EvalGoldens.Folder + "/babilong_metrics_public.jsonl";
    const string Sets = EvalGoldens.Folder + "/babilong_dataset_scores.json";

    [SharedFact(Lines)]
    public void Every_line_scores_as_the_official_program()
    {
        EvalGoldens goldens = new(output);
        JsonElement labels = EvalGoldens.Json(Sets).GetProperty("task_labels");
        foreach (JsonElement line in EvalGoldens.Lines(Lines))
        {
            string Text(string key) => line.GetProperty(key).GetString()!;
            goldens.Check(
                Text("id"),
                line.GetProperty("correct").GetBoolean(),
                BabiLongAnswer.IsCorrect(
                    Text("target"),
                    Text("output"),
                    Text("question"),
                    EvalGoldens.Strings(labels.GetProperty(Text("task")))));
        }
        goldens.Finish("babilong_metrics_public.jsonl", EvalGoldens.Lines(Lines).Count());
    }

    [SharedFact(Sets)]
    public void Whole_files_of_answers_score_as_the_official_program()
    {
        EvalGoldens goldens = new(output);
        JsonElement sets = EvalGoldens.Json(Sets);
        foreach (JsonProperty set in sets.GetProperty("files").EnumerateObject())
        {
            string task = Path.GetFileName(set.Name).Split('_')[0];
            string[] labels = EvalGoldens.Strings(sets.GetProperty("task_labels").GetProperty(task));
            string file = set.Name.StartsWith("phi3/", StringComparison.Ordinal)
                ? $"evals_phi3mini/{Path.GetFileName(set.Name)}.gz"
                : $"evals_gemini/{set.Name}";
            using StreamReader reader = EvalGoldens.Open("evaldata/babilong/" + file);
            List<string[]> rows = PythonCsv.ReadText(reader.ReadToEnd());
            int[] columns = [Array.IndexOf(rows[0], "target"), Array.IndexOf(rows[0], "output"), Array.IndexOf(rows[0], "question")];
            int right = rows.Skip(1).Count(r => BabiLongAnswer.IsCorrect(r[columns[0]], r[columns[1]], r[columns[2]], labels));
            goldens.Check(set.Name + " rows", set.Value.GetProperty("n").GetInt32(), rows.Count - 1);
            goldens.Check(set.Name, set.Value.GetProperty("accuracy").GetDouble(), 100.0 * right / (rows.Count - 1));
        }
        goldens.Finish("babilong_dataset_scores.json", 2 * sets.GetProperty("files").EnumerateObject().Count());
    }
}
