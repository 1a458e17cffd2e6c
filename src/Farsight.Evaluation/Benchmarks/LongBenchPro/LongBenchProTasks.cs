using Farsight.Evaluation.Benchmarks.LongBench;
using Farsight.Evaluation.Core;
using Farsight.Evaluation.Core.Prompts;

namespace Farsight.Evaluation.Benchmarks.LongBenchPro;

/// <summary>Represents LongBench Pro: 25 kinds of questions in English and Chinese, with and without the request to think first.</summary>
/// <remarks>
/// Version 1. Greedy; the official program takes three samples at the model's temperature (use temperature and draws for that). Summaries
/// (T4) are a task of their own: half of their official score is a cosine of an embedding model, which is not computed; the score is the
/// other half, ROUGE. Thinking models get the question without the request to think. Source: arXiv:2601.02872; caskcsg/longcontext
/// @88fbeb8, LongBench-Pro.
/// </remarks>
sealed class LongBenchProTasks : IEvalTaskFamily
{
    /// <inheritdoc/>
    public IEnumerable<IEvalTask> Tasks =>
        from isSummary in (bool[])[false, true] from thinks in (bool[])[false, true] select new LongBenchProTask(isSummary, thinks);
}

/// <summary>Represents the summaries or all other questions, in one way of asking.</summary>
sealed class LongBenchProTask(bool isSummary, bool thinks) : IGeneratedTask
{
    const string File = "longbench-pro/longbench_pro.json", Repository = "caskcsg/longcontext @88fbeb8, LongBench-Pro";
    const string Metric = "metric", Words = "chinese words", Jieba = "jieba/", Chinese = "Chinese";
    const int NewTokens = 1024, ThinkingTokens = 8192;

    static readonly Dictionary<string, string> s_metrics = new(StringComparer.Ordinal)
    {
        ["T1.1"] = "NDCG",
        ["T1.2"] = "NDCG",
        ["T2.1"] = "Pairwise_Accuracy",
        ["T2.2"] = "Pairwise_Accuracy",
        ["T6.3"] = "Pairwise_Accuracy",
        ["T3.1"] = "Accuracy",
        ["T3.2"] = "Accuracy",
        ["T11.1"] = "Accuracy",
        ["T11.2"] = "Accuracy",
        ["T5.1"] = "F1_Score",
        ["T5.2"] = "F1_Score",
        ["T6.2"] = "F1_Score",
        ["T7.1"] = "F1_Score",
        ["T7.2"] = "F1_Score",
        ["T7.3"] = "F1_Score",
        ["T9.1"] = "F1_Score",
        ["T9.2"] = "F1_Score",
        ["T6.1"] = "SubEM",
        ["T8.1"] = "SubEM",
        ["T8.2"] = "SubEM",
        ["T8.3"] = "SubEM",
        ["T10.1"] = "SubEM",
        ["T10.2"] = "SubEM",
    };

    /// <inheritdoc/>
    public EvalTaskCard Card { get; } = new(
        $"longbench-pro_{(isSummary ? "summaries" : "answers")}{(thinks ? "_thinking" : "")}", 1,
        $"LongBench Pro: {(isSummary ? "summaries" : "answers")}{(thinks ? ", asked to think" : "")}", $"arXiv:2601.02872; {Repository}",
        isSummary ? "F of ROUGE-L, half of the official score" : "the question's metric", null)
    {
        Benchmark = "longbench-pro",
        Data =
        [
            new(File, "Hugging Face caskcsg/LongBench-Pro: longbench_pro.json"),
            .. isSummary
                ? [new EvalDataFile(Jieba, "the folder of the Python package jieba 0.42.1: dict.txt, finalseg/prob_*.py")]
                : Array.Empty<EvalDataFile>(),
        ],
    };

    /// <inheritdoc/>
    public IEnumerable<EvalExample> Examples(EvalSetting setting) =>
        from record in DataRecord.Of(setting.Data, File)
        let kind = record.Text("secondary_task")
        where kind.StartsWith("T4", StringComparison.Ordinal) == isSummary
        select new EvalExample(
            record.Text("id"),
            EvalPrompt.Of($"{record.Text("context")}\n\n\n\n{record.Text(thinks ? "question_thinking" : "question_nonthinking")}") with
            {
                Cut = PromptCuts.LongBenchV2Middle,
            },
            record.Texts("answer"),
            thinks ? ThinkingTokens : NewTokens)
        {
            Question = record.Text("question_nonthinking"),
            Group = EvalExample.GroupOf(record.Text("context")),
            Groups = ((string[])["primary_task", "secondary_task", "language", "token_length", "difficulty", "contextual_requirement"])
                .ToDictionary(k => k, record.Text),
            Details = isSummary
                ? new Dictionary<string, IReadOnlyList<string>>
                {
                    [Words] = record.Text("language") == Chinese ? [setting.Data.PathOf(Jieba)!] : [],
                }
                : new Dictionary<string, IReadOnlyList<string>> { [Metric] = [MetricOf(record, kind)] },
        };

    /// <inheritdoc/>
    public EvalScore Score(EvalExample example, string completion) => new(isSummary
        ? LongBenchProScore.SummaryRouge(
            example.References, completion, example.Details[Words] is [var folder] ? ChineseWords.In(folder) : null)
        : LongBenchProScore.Score(example.Details[Metric][0], example.References, completion));

    static string MetricOf(DataRecord record, string kind) =>
        s_metrics.TryGetValue(PythonCompat.PythonStrings.Split(kind) is [var number, ..] ? number : "", out string? metric)
            ? metric
            : throw record.Lacks("a known kind of question in 'secondary_task', such as \"T1.1 …\"");
}
