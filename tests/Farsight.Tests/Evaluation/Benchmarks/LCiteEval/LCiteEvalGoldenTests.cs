using Farsight.Evaluation.Benchmarks.LCiteEval;
using Farsight.Evaluation.Metrics;
using Farsight.Tests.Evaluation.Metrics;
using Xunit.Abstractions;

namespace Farsight.Tests.Evaluation.Benchmarks.LCiteEval;

[Trait("Category", "Golden")]
public sealed class LCiteEvalGoldenTests(ITestOutputHelper output)
{
    [SharedFact(EvalGoldens.Folder + "/lciteeval_metrics_public.jsonl")]
    public void Every_line_scores_as_the_official_program() =>
        EvalGoldens.CheckLines(
            output,
            "lciteeval_metrics_public.jsonl",
            line => line.GetProperty("kind").GetString() == "lciteeval_qa" ? 5 : 4,
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
}
