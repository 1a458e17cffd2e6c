using Farsight.Evaluation.Core;

namespace Farsight.Evaluation.Benchmarks.LongBench;

/// <summary>Represents LongBench's 21 data sets, and the 13 of LongBench-E, whose lengths are evenly spread.</summary>
/// <remarks>
/// Means are over the English sets: of each kind, of the kinds alike (the paper's overall score), and without code. LOGO's paper names the
/// average without code. Source: arXiv:2308.14508; THUDM/LongBench @2e00731, LongBench/pred.py and eval.py; arXiv:2410.18533.
/// </remarks>
sealed class LongBenchTasks : IEvalTaskFamily
{
    const string Code = "code";

    static readonly string[] s_even =
    [
        "qasper", "multifieldqa_en", "hotpotqa", "2wikimqa", "gov_report", "multi_news", "trec", "triviaqa", "samsum", "passage_count",
        "passage_retrieval_en", "lcc", "repobench-p",
    ];

    static readonly (string Kind, string[] Sets)[] s_kinds =
    [
        ("questions on one document", ["narrativeqa", "qasper", "multifieldqa_en"]),
        ("questions on several documents", ["hotpotqa", "2wikimqa", "musique"]),
        ("summaries", ["gov_report", "qmsum", "multi_news"]),
        ("few-shot", ["trec", "triviaqa", "samsum"]),
        ("synthetic", ["passage_count", "passage_retrieval_en"]),
        (Code, ["lcc", "repobench-p"]),
    ];

    /// <inheritdoc/>
    public IEnumerable<IEvalTask> Tasks =>
        [
            .. LongBenchScore.DataSets.Select(s => new LongBenchTask(s, isEven: false)),
            .. s_even.Select(s => new LongBenchTask(s, isEven: true)),
        ];

    /// <inheritdoc/>
    /// <remarks>A kind needs a set that was run; the means over kinds need all kinds but code, or all.</remarks>
    public IEnumerable<BenchmarkMean> Means(IReadOnlyList<TaskResult> results) =>
        [.. Means(results, "longbench", ""), .. Means(results, "longbench-e", "_e")];

    static List<BenchmarkMean> Means(IReadOnlyList<TaskResult> results, string benchmark, string ending)
    {
        BenchmarkMean[] kinds =
        [
            .. s_kinds.Select(k => Kind(results, $"{benchmark} {k.Kind}", [.. k.Sets.Select(s => s + ending)])).OfType<BenchmarkMean>(),
        ];
        BenchmarkMean[] texts = [.. kinds.Where(k => k.Name != $"{benchmark} {Code}")];
        List<BenchmarkMean> all = [.. kinds.Where(k => k.Tasks.Count > 1)];
        if (texts.Length == s_kinds.Length - 1)
        {
            string[] sets = [.. texts.SelectMany(k => k.Tasks)];
            all.Add(new($"{benchmark} without code, kinds alike", sets, texts.Average(k => k.Mean)));
            all.Add(new($"{benchmark} without code, sets alike", sets, Mean(results, sets)));
        }
        if (kinds.Length == s_kinds.Length)
        {
            all.Add(new($"{benchmark}, kinds alike", [.. kinds.SelectMany(k => k.Tasks)], kinds.Average(k => k.Mean)));
        }
        return all;
    }

    static BenchmarkMean? Kind(IReadOnlyList<TaskResult> results, string name, string[] sets)
    {
        string[] run = [.. sets.Where(s => results.Any(r => r.Task == s && r.All.Mean is not null))];
        return run.Length == 0 ? null : new(name, run, Mean(results, run));
    }

    static double Mean(IReadOnlyList<TaskResult> results, string[] sets) =>
        results.Where(r => sets.Contains(r.Task)).Average(r => r.All.Mean!.Value);
}
