using System.Numerics;
using Farsight.Evaluation.Benchmarks.LongGenBench;
using Farsight.Tests.Evaluation.Metrics;
using Xunit.Abstractions;

namespace Farsight.Tests.Evaluation.Benchmarks.LongGenBench;

[Trait("Category", "Golden")]
public sealed class LongGenBenchGoldenTests(ITestOutputHelper output)
{
    [SharedFact(EvalGoldens.Folder + "/longgenbench_sgt_blocks_public.jsonl")]
    public void Every_line_scores_as_the_official_program() =>
        EvalGoldens.CheckLines(
            output,
            "longgenbench_sgt_blocks_public.jsonl",
            _ => 2,
            (goldens, line, id) =>
            {
                OrderedDictionary<BigInteger, string> blocks = LongGenerationBlocks.Parse(
                    line.GetProperty("text").GetString()!,
                    line.GetProperty("type").GetString()!);
                goldens.Check(
                    id,
                    string.Join('|', line.GetProperty("blocks").EnumerateObject().Select(b => $"{b.Name}:{b.Value.GetString()}")),
                    string.Join('|', blocks.Select(b => $"{b.Key}:{b.Value}")));
                goldens.Check(
                    id + " rate",
                    line.GetProperty("completion_rate").GetDouble(),
                    LongGenerationBlocks.CompletionRate(blocks, line.GetProperty("number").GetInt32()));
            });
}
