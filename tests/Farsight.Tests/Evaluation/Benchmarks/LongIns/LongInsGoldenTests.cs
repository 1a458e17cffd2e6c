using Farsight.Evaluation.Benchmarks.LongIns;
using Farsight.Tests.Evaluation.Metrics;
using Xunit.Abstractions;

namespace Farsight.Tests.Evaluation.Benchmarks.LongIns;

[Trait("Category", "Golden")]
public sealed class LongInsGoldenTests(ITestOutputHelper output)
{
    [SharedFact(EvalGoldens.Folder + "/longins_metrics_public.jsonl")]
    public void Every_line_scores_as_the_official_program() =>
        EvalGoldens.CheckLines(
            output,
            "longins_metrics_public.jsonl",
            _ => 1,
            (goldens, line, id) =>
                goldens.Check(
                    id,
                    line.GetProperty("f1").GetDouble(),
                    LongInsScore.Score(
                        line.GetProperty("response").GetString()!,
                        [.. line.GetProperty("gold").EnumerateArray().Select(n => n.GetInt32())])));
}
