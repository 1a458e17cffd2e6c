using System.Globalization;
using Farsight.Evaluation.Benchmarks.LongBench;
using Farsight.Evaluation.Core;
using Farsight.Evaluation.Metrics;

namespace Farsight.Evaluation.Benchmarks.M4le;

/// <summary>Represents M4LE: 36 tasks at lengths of 1K to 8K words, English and Chinese.</summary>
/// <remarks>
/// Version 1. The names are the scorer's, the files are named after the data's configurations. The prompt is instruction, line feed, input,
/// with its demonstration inside. The score of a length is the mean over its bucket. The leaderboard's number, normalized by GPT-3.5,
/// cannot be computed, because its divisors are not public. Source: arXiv:2310.19240; KwanWaiChung/M4LE @47c2af9, evaluation.py.
/// </remarks>
sealed class M4leTasks : IEvalTaskFamily
{
    /// <inheritdoc/>
    public IEnumerable<IEvalTask> Tasks => M4leRules.All.Select(r => r.Value.Metric == M4leMetric.Bleu
        ? new M4leTranslation(r.Key, r.Value)
        : (IEvalTask)new M4leTask(r.Key, r.Value));

    /// <summary>Returns the card of a task.</summary>
    internal static EvalTaskCard Card(string name, M4leRule rule, string metric) => new(
        $"m4le_{name}", 1, $"M4LE: {name}", "arXiv:2310.19240; KwanWaiChung/M4LE @47c2af9", metric, null)
    {
        Benchmark = "m4le",
        Data =
        [
            new(File(name), "Hugging Face wckwan/M4LE: the task's configuration, split test, as JSONL"),
            .. NeedsWords(rule)
                ? [new EvalDataFile(Jieba, "the folder of the Python package jieba 0.42.1: dict.txt, finalseg/prob_*.py")]
                : Array.Empty<EvalDataFile>(),
        ],
    };

    const string Jieba = "jieba/", Words = "chinese words";
    const int NewTokens = 512;

    static bool NeedsWords(M4leRule rule) => rule is { Metric: M4leMetric.Rouge, IsChinese: true };

    static string File(string name) => $"m4le/{M4leRules.Configuration(name)}.jsonl";

    /// <summary>Returns the examples of a task.</summary>
    internal static IEnumerable<EvalExample> Examples(EvalSetting setting, string name, M4leRule rule)
    {
        string? words = NeedsWords(rule) ? setting.Data.PathOf(Jieba) : null;
        return DataRecord.Of(setting.Data, File(name)).Select((r, i) => new EvalExample(
            i.ToString(CultureInfo.InvariantCulture), EvalPrompt.Of($"{r.Text("instruction")}\n{r.Text("input")}"),
                r.SomeTexts("answers"), NewTokens)
        {
            Group = EvalExample.GroupOf(r.Text("input")),
            Groups = new Dictionary<string, string> { ["bucket"] = r.Text("length_bucket") },
            Details = words is null ? [] : new Dictionary<string, IReadOnlyList<string>> { [Words] = [words] },
        });
    }

    /// <summary>Returns the words of an example's Chinese text; null where the task needs none.</summary>
    internal static IWordSegmenter? WordsOf(EvalExample example) =>
        example.Details.TryGetValue(Words, out IReadOnlyList<string>? folder) ? ChineseWords.In(folder[0]) : null;
}

/// <summary>Represents a task whose score is a mean over its answers.</summary>
sealed class M4leTask(string name, M4leRule rule) : IGeneratedTask
{
    /// <inheritdoc/>
    public EvalTaskCard Card { get; } = M4leTasks.Card(name, rule, rule.Metric switch
    {
        M4leMetric.Rouge => "recall of ROUGE-L",
        M4leMetric.Containment => "an answer occurs",
        M4leMetric.Exact => "equal to an answer",
        _ => "F1 of the list's items",
    });

    /// <inheritdoc/>
    public IEnumerable<EvalExample> Examples(EvalSetting setting) => M4leTasks.Examples(setting, name, rule);

    /// <inheritdoc/>
    public EvalScore Score(EvalExample example, string completion)
    {
        double score = rule.Score(completion, example.References, M4leTasks.WordsOf(example));
        return rule is { Metric: M4leMetric.Containment, IsChinese: false }
            ? new(score, new Dictionary<string, double>
            {
                ["F1"] = M4leRule.QuestionF1(rule.Answer(completion), example.References, words: null),
            })
            : new(score);
    }
}

/// <summary>Represents a translation, scored by BLEU over all texts of a bucket; an example's own score is the BLEU of its text.</summary>
sealed class M4leTranslation(string name, M4leRule rule) : IGeneratedTask, IAggregatedTask
{
    /// <inheritdoc/>
    public EvalTaskCard Card { get; } = M4leTasks.Card(name, rule, "BLEU over all texts");

    /// <inheritdoc/>
    public IEnumerable<EvalExample> Examples(EvalSetting setting) => M4leTasks.Examples(setting, name, rule);

    /// <inheritdoc/>
    public EvalScore Score(EvalExample example, string completion) => Of(rule.Counts(completion, example.References));

    /// <inheritdoc/>
    public EvalScore Aggregate(IReadOnlyList<ScoredExample> examples) =>
        new(CorpusBleu.Of([.. examples.Select(e => Counts(e.Score.Beside))]));

    /// <inheritdoc/>
    public EvalScore Failure(EvalExample example) => Of(rule.Counts("", example.References));

    static EvalScore Of(BleuCounts counts)
    {
        Dictionary<string, double> beside = new() { ["tokens"] = counts.Length, ["reference tokens"] = counts.ReferenceLength };
        for (int n = 0; n < counts.Matches.Count; n++)
        {
            beside[Key(n, "matches")] = counts.Matches[n];
            beside[Key(n, "grams")] = counts.Possible[n];
        }
        return new(CorpusBleu.Of([counts]), beside);
    }

    static BleuCounts Counts(IReadOnlyDictionary<string, double> beside)
    {
        int[] orders = [.. Enumerable.Range(0, 4)];
        return new(
            (int)beside.GetValueOrDefault("tokens"),
            (int)beside.GetValueOrDefault("reference tokens"),
            [.. orders.Select(n => (int)beside.GetValueOrDefault(Key(n, "matches")))],
            [.. orders.Select(n => (int)beside.GetValueOrDefault(Key(n, "grams")))]);
    }

    static string Key(int order, string what) => string.Create(CultureInfo.InvariantCulture, $"{order + 1}-gram {what}");
}
