using Farsight.Evaluation.Metrics;
using Farsight.Evaluation.PythonCompat;

namespace Farsight.Evaluation.Benchmarks.BabiLong;

/// <summary>
/// Implements BABILong's <c>compare_answers</c> (Kuratov et al. 2024): the target must be the only label of the task in the first
/// sentence.
/// </summary>
static class BabiLongAnswer
{
    /// <summary>Determines whether a completion is right.</summary>
    /// <param name="target">The answer; several with commas between in qa8.</param>
    /// <param name="output">The generated text.</param>
    /// <param name="question">Labels that occur in it do not count.</param>
    /// <param name="labels">All answers of the task.</param>
    /// <param name="mode">
    /// Official finds labels inside other words ("no" in "know"), and its cut at "Question" never comes about in text made lower case.
    /// Clean asks for whole words, and cuts.
    /// </param>
    public static bool IsCorrect(
        string target,
        string output,
        string question,
        IReadOnlyList<string> labels,
        MetricMode mode = MetricMode.Official)
    {
        string text = FirstSentence(output, mode);
        string asked = PythonStrings.Lower(question);
        string answer = PythonStrings.Lower(target);
        HashSet<string> found =
        [
            .. labels.Select(PythonStrings.Lower).Where(l => Occurs(text, l, mode) && !Occurs(asked, l, mode)),
        ];
        string[] targets = answer.Contains(',') && PythonStrings.Length(answer) > 3 ? answer.Split(',') : [answer];
        return targets.All(found.Contains) && found.Count == targets.Length;
    }

    static string FirstSentence(string output, MetricMode mode)
    {
        string[] ends = [".", "<context>", "<example>", mode == MetricMode.Clean ? "question" : "Question"];
        return ends.Aggregate(PythonStrings.Lower(output), PythonStrings.Before);
    }

    static bool Occurs(string text, string label, MetricMode mode) =>
        mode == MetricMode.Official ? text.Contains(label, StringComparison.Ordinal) : WholeWords.Occur(text, label);
}
