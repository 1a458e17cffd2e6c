using Farsight.Evaluation.Metrics;
using Farsight.Evaluation.PythonCompat;

namespace Farsight.Evaluation.Benchmarks.LongBench;

/// <summary>
/// Computes LongBench's score of one prediction (Bai et al. 2023): the metric of its data set, the best over the answers.
/// </summary>
static class LongBenchScore
{
    static readonly Dictionary<string, string> s_metrics = new(StringComparer.Ordinal)
    {
        ["narrativeqa"] = "qa_f1",
        ["qasper"] = "qa_f1",
        ["multifieldqa_en"] = "qa_f1",
        ["multifieldqa_zh"] = "qa_f1_zh",
        ["hotpotqa"] = "qa_f1",
        ["2wikimqa"] = "qa_f1",
        ["musique"] = "qa_f1",
        ["dureader"] = "rouge_zh",
        ["gov_report"] = "rouge",
        ["qmsum"] = "rouge",
        ["multi_news"] = "rouge",
        ["vcsum"] = "rouge_zh",
        ["trec"] = "classification",
        ["triviaqa"] = "qa_f1",
        ["samsum"] = "rouge",
        ["lsht"] = "classification",
        ["passage_retrieval_en"] = "retrieval",
        ["passage_count"] = "count",
        ["passage_retrieval_zh"] = "retrieval_zh",
        ["lcc"] = "code_sim",
        ["repobench-p"] = "code_sim",
    };

    /// <summary>Gets the 21 data sets.</summary>
    public static IReadOnlyCollection<string> DataSets => s_metrics.Keys;

    /// <summary>
    /// Returns the metric of a data set: qa_f1, qa_f1_zh, rouge, rouge_zh, classification, retrieval, retrieval_zh, count or code_sim.
    /// </summary>
    /// <exception cref="ArgumentException">There is no such data set.</exception>
    public static string MetricOf(string dataSet) =>
        s_metrics.TryGetValue(dataSet, out string? metric)
            ? metric
            : throw new ArgumentException($"LongBench has no data set {dataSet}.", nameof(dataSet));

    /// <summary>Determines whether the metric of a data set needs the words of a Chinese text.</summary>
    public static bool NeedsChineseWords(string dataSet) => MetricOf(dataSet) is "qa_f1_zh" or "rouge_zh";

    /// <summary>
    /// Determines whether only the first line of a prediction counts, after leading line feeds: trec, triviaqa, samsum, lsht.
    /// </summary>
    public static bool FirstLineOnly(string dataSet) => dataSet is "trec" or "triviaqa" or "samsum" or "lsht";

    /// <summary>Returns the first line of a prediction, after leading line feeds.</summary>
    public static string FirstLine(string prediction) => PythonStrings.Before(prediction.TrimStart('\n'), "\n");

    /// <summary>Returns the LongBench-E bucket of a record's <c>length</c>: "0-4k", "4-8k" or "8k+".</summary>
    public static string LengthBucket(int length) => length < 4000 ? "0-4k" : length < 8000 ? "4-8k" : "8k+";

    /// <summary>Computes the score, from 0 to 1.</summary>
    /// <param name="dataSet">One of the 21, without the "_e" of LongBench-E.</param>
    /// <param name="prediction">The generated text.</param>
    /// <param name="answers">The references; the best counts.</param>
    /// <param name="classes">All classes of trec and lsht.</param>
    /// <param name="chinese">Cuts Chinese text into words, for the sets that <see cref="NeedsChineseWords"/> names.</param>
    /// <param name="mode">With the official program's faults or without.</param>
    /// <exception cref="ArgumentException">There is no such data set, or classes or segmenter are missing.</exception>
    public static double Score(
        string dataSet,
        string prediction,
        IReadOnlyList<string> answers,
        IReadOnlyList<string>? classes = null,
        IWordSegmenter? chinese = null,
        MetricMode mode = MetricMode.Official)
    {
        string text = FirstLineOnly(dataSet) ? FirstLine(prediction) : prediction;
        return answers.Select(a => ScoreOne(MetricOf(dataSet), text, a, classes, chinese, mode)).DefaultIfEmpty(0).Max();
    }

    /// <summary>Computes one metric of <see cref="MetricOf"/> for the whole prediction against one answer.</summary>
    public static double ScoreOne(
        string metric,
        string prediction,
        string answer,
        IReadOnlyList<string>? classes,
        IWordSegmenter? chinese,
        MetricMode mode
    ) =>
        metric switch
        {
            "qa_f1" => TokenF1.OfAnswers(prediction, answer, mode).F1,
            "qa_f1_zh" => ChineseF1(prediction, answer, Given(chinese)),
            "rouge" => LongBenchRouge.Score(prediction, answer, mode),
            "rouge_zh" => LongBenchRouge.ScoreChinese(prediction, answer, Given(chinese), mode),
            "classification" => LongBenchClassification.Score(prediction, answer, Given(classes), mode),
            "retrieval" => LongBenchNumbers.Retrieval(prediction, answer),
            "retrieval_zh" => LongBenchNumbers.RetrievalChinese(prediction, answer),
            "count" => LongBenchNumbers.Count(prediction, answer),
            "code_sim" => LongBenchCode.Score(prediction, answer, mode),
            _ => throw new ArgumentException($"LongBench has no metric {metric}.", nameof(metric)),
        };

    static double ChineseF1(string prediction, string answer, IWordSegmenter words) =>
        TokenF1.Of(ChineseTokens(prediction, words), ChineseTokens(answer, words)).F1;

    static List<string> ChineseTokens(string text, IWordSegmenter words) =>
        [.. words.Cut(text).Select(AnswerText.NormalizeChinese).Where(t => t.Length > 0)];

    static T Given<T>(T? value) where T : class =>
        value ?? throw new ArgumentException("This data set is scored with a list of classes or a word segmenter, and none was given.");
}
