using System.Text.Json;
using Farsight.Evaluation.Benchmarks.LongProc;
using Farsight.Evaluation.Metrics;
using Farsight.Tests.Evaluation.Metrics;
using Xunit.Abstractions;

namespace Farsight.Tests.Evaluation.Benchmarks.LongProc;

/// <summary>LongProc's evaluators against its own program.</summary>
[Trait("Category", "Golden")]
public sealed class LongProcGoldenTests(ITestOutputHelper output)
{
    const string Lines = EvalGoldens.Folder + "/longproc_metrics_public.jsonl";

    [SharedFact(Lines)]
    public void Every_line_scores_as_the_official_program()
    {
        EvalGoldens goldens = new(output);
        foreach (JsonElement line in EvalGoldens.Lines(Lines))
        {
            foreach ((string name, double actual) in Scores(line))
            {
                goldens.Check(
                    $"{line.GetProperty("id")} {line.GetProperty("dataset")} {name}",
                    line.GetProperty("metrics").GetProperty(name).GetDouble(),
                    actual);
            }
        }
        goldens.Finish(
            "longproc_metrics_public.jsonl",
            EvalGoldens.Lines(Lines).Sum(l => l.GetProperty("metrics").EnumerateObject().Count()));
    }

    static (string Name, double Value)[] Scores(JsonElement line)
    {
        (string prediction, string reference) = (
            line.GetProperty("prediction").GetString()!,
            line.GetProperty("reference_output").GetString()!);
        JsonElement item = line.GetProperty("item");
        string task = line.GetProperty("dataset").GetString()!;
        if (task.StartsWith("html", StringComparison.Ordinal))
        {
            (PrecisionRecall rows, double found) = LongProcTable.Score(prediction, reference);
            return [("f1", rows.F1), ("precision", rows.Precision), ("recall", rows.Recall), ("extraction_rate", found)];
        }
        LongProcScore score = task.StartsWith("path", StringComparison.Ordinal) ? LongProcTraces.Path(prediction, reference)
            : task.StartsWith("tom", StringComparison.Ordinal) ? LongProcTraces.Beliefs(prediction, reference)
            : LongProcCountdown.Score(
                prediction,
                [.. item.GetProperty("nums").EnumerateArray().Select(n => n.GetInt32())],
                item.GetProperty("target").GetInt32(),
                reference);
        return [("accuracy", score.Accuracy), ("partial_accuracy", score.Partial), ("extraction_rate", score.Extraction)];
    }
}
