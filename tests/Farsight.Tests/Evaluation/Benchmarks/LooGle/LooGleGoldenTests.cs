using Farsight.Evaluation.Benchmarks.LooGle;
using Farsight.Tests.Evaluation.Metrics;
using Xunit.Abstractions;

namespace Farsight.Tests.Evaluation.Benchmarks.LooGle;

[Trait("Category", "Golden")]
public sealed class LooGleGoldenTests(ITestOutputHelper output)
{
    [SharedFact(EvalGoldens.Folder + "/loogle_metrics_public.jsonl")]
    public void Every_line_scores_as_the_official_program() =>
        EvalGoldens.CheckLines(
            output,
            "loogle_metrics_public.jsonl",
            line => line.GetProperty("kind").GetString() == "loogle_cloze" ? 2 : 5,
            (goldens, line, id) =>
            {
                string hypothesis = line.GetProperty("hypothesis").GetString()!;
                if (line.GetProperty("kind").GetString() == "loogle_cloze")
                {
                    Dictionary<string, string> masks = line.GetProperty("reference")
                        .EnumerateObject()
                        .ToDictionary(p => p.Name, p => p.Value.GetString()!);
                    (int exact, int partial) = LooGleScore.ClozeMatches(masks, hypothesis);
                    goldens.Check(
                        id + " exact",
                        (line.GetProperty("exact")[0].GetInt32(), line.GetProperty("exact")[1].GetInt32()),
                        (exact, masks.Count));
                    goldens.Check(
                        id + " partial",
                        (line.GetProperty("partial")[0].GetInt32(), line.GetProperty("partial")[1].GetInt32()),
                        (partial, masks.Count));
                    return;
                }
                string reference = line.GetProperty("reference").GetString()!;
                (double bleu1, double bleu4) = LooGleScore.BleuScores(reference, hypothesis);
                (double rouge1, double rouge2, double rougeL) = LooGleScore.RougeRecalls(reference, hypothesis);
                goldens.Check(id + " bleu1", line.GetProperty("bleu1").GetDouble(), bleu1);
                goldens.Check(id + " bleu4", line.GetProperty("bleu4_weights_0001").GetDouble(), bleu4);
                goldens.Check(id + " rouge1", line.GetProperty("rouge1_r").GetDouble(), rouge1);
                goldens.Check(id + " rouge2", line.GetProperty("rouge2_r").GetDouble(), rouge2);
                goldens.Check(id + " rougeL", line.GetProperty("rougeL_r").GetDouble(), rougeL);
            });
}
