using System.Text.Json;
using Farsight.Evaluation.Metrics;
using Farsight.Evaluation.PythonCompat;
using Xunit.Abstractions;

namespace Farsight.Tests.Evaluation.Metrics;

/// <summary>RULER's string matches against its own program.</summary>
[Trait("Category", "Golden")]
public sealed class RulerGoldenTests(ITestOutputHelper output)
{
    const string Lines = EvalGoldens.Folder + "/ruler_metrics_public.jsonl";

    [SharedFact(Lines)]
    public void Every_line_scores_as_the_official_program()
    {
        EvalGoldens goldens = new(output);
        foreach (JsonElement line in EvalGoldens.Lines(Lines))
        {
            string id = line.GetProperty("id").GetString()!;
            string[] predictions = [.. EvalGoldens.Strings(line.GetProperty("raw_preds")).Select(RulerMatch.Prepare)];
            goldens.Check(
                id + " prepared",
                string.Join('|', EvalGoldens.Strings(line.GetProperty("postprocessed_preds"))),
                string.Join('|', predictions));
            bool all = line.GetProperty("metric").GetString() == "string_match_all";
            double[] scores = [.. line.GetProperty("refs").EnumerateArray().Select(EvalGoldens.Strings)
                .Zip(predictions, (refs, text) => all ? RulerMatch.All(text, refs) : RulerMatch.Any(text, refs))];
            goldens.Check(id, line.GetProperty("score").GetDouble(), Percent(scores));
        }
        goldens.Finish("ruler_metrics_public.jsonl", 2 * EvalGoldens.Lines(Lines).Count());
    }
    /// <summary>Computes the mean of scores as RULER prints it; the order of the operations decides the last bit.</summary>
    internal static double Percent(IReadOnlyCollection<double> scores) =>
        PythonNumbers.Round(scores.Sum() / scores.Count * 100, 2);
}
