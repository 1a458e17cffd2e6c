namespace Farsight.Evaluation.Metrics;

/// <summary>Compares completions with right answers by characters.</summary>
static class TextMatch
{
    /// <summary>Returns 1 when the completion is one of the answers, ignoring surrounding white space; else 0.</summary>
    public static double Exact(string completion, IReadOnlyList<string> answers) =>
        answers.Any(a => completion.AsSpan().Trim().SequenceEqual(a.AsSpan().Trim())) ? 1 : 0;

    /// <summary>Returns the share of values that occur as whole words or numbers: "4821" does not occur in "48210".</summary>
    /// <exception cref="ArgumentException">There are no values.</exception>
    public static double ShareFound(string completion, IReadOnlyList<string> values)
    {
        if (values.Count == 0)
        {
            throw new ArgumentException("There is nothing to look for.", nameof(values));
        }
        return (double)values.Count(v => WholeWords.Occur(completion, v)) / values.Count;
    }
}
