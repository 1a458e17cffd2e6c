using Farsight.Evaluation.Benchmarks.NeedleBench;
using Farsight.Tests.Evaluation.Metrics;
using Xunit.Abstractions;

namespace Farsight.Tests.Evaluation.Benchmarks.NeedleBench;

[Trait("Category", "Golden")]
public sealed class NeedleBenchGoldenTests(ITestOutputHelper output)
{
    [SharedFact(EvalGoldens.Folder + "/needlebench_metrics_public.jsonl")]
    public void Every_line_scores_as_the_official_program() =>
        EvalGoldens.CheckLines(
            output,
            "needlebench_metrics_public.jsonl",
            line => line.GetProperty("kind").GetString() == "needlebench_atc" ? 2 : 4,
            (goldens, line, id) =>
            {
                string gold = line.GetProperty("gold").GetString()!;
                if (line.GetProperty("kind").GetString() == "needlebench_atc")
                {
                    string raw = line.GetProperty("raw").GetString()!;
                    goldens.Check(id + " answer", line.GetProperty("postprocessed").GetString()!, NeedleBenchScore.TraceAnswer(raw));
                    goldens.Check(id, line.GetProperty("score").GetDouble(), NeedleBenchScore.Trace(raw, gold));
                    return;
                }
                string prediction = line.GetProperty("prediction").GetString()!;
                string[] parts = gold.Split('*');
                goldens.Check(
                    id + " v1",
                    line.GetProperty("v1_score").GetDouble(),
                    NeedleBenchScore.Version1(prediction, parts[0], parts[1]));
                goldens.Check(
                    id + " v1 trimmed",
                    line.GetProperty("v1_trim_score").GetDouble(),
                    NeedleBenchScore.Version1(prediction, parts[0], parts[1], trim: true));
                goldens.Check(id + " v2", line.GetProperty("v2_score").GetDouble(), NeedleBenchScore.Version2(prediction, parts[1]));
                goldens.Check(
                    id + " distance",
                    line.GetProperty("v1_edit_distance").GetInt32(),
                    NeedleBenchScore.Distance(prediction, parts[0]));
            });
}
