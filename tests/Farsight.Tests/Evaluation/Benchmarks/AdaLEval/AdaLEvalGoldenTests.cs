using Farsight.Evaluation.Benchmarks.AdaLEval;
using Farsight.Tests.Evaluation.Metrics;
using Xunit.Abstractions;

namespace Farsight.Tests.Evaluation.Benchmarks.AdaLEval;

[Trait("Category", "Golden")]
public sealed class AdaLEvalGoldenTests(ITestOutputHelper output)
{
    [SharedFact(EvalGoldens.Folder + "/adaleval_metrics_public.jsonl")]
    public void Every_line_scores_as_the_official_program() =>
        EvalGoldens.CheckLines(
            output,
            "adaleval_metrics_public.jsonl",
            line => line.GetProperty("kind").GetString() == "stackselect" ? 2 : 1,
            (goldens, line, id) =>
            {
                string prediction = line.GetProperty("prediction").GetString()!;
                double accuracy;
                if (line.GetProperty("kind").GetString() == "stackselect")
                {
                    string extracted = AdaLEvalAnswer.Best(prediction, line.GetProperty("num_choice").GetInt32());
                    goldens.Check(id + " extracted", line.GetProperty("extracted").GetString()!, extracted);
                    accuracy = extracted == line.GetProperty("answer").GetString() ? 100 : 0;
                }
                else
                {
                    accuracy = AdaLEvalAnswer.IsRightOrder(
                        prediction,
                        [.. line.GetProperty("answer").EnumerateArray().Select(n => n.GetInt32())])
                        ? 100
                        : 0;
                }
                goldens.Check(id, line.GetProperty("accuracy").GetDouble(), accuracy);
            });
}
