using System.Text.Json;
using Farsight.Evaluation.Benchmarks.LongBench;
using Farsight.Evaluation.Core;
using Farsight.Evaluation.Metrics;
using Farsight.Tests.Evaluation.Metrics;
using Xunit.Abstractions;

namespace Farsight.Tests.Evaluation.Benchmarks.LongBench;

/// <summary>LongBench's tasks, from the records of the data to the numbers of whole sets.</summary>
[Trait("Category", "Golden")]
public sealed class LongBenchTaskGoldenTests(ITestOutputHelper output) : IDisposable
{
    const string Folder = "evaldata/longbench",
        Sample = Folder + "/minilongbench_as_longbench.jsonl.gz",
        Sets = EvalGoldens.Folder + "/longbench_dataset_scores.json";
    const string Predictions = Folder + "/lcm_stack_llama3.1_vanilla_predictions",
        SamplePredictions = Folder + "/minilongbench_example_predictions.jsonl";

    readonly TaskData _data = new();

    public void Dispose() => _data.Dispose();

    // Hashes of the prompts by Python's str.format. Those of all sets but narrativeqa, qasper and multi_news are also the hashes of
    // origin_prompt in MilkThink-Lab/MiniLongBench @504c247, pred_data/example, which another program rendered.
    [SharedTheory(Sample)]
    [InlineData("narrativeqa", 6, "9e55fd3b09817bbd5cd0757e636e298154400117a42cd451f32a86bbc4683323")]
    [InlineData("qasper", 9, "1eba3015f246909645f59f555d70a5eae255b1a4d95cb605f3bb50722b605d2e")]
    [InlineData("multifieldqa_en", 7, "d75ae2c320ab2b2117bd18e5b6085afc3295b3be116b204871ca8c8ace5faa88")]
    [InlineData("multifieldqa_zh", 15, "ed55ec11a25937dd461aab6226f570170861c8cabe663c543b7e05bf0e89c16b")]
    [InlineData("hotpotqa", 13, "ac19aaf38ad32ea20ef9fd441859cda2e97c10bcc32732e471fb6b3ab91b6255")]
    [InlineData("2wikimqa", 13, "6e96be7c515851c50be67ca310214f43d7a827e267a07749bfd7d0bace0e0609")]
    [InlineData("musique", 7, "7ab0fe227d0ab93048e7f58f8b318c1a94c6218b071a8679202d73ed5ce4008e")]
    [InlineData("dureader", 6, "8bc3486e47ce4dfc0d9eaa968264406d96f8b9eb0e7ce9d1728f5f72cda6a15a")]
    [InlineData("gov_report", 12, "756f2b4fca47995697b2cb9eeb6c698582e66bdea8d03d0fe4e4753ec08885f4")]
    [InlineData("qmsum", 6, "200a0d8ab7d104a2d7a63c62015143c87401a6575bd6a82e0519da93ae60e515")]
    [InlineData("multi_news", 11, "0e1775a5f05eaa12599600c37e4dfa493c97ff1530e66def02b1a486d93849ed")]
    [InlineData("vcsum", 6, "9a63be28120e73b9972b628c010c717e05ae2890f4ae9a93465e870b3b29984e")]
    [InlineData("trec", 8, "fbd3a328808daf0b222ee3747cc7b6957b900ec8110845abea65a816e5a85de7")]
    [InlineData("triviaqa", 12, "c62476b3401b4b93a86faea802168d9adbc34c5fb0961fdca99b5d810bd53c35")]
    [InlineData("samsum", 15, "ec5e3530aa258c5b68975949660a52fdfdebacd3c96ca8af1f7ce86c625a647d")]
    [InlineData("lsht", 8, "16ba3836bc7ca2c18101ab2b21f6f258437d31de2349966bf93c06ccef610a40")]
    [InlineData("passage_count", 4, "fc119c2ca581f412061d281c4d46c9d6ff052edf7010da059fe95d84e43ebde6")]
    [InlineData("passage_retrieval_en", 15, "bd802724d0405d651ce925e48a26d4f17d848ee7deb06a07067042125995cff6")]
    [InlineData("passage_retrieval_zh", 15, "c1884b6a7eb37b33374140b18938962802000d3c6aa4622d1f5eec02bc519069")]
    [InlineData("lcc", 26, "a397889b7669bdfddbfd4b2fe0854beab83bc75ce85e0797a9e1555e2bc30e2e")]
    [InlineData("repobench-p", 23, "9716aca3a6b3903863db47f9ea50546ca01bd9bec9490f5bd2a12bb452f158d4")]
    public void Prompts_are_byte_for_byte_those_of_python(string set, int count, string sha256)
    {
        string[] prompts =
        [
            .. EvalTaskCatalog
                .Get(set)
                .Examples(new(4096, 7) { Data = new(SharedMaterial.PathOf("evaldata")) })
                .Select(e => TaskData.Asked(e.Prompt)),
        ];

        Assert.Equal(count, prompts.Length);
        Assert.Equal(sha256, TaskData.Sha256(prompts));
    }

    [SharedFact(Sets)]
    [Trait("Category", "Slow")]
    public void Stored_predictions_score_over_sets_and_buckets_as_the_official_program_says()
    {
        EvalGoldens goldens = new(output);
        JsonElement sets = EvalGoldens.Json(Sets);
        string[] trec = EvalGoldens.Strings(sets.GetProperty("trec_all_classes"));
        WithTemplates();
        foreach (JsonProperty set in sets.GetProperty("lcm_stack_llama3.1_vanilla").EnumerateObject())
        {
            string name = set.Name == "musique" ? set.Name : set.Name + "_e";
            JsonElement[] rows = [.. EvalGoldens.Lines(Existing($"{Predictions}/{name}.jsonl"))];
            _data.With($"longbench/data/{name}.jsonl", rows.Select(r => Record(r, set.Name == "trec" ? trec : null)));
            IGeneratedTask task = (IGeneratedTask)EvalTaskCatalog.Get(name);
            (EvalExample Example, double Score)[] scored =
            [
                .. task.Examples(_data.Setting).Zip(rows, (e, r) => (e, task.Score(e, r.GetProperty("pred_str").GetString()!).Value)),
            ];

            goldens.Check(name, set.Value.GetProperty("scorer").GetDouble(), EvalGoldens.Percent([.. scored.Select(s => s.Score)]));
            foreach (JsonProperty bucket in set.Value.GetProperty("scorer_e").EnumerateObject())
            {
                double[] inside = [.. scored.Where(s => s.Example.Groups["bucket"] == bucket.Name).Select(s => s.Score)];
                goldens.Check($"{name} {bucket.Name}", bucket.Value.GetDouble(), EvalGoldens.Percent(inside));
            }
        }
        goldens.Finish("longbench_dataset_scores.json, through the tasks", LongBenchGoldenTests.ScoreCount(sets));
    }

    [SharedFact(Sets)]
    [Trait("Category", "Slow")]
    public void Sets_without_chinese_words_score_their_sample_predictions_as_the_official_program() => CheckSample(chinese: false);

    [ChineseFact(Sets)]
    [Trait("Category", "Slow")]
    public void Sets_of_chinese_words_score_their_sample_predictions_as_the_official_program() => CheckSample(chinese: true);

    void CheckSample(bool chinese)
    {
        EvalGoldens goldens = new(output);
        WithTemplates().With("longbench/minilongbench_as_longbench.jsonl.gz", new FileInfo(SharedMaterial.PathOf(Sample)));
        if (chinese)
        {
            _data.With("jieba", new DirectoryInfo(EvalGoldens.ChineseFolder!));
        }
        Dictionary<string, string> said = EvalGoldens
            .Lines(SamplePredictions)
            .ToDictionary(p => p.GetProperty("_id").GetString()!, p => p.GetProperty("pred").GetString()!);
        JsonProperty[] sets =
        [
            .. EvalGoldens.Json(Sets).GetProperty("minilongbench_example").EnumerateObject()
                .Where(s => LongBenchScore.NeedsChineseWords(s.Name) == chinese),
        ];
        foreach (JsonProperty set in sets)
        {
            IGeneratedTask task = (IGeneratedTask)EvalTaskCatalog.Get(set.Name);
            double[] scores = [.. task.Examples(_data.Setting).Select(e => task.Score(e, said[e.Id]).Value)];
            goldens.Check(set.Name, set.Value.GetProperty("scorer").GetDouble(), EvalGoldens.Percent(scores));
        }
        goldens.Finish("minilongbench_example, through the tasks", sets.Length);
    }

    TaskData WithTemplates()
    {
        foreach (string name in new[] { "dataset2prompt.json", "dataset2maxlen.json" })
        {
            _data.With($"longbench/{name}", new FileInfo(SharedMaterial.PathOf($"{Folder}/{name}")));
        }
        return _data;
    }

    static object Record(JsonElement row, string[]? classes) => new
    {
        input = "",
        context = "",
        answers = EvalGoldens.Strings(row.GetProperty("answers")),
        length = row.GetProperty("length").GetInt32(),
        all_classes = classes,
    };

    static string Existing(string path) => File.Exists(SharedMaterial.PathOf(path)) ? path : path + ".gz";
}
