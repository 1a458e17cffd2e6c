using System.Numerics;
using System.Text.Json;
using Farsight.Evaluation.Benchmarks.AdaLEval;
using Farsight.Evaluation.Benchmarks.LCiteEval;
using Farsight.Evaluation.Benchmarks.LongBenchV2;
using Farsight.Evaluation.Benchmarks.LongGenBench;
using Farsight.Evaluation.Benchmarks.LongIns;
using Farsight.Evaluation.Benchmarks.LooGle;
using Farsight.Evaluation.Benchmarks.NeedleBench;
using Farsight.Evaluation.Metrics;
using Xunit.Abstractions;

namespace Farsight.Tests.Evaluation.Metrics;

/// <summary>Benchmarks with a handful of lines each, against their own programs.</summary>
[Trait("Category", "Golden")]
public sealed class OtherBenchmarksGoldenTests(ITestOutputHelper output)
{
    [SharedFact(EvalGoldens.Folder + "/loogle_metrics_public.jsonl")]
    public void LooGle() =>
        Check(
            "loogle_metrics_public.jsonl",
            3 * 2 + 11 * 5,
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

    [SharedFact(EvalGoldens.Folder + "/lciteeval_metrics_public.jsonl")]
    public void LCiteEval() =>
        Check(
            "lciteeval_metrics_public.jsonl",
            4 * 4 + 4 * 5,
            (goldens, line, id) =>
            {
                string generation = line.GetProperty("generation").GetString()!;
                string answer = line.GetProperty("answer").GetString()!;
                PrecisionRecall score;
                if (line.GetProperty("kind").GetString() == "lciteeval_qa")
                {
                    score = LCiteEvalScore.Answer(generation, [answer]);
                    string firstLine = generation.Trim().Split('\n')[0];
                    goldens.Check(id + " text", line.GetProperty("citation_removed").GetString()!, Citations.Remove(firstLine));
                    goldens.Check(
                        id + " cited",
                        string.Join(',', EvalGoldens.Strings(line.GetProperty("cited_ids"))),
                        string.Join(',', Citations.Numbers(firstLine)));
                }
                else
                {
                    (score, int number) = LCiteEvalScore.NeedleCitation(
                        generation,
                        EvalGoldens.Strings(line.GetProperty("docs")),
                        answer,
                        line.GetProperty("at_most_citations").GetInt32());
                    goldens.Check(id + " number", line.GetProperty("num").GetInt32(), number);
                }
                goldens.Check(id + " P", line.GetProperty("precision").GetDouble(), score.Precision);
                goldens.Check(id + " R", line.GetProperty("recall").GetDouble(), score.Recall);
                goldens.Check(id + " F", line.GetProperty("f1").GetDouble(), score.F1);
            });

    [SharedFact(EvalGoldens.Folder + "/longbench_v2_extract_public.jsonl")]
    public void LongBench_v2() => Check("longbench_v2_extract_public.jsonl", 10, (goldens, line, id) =>
        goldens.Check(id, line.GetProperty("pred").GetString(), LongBenchV2Answer.Extract(line.GetProperty("response").GetString()!)));

    [SharedFact(EvalGoldens.Folder + "/longins_metrics_public.jsonl")]
    public void LongIns() =>
        Check(
            "longins_metrics_public.jsonl",
            6,
            (goldens, line, id) =>
                goldens.Check(
                    id,
                    line.GetProperty("f1").GetDouble(),
                    LongInsScore.Score(
                        line.GetProperty("response").GetString()!,
                        [.. line.GetProperty("gold").EnumerateArray().Select(n => n.GetInt32())])));

    [SharedFact(EvalGoldens.Folder + "/adaleval_metrics_public.jsonl")]
    public void AdaLEval() =>
        Check(
            "adaleval_metrics_public.jsonl",
            2 * 7 + 5,
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

    [SharedFact(EvalGoldens.Folder + "/needlebench_metrics_public.jsonl")]
    public void NeedleBench() =>
        Check(
            "needlebench_metrics_public.jsonl",
            4 * 4 + 5 * 2,
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

    [SharedFact(EvalGoldens.Folder + "/longgenbench_sgt_blocks_public.jsonl")]
    public void LongGenBench() =>
        Check(
            "longgenbench_sgt_blocks_public.jsonl",
            3 * 2,
            (goldens, line, id) =>
            {
                SortedDictionary<BigInteger, string> blocks = LongGenerationBlocks.Parse(
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

    void Check(string file, int count, Action<EvalGoldens, JsonElement, string> check)
    {
        EvalGoldens goldens = new(output);
        foreach (JsonElement line in EvalGoldens.Lines(EvalGoldens.Folder + "/" + file))
        {
            check(goldens, line, line.GetProperty("id").GetString()!);
        }
        goldens.Finish(file, count);
    }
}
