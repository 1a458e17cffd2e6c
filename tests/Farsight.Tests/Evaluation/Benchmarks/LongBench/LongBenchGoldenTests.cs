using System.Text.Json;
using Farsight.Evaluation.Benchmarks.LongBench;
using Farsight.Evaluation.Metrics;
using Farsight.Tests.Evaluation.Metrics;
using Xunit.Abstractions;

namespace Farsight.Tests.Evaluation.Benchmarks.LongBench;

/// <summary>LongBench's metrics against its own program, line by line and over whole data sets.</summary>
[Trait("Category", "Golden")]
public sealed class LongBenchGoldenTests(ITestOutputHelper output)
{
    const string Lines = EvalGoldens.Folder + "/longbench_metrics_public.jsonl";
    const string Sets = EvalGoldens.Folder + "/longbench_dataset_scores.json";
    const string Predictions = "evaldata/longbench/lcm_stack_llama3.1_vanilla_predictions";

    [SharedFact(Lines)]
    public void Every_line_without_chinese_words_scores_as_the_official_program() => CheckLines(chinese: false);

    [ChineseFact(Lines)]
    public void Every_line_with_chinese_words_scores_as_the_official_program() => CheckLines(chinese: true);

    [SharedFact(Sets)]
    public void Whole_data_sets_score_as_the_official_program()
    {
        EvalGoldens goldens = new(output);
        JsonElement sets = EvalGoldens.Json(Sets);
        string[] classes = EvalGoldens.Strings(sets.GetProperty("trec_all_classes"));
        foreach (JsonProperty set in sets.GetProperty("lcm_stack_llama3.1_vanilla").EnumerateObject())
        {
            JsonElement[] rows = [.. EvalGoldens.Lines(PredictionFile(set.Name))];
            double[] scores =
            [
                .. rows.Select(r =>
                    LongBenchScore.Score(
                        set.Name,
                        r.GetProperty("pred_str").GetString()!,
                        EvalGoldens.Strings(r.GetProperty("answers")),
                        classes)),
            ];
            goldens.Check(set.Name, set.Value.GetProperty("scorer").GetDouble(), EvalGoldens.Percent(scores));
            foreach (JsonProperty bucket in set.Value.GetProperty("scorer_e").EnumerateObject())
            {
                double[] inside =
                [
                    .. scores.Where((_, i) => LongBenchScore.LengthBucket(rows[i].GetProperty("length").GetInt32()) == bucket.Name),
                ];
                goldens.Check($"{set.Name} {bucket.Name}", bucket.Value.GetDouble(), EvalGoldens.Percent(inside));
            }
        }
        goldens.Finish("longbench_dataset_scores.json, sets of LongBench-E", ScoreCount(sets));
    }

    [ChineseFact(Sets)]
    public void All_21_data_sets_of_small_size_score_as_the_official_program()
    {
        EvalGoldens goldens = new(output);
        JsonElement sets = EvalGoldens.Json(Sets);
        ILookup<string, JsonElement> rows = EvalGoldens
            .Lines("evaldata/longbench/minilongbench_example_predictions.jsonl")
            .ToLookup(r => r.GetProperty("dataset").GetString()!);
        foreach (JsonProperty set in sets.GetProperty("minilongbench_example").EnumerateObject())
        {
            string[] classes = set.Name is "trec" or "lsht" ? EvalGoldens.Strings(sets.GetProperty(set.Name + "_all_classes")) : [];
            IEnumerable<double> scores = rows[set.Name]
                .Select(r =>
                    LongBenchScore.Score(
                        set.Name,
                        r.GetProperty("pred").GetString()!,
                        EvalGoldens.Strings(r.GetProperty("answers")),
                        classes,
                        EvalGoldens.Chinese.Value));
            goldens.Check(set.Name, set.Value.GetProperty("scorer").GetDouble(), EvalGoldens.Percent([.. scores]));
        }
        goldens.Finish(
            "longbench_dataset_scores.json, MiniLongBench",
            sets.GetProperty("minilongbench_example").EnumerateObject().Count());
    }

    // Measured with python-Levenshtein installed, which changes the official program's back-end.
    [SharedTheory(Sets)]
    [InlineData("lcc", 65.64)]
    [InlineData("repobench-p", 52.49)]
    public void Clean_code_similarity_is_that_of_the_other_back_end(string set, double expected)
    {
        IEnumerable<double> scores = EvalGoldens.Lines(PredictionFile(set)).Select(r => LongBenchScore.Score(
            set, r.GetProperty("pred_str").GetString()!, EvalGoldens.Strings(r.GetProperty("answers")), mode: MetricMode.Clean));
        Assert.Equal(expected, EvalGoldens.Percent([.. scores]));
    }

    /// <summary>Counts the scores over whole sets and over their length buckets.</summary>
    internal static int ScoreCount(JsonElement sets) => sets.GetProperty("lcm_stack_llama3.1_vanilla")
        .EnumerateObject().Sum(s => 1 + s.Value.GetProperty("scorer_e").EnumerateObject().Count());

    void CheckLines(bool chinese)
    {
        EvalGoldens goldens = new(output);
        JsonElement[] lines = [.. EvalGoldens.Lines(Lines).Where(l => Metric(l) is "qa_f1_zh" or "rouge_zh" == chinese)];
        foreach (JsonElement line in lines)
        {
            CheckLine(goldens, line, Metric(line));
        }
        goldens.Finish("longbench_metrics_public.jsonl", lines.Sum(l => l.TryGetProperty("score_without_recursion_limit", out _) ? 2 : 1));
    }

    static string Metric(JsonElement line) => line.GetProperty("metric").GetString()!.Replace("_score", "", StringComparison.Ordinal);

    static void CheckLine(EvalGoldens goldens, JsonElement line, string metric)
    {
        string id = line.GetProperty("id").GetString()!;
        string prediction = line.GetProperty("prediction").GetString()!;
        string text = line.GetProperty("first_line_rule").GetBoolean() ? LongBenchScore.FirstLine(prediction) : prediction;
        double Best(MetricMode mode) => EvalGoldens.Strings(line.GetProperty("answers")).Max(a => LongBenchScore.ScoreOne(
            metric, text, a, EvalGoldens.Strings(line.GetProperty("all_classes")), EvalGoldens.Chinese.Value, mode));
        goldens.Check(id, line.GetProperty("score").GetDouble(), Best(MetricMode.Official));
        if (line.TryGetProperty("score_without_recursion_limit", out JsonElement unlimited))
        {
            goldens.Check(id + " clean", unlimited.GetDouble(), Best(MetricMode.Clean));
        }
    }

    static string PredictionFile(string set)
    {
        string name = $"{Predictions}/{set}{(set == "musique" ? "" : "_e")}.jsonl";
        return File.Exists(SharedMaterial.PathOf(name)) ? name : name + ".gz";
    }
}
