namespace Farsight.Alignment.Evaluation.Tasks.LongBench;

/// <summary>LongBench's 21 data sets, and the 13 of LongBench-E, whose lengths are evenly spread.</summary>
/// <remarks>Source: arXiv:2308.14508; THUDM/LongBench @2e00731, LongBench/pred.py and eval.py.</remarks>
public sealed class LongBenchTasks : IEvalTaskFamily
{
    static readonly string[] s_even =
    [
        "qasper", "multifieldqa_en", "hotpotqa", "2wikimqa", "gov_report", "multi_news", "trec", "triviaqa", "samsum", "passage_count",
        "passage_retrieval_en", "lcc", "repobench-p",
    ];

    /// <inheritdoc/>
    public IEnumerable<IEvalTask> Tasks =>
        [.. Metrics.LongBenchScore.DataSets.Select(s => new LongBenchTask(s, isEven: false)), .. s_even.Select(s => new LongBenchTask(s, isEven: true))];
}
