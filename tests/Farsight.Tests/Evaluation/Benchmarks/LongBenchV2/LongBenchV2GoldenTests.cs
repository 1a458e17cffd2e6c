using Farsight.Evaluation.Benchmarks.LongBenchV2;
using Farsight.Tests.Evaluation.Metrics;
using Xunit.Abstractions;

namespace Farsight.Tests.Evaluation.Benchmarks.LongBenchV2;

[Trait("Category", "Golden")]
public sealed class LongBenchV2GoldenTests(ITestOutputHelper output)
{
    [SharedFact(EvalGoldens.Folder + "/longbench_v2_extract_public.jsonl")]
    public void Every_line_scores_as_the_official_program() => EvalGoldens.CheckLines(
        output,
        "longbench_v2_extract_public.jsonl",
        _ => 1,
        (goldens, line, id) =>
            goldens.Check(id, line.GetProperty("pred").GetString(), LongBenchV2Answer.Extract(line.GetProperty("response").GetString()!)));
}
