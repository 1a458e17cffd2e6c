using System.Collections.Concurrent;
using System.Globalization;
using Farsight.Evaluation.Core;
using Farsight.Evaluation.Core.Prompts;
using Farsight.Evaluation.Metrics;
using Farsight.Evaluation.PythonCompat;

namespace Farsight.Evaluation.Benchmarks.LongBench;

/// <summary>Represents one data set of LongBench.</summary>
/// <remarks>
/// Version 1. Prompts that are too long lose their middle before the chat template is put around them. Few-shot and code sets are asked
/// without a chat template. samsum ends at its first line feed, which is not its first token. For the few-shot sets, only the answer's
/// first line counts, in LongBench-E as well. The metric is the official one; "clean" beside it is the same without the program's faults.
/// </remarks>
/// <param name="set">Its name, without "_e".</param>
/// <param name="isEven">Whether the set is that of LongBench-E.</param>
sealed class LongBenchTask(string set, bool isEven) : IGeneratedTask
{
    /// <summary>Names the group with the LongBench-E bucket of an example's length.</summary>
    internal const string Bucket = "bucket";

    const string Prompts = "longbench/dataset2prompt.json",
        Budgets = "longbench/dataset2maxlen.json",
        Sample = "longbench/minilongbench_as_longbench.jsonl";
    const string Classes = "classes",
        Words = "chinese words",
        Jieba = "jieba/";
    const string Repository = "THUDM/LongBench @2e00731";

    readonly string _file = $"longbench/data/{set}{(isEven ? "_e" : "")}.jsonl";

    /// <inheritdoc/>
    public EvalTaskCard Card { get; } =
        new(
            set + (isEven ? "_e" : ""),
            Version: 1,
            Title(set) + (isEven ? ", even lengths" : ""),
            $"arXiv:2308.14508; {Repository}",
            LongBenchScore.MetricOf(set),
            Chance: null)
        {
            Benchmark =
                isEven ? "longbench-e"
                : IsChinese(set) ? "longbench-zh"
                : "longbench",
            Suites =
                isEven || IsChinese(set) ? []
                : IsCode(set) ? ["long"]
                : ["long", "paper"],
            Data =
            [
                new(Prompts, $"{Repository}, LongBench/config/dataset2prompt.json"),
                new(Budgets, $"{Repository}, LongBench/config/dataset2maxlen.json"),
                isEven
                    ? new($"longbench/data/{set}_e.jsonl", "huggingface.co/datasets/THUDM/LongBench, data.zip")
                    : new(
                        $"longbench/data/{set}.jsonl",
                        "huggingface.co/datasets/THUDM/LongBench, data.zip; or records of all sets in one file")
                    {
                        Substitute = Sample,
                    },
                .. LongBenchScore.NeedsChineseWords(set)
                    ? [new EvalDataFile(Jieba, "the folder of the Python package jieba 0.42.1: dict.txt, finalseg/prob_*.py")]
                    : Array.Empty<EvalDataFile>(),
            ],
        };

    /// <inheritdoc/>
    public IEnumerable<EvalExample> Examples(EvalSetting setting)
    {
        string template = DataRecord.OfFile(setting.Data, Prompts).Text(set);
        int budget = DataRecord.OfFile(setting.Data, Budgets).Number(set);
        string? words = LongBenchScore.NeedsChineseWords(set) ? setting.Data.PathOf(Jieba) : null;
        HashSet<string> ids = [];
        return Records(setting.Data).Select((r, i) => Example(r, Id(r, i, ids), template, budget, words));
    }

    /// <inheritdoc/>
    public EvalScore Score(EvalExample example, string completion)
    {
        double Of(MetricMode mode) =>
            LongBenchScore.Score(set, completion, example.References, example.Details.GetValueOrDefault(Classes), Segmenter(example), mode);
        return new(Of(MetricMode.Official), new Dictionary<string, double> { ["clean"] = Of(MetricMode.Clean) });
    }

    static bool IsChinese(string set) => set is "multifieldqa_zh" or "dureader" or "vcsum" or "lsht" or "passage_retrieval_zh";

    static bool IsCode(string set) => set is "lcc" or "repobench-p";

    static bool HasTemplate(string set) => set is not ("trec" or "triviaqa" or "samsum" or "lsht" or "lcc" or "repobench-p");

    static string Title(string set) => set switch
    {
        "narrativeqa" => "Questions about stories",
        "qasper" => "Questions about papers",
        "multifieldqa_en" => "Questions about documents",
        "multifieldqa_zh" => "Questions about documents, Chinese",
        "hotpotqa" or "2wikimqa" or "musique" => $"Several hops over passages ({set})",
        "dureader" => "Questions about search results, Chinese",
        "gov_report" => "Summary of a report",
        "qmsum" => "Summary of a meeting by question",
        "multi_news" => "Summary of several news articles",
        "vcsum" => "Summary of a meeting, Chinese",
        "trec" => "Question classification, few-shot",
        "triviaqa" => "Questions, few-shot",
        "samsum" => "Summary of a dialogue, few-shot",
        "lsht" => "News classification, few-shot, Chinese",
        "passage_count" => "Number of distinct passages",
        "passage_retrieval_en" => "The passage behind a summary",
        "passage_retrieval_zh" => "The passage behind a summary, Chinese",
        "lcc" => "Next line of a file",
        "repobench-p" => "Next line in a repository",
        _ => throw new ArgumentException($"LongBench has no data set {set}.", nameof(set)),
    };

    static string Id(DataRecord record, int index, HashSet<string> seen)
    {
        string number = index.ToString(CultureInfo.InvariantCulture), id = record.Has("_id") ? record.Text("_id") : number;
        return seen.Add(id) ? id : $"{id}/{number}";
    }

    IEnumerable<DataRecord> Records(EvalData data) => isEven || data.Exists(_file) || !data.Exists(Sample)
        ? DataRecord.Of(data, _file)
        : DataRecord.Of(data, Sample).Where(r => r.Text("dataset") == set);

    EvalExample Example(DataRecord record, string id, string template, int budget, string? words)
    {
        string text = Rendered(template, record);
        return new(
            id,
            EvalPrompt.Of(text) with
            {
                UseChatTemplate = HasTemplate(set),
                Cut = PromptCuts.LongBenchMiddle,
            },
            record.Texts("answers"),
            budget)
        {
            Question = record.Text("input"),
            Group = EvalExample.GroupOf(record.Text("context")),
            Groups = new Dictionary<string, string> { [Bucket] = LongBenchScore.LengthBucket(record.Number("length")) },
            Stop = set == "samsum" ? ["\n"] : [],
            MinNewTokens = set == "samsum" ? 1 : 0,
            Details = Details(record, words),
        };
    }

    static string Rendered(string template, DataRecord record) => PythonFormat.Fill(
        template, new Dictionary<string, string> { ["context"] = record.Text("context"), ["input"] = record.Text("input") }, Prompts);

    Dictionary<string, IReadOnlyList<string>> Details(DataRecord record, string? words)
    {
        Dictionary<string, IReadOnlyList<string>> details = [];
        if (LongBenchScore.MetricOf(set) == "classification")
        {
            details[Classes] = record.Texts("all_classes");
        }
        if (words is not null)
        {
            details[Words] = [words];
        }
        return details;
    }

    JiebaSegmenter? Segmenter(EvalExample example) =>
        LongBenchScore.NeedsChineseWords(set) ? ChineseWords.In(example.Details[Words][0]) : null;
}

/// <summary>Caches segmenters by the folder of their words, because reading one takes a second.</summary>
static class ChineseWords
{
    static readonly ConcurrentDictionary<string, Lazy<JiebaSegmenter>> s_read = new(StringComparer.Ordinal);

    /// <summary>Returns the segmenter of a folder.</summary>
    /// <exception cref="Engine.InputException">The folder lacks a file of jieba.</exception>
    internal static JiebaSegmenter In(string folder) => s_read.GetOrAdd(folder, f => new(() => new(JiebaWords.Open(f)))).Value;
}
