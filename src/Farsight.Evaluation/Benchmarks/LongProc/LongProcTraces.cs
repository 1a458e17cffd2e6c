using System.Buffers;
using Farsight.Evaluation.Metrics;
using Farsight.Evaluation.PythonCompat;

namespace Farsight.Evaluation.Benchmarks.LongProc;

/// <summary>
/// Represents a score of LongProc: whether everything is right, how much is right, and whether an answer was found (0 or 1).
/// </summary>
readonly record struct LongProcScore(double Accuracy, double Partial, double Extraction);

/// <summary>Scores LongProc's path_traversal and tom_tracking (Ye et al. 2025): lines that must follow a procedure in order.</summary>
static class LongProcTraces
{
    static readonly SearchValues<char> s_punctuation = SearchValues.Create(PythonCharacters.Punctuation + "’");

    static readonly string[] s_fillers =
    [
        "a",
        "an",
        "the",
        "on",
        "in",
        "at",
        "step",
        "thinks",
        "think",
        "believes",
        "believe",
        "is",
        "are",
        "of",
        "location",
        "know",
        "knows",
        "belief",
    ];

    /// <summary>
    /// Returns the trimmed text between the first &lt;tag&gt; and the first &lt;/tag&gt;; null when one of them is missing.
    /// </summary>
    public static string? Tagged(string text, string tag)
    {
        int start = text.IndexOf($"<{tag}>", StringComparison.Ordinal);
        int end = text.IndexOf($"</{tag}>", StringComparison.Ordinal);
        int from = start + tag.Length + 2;
        return start < 0 || end < 0 ? null : end <= from ? "" : PythonStrings.Strip(text[from..end]);
    }

    /// <summary>
    /// Compares the lines in &lt;Route&gt; with the reference's (path_traversal). Partial score, official: counts the first wrong line as
    /// right. Clean: counts the right lines before it.
    /// </summary>
    public static LongProcScore Path(string prediction, string reference, MetricMode mode = MetricMode.Official)
    {
        if (Tagged(prediction, "Route") is not { } route)
        {
            return default;
        }
        string[] gold = PythonStrings.Strip(reference).Split('\n');
        string[] said = route.Split('\n');
        if (gold.SequenceEqual(said))
        {
            return new(1, 1, 1);
        }
        int compared = Math.Min(gold.Length, said.Length);
        int right = RightLines(said, gold);
        return new(0, (double)(mode == MetricMode.Clean ? right : Math.Min(right + 1, compared)) / gold.Length, 1);
    }

    /// <summary>
    /// Compares the lines that begin with '-' (tom_tracking), without case, punctuation and filler words. Partial score: the right lines
    /// before the first wrong one.
    /// </summary>
    public static LongProcScore Beliefs(string prediction, string reference)
    {
        string[] said = BeliefLines(prediction);
        string[] gold = BeliefLines(reference);
        bool equal = said.SequenceEqual(gold);
        return new(equal ? 1 : 0, equal ? 1 : (double)RightLines(said, gold) / gold.Length, 1);
    }

    static int RightLines(string[] said, string[] gold) => said.Zip(gold).TakeWhile(p => p.First == p.Second).Count();

    static string[] BeliefLines(string text)
    {
        string trace = string.Join('\n', PythonStrings.SplitLines(text).Where(l => PythonStrings.Strip(l).StartsWith('-')));
        return
        [
            .. PythonStrings.Strip(trace).Split('\n').Where(l => l.StartsWith('-')).Select(l => Normalize(l[1..])).Where(l => l.Length > 0),
        ];
    }

    static string Normalize(string line) => PythonStrings.CollapseSpaces(
        PythonStrings.ReplaceWords(PythonStrings.Remove(PythonStrings.Lower(PythonStrings.Strip(line)), s_punctuation), s_fillers, " "));
}
