using System.Text.Json;
using Farsight.Evaluation.Core;

namespace Farsight.Tests.Evaluation.Benchmarks;

/// <summary>
/// Computes aggregates that authors published from their parts, by the aggregates of Farsight's results. Scores of single examples are not
/// public: LongEmbed's are derived from the published shares of 50 queries, LongBench Pro's are the means of 250 questions.
/// </summary>
[Trait("Category", "Golden")]
public sealed class PublishedAggregatesTests
{
    const string LongEmbed = "FARSIGHT_LONGEMBED", LongBenchPro = "FARSIGHT_LONGBENCH_PRO";
    const int Queries = 50, Questions = 250;

    static readonly string[] s_lengths = ["256", "512", "1024", "2048", "4096", "8192", "16384", "32768"];

    [PublishedFact(LongEmbed, "the folder results of dwzhu-pku/LongEmbed @033dc4a")]
    public void The_means_of_LongEmbeds_synthetic_sets_are_those_of_their_eight_lengths()
    {
        string[] encoders = Directory.GetDirectories(PublishedFactAttribute.FolderOf(LongEmbed)!);
        Assert.Equal(12, encoders.Length);
        foreach (string encoder in encoders)
        {
            foreach ((string set, string file) in (ReadOnlySpan<(string, string)>)[("needle", "LEMBNeedle"), ("passkey", "LEMBPasskey")])
            {
                JsonElement lengths = Json(encoder, $"{file}Retrieval.json");
                EvalRecord[] records =
                [
                    .. s_lengths.SelectMany(l => Enumerable.Range(0, Queries).Select(i => Record(
                        $"longembed_{set}", $"{l}-{i}",
                        i < Math.Round(Queries * lengths.GetProperty($"test_{l}").GetProperty("ndcg_at_1").GetDouble()) ? 1 : 0,
                        "context length", l))),
                ];

                TaskResult result = TaskResult.Of(EvalTaskCatalog.Get($"longembed_{set}"), records, seed: 1);

                JsonElement published = Json(encoder, "overall_results.json").GetProperty($"{file}Retrieval");
                Assert.Equal(published.GetProperty("avg").GetDouble(), result.All.Mean!.Value, 1e-9);
                Assert.Equal(
                    s_lengths.Select(l => published.GetProperty(l).GetDouble()), result.By.Select(c => Math.Round(c.Mean!.Value, 10)));
            }
        }
    }

    [PublishedFact(LongBenchPro, "the folder LongBench-Pro/output of caskcsg/longcontext @88fbeb8")]
    public void The_overall_scores_of_LongBench_Pro_are_the_means_of_its_parts()
    {
        string[] summaries =
            Directory.GetFiles(PublishedFactAttribute.FolderOf(LongBenchPro)!, "*_summary.json", SearchOption.AllDirectories);
        CellMaker cells = new(EvalTaskCatalog.Get("longbench-pro_answers"), seed: 1);
        Assert.Equal(80, summaries.Length);
        foreach (string file in summaries)
        {
            JsonElement summary = JsonElement.Parse(File.ReadAllText(file));
            double overall = summary.GetProperty("average_overall_metric").GetDouble();
            EvalRecord[] records =
            [
                .. summary.GetProperty("average_token_length_metric").EnumerateObject().SelectMany(l => Enumerable.Range(0, Questions)
                    .Select(i => Record("longbench-pro_answers", $"{l.Name}-{i}", l.Value.GetDouble(), "token_length", l.Name))),
            ];

            Assert.Equal(overall, cells.Make([], records).Mean!.Value, 1e-9);
            double[] repetitions =
                [.. Enumerable.Range(1, 3).Select(i => summary.GetProperty($"inference_iteration_{i}_overall_metric").GetDouble())];
            Assert.Equal(overall, repetitions.Average(), 1e-9);
        }
    }

    static JsonElement Json(string folder, string file) => JsonElement.Parse(File.ReadAllText(Path.Combine(folder, file)));

    static EvalRecord Record(string task, string id, double score, string group, string value) =>
        new("published", task, EvalTaskCatalog.Get(task).Card.Version, id, "", score, new Dictionary<string, double>())
        {
            Groups = new Dictionary<string, string> { [group] = value },
        };
}
