using Farsight.Evaluation.PythonCompat;

namespace Farsight.Evaluation.Metrics;

/// <summary>Computes RULER's scores (Hsieh et al. 2024): references found in the prediction, ignoring case.</summary>
static class RulerMatch
{
    /// <summary>
    /// Returns the scored part of a completion: without surrounding white space, with line feeds in place of control characters.
    /// </summary>
    public static string Prepare(string completion)
    {
        string text = PythonStrings.Strip(completion);
        return PythonStrings.Strip(string.Create(text.Length, text, static (target, source) =>
        {
            for (int i = 0; i < source.Length; i++)
            {
                target[i] = source[i] < ' ' ? '\n' : source[i];
            }
        }));
    }

    /// <summary>Computes <c>string_match_all</c>: the share of references that occur, from 0 to 1. Used by all tasks but qa.</summary>
    /// <remarks>Official: anywhere, also inside a longer word or number. Clean: only as whole words.</remarks>
    /// <exception cref="ArgumentException">There are no references.</exception>
    public static double All(string prediction, IReadOnlyList<string> references, MetricMode mode = MetricMode.Official) =>
        references.Count == 0 ? throw new ArgumentException("There is nothing to look for.", nameof(references))
            : (double)references.Count(r => Occurs(prediction, r, mode)) / references.Count;

    /// <summary>Computes <c>string_match_part</c>: 1 when one of the references occurs, else 0. Used by the qa tasks.</summary>
    public static double Any(string prediction, IReadOnlyList<string> references, MetricMode mode = MetricMode.Official) =>
        references.Any(r => Occurs(prediction, r, mode)) ? 1 : 0;

    static bool Occurs(string prediction, string reference, MetricMode mode)
    {
        string text = PythonStrings.Lower(prediction);
        string sought = PythonStrings.Lower(reference);
        return mode == MetricMode.Official ? text.Contains(sought, StringComparison.Ordinal) : WholeWords.Occur(text, sought);
    }
}
