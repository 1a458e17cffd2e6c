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
        return (double)values.Count(v => Occurs(completion, v)) / values.Count;
    }

    static bool Occurs(string text, string value)
    {
        for (int at = text.IndexOf(value, StringComparison.Ordinal); at >= 0; at = text.IndexOf(value, at + 1, StringComparison.Ordinal))
        {
            int end = at + value.Length;
            if ((at == 0 || !char.IsLetterOrDigit(text[at - 1])) && (end == text.Length || !char.IsLetterOrDigit(text[end])))
            {
                return true;
            }
        }
        return false;
    }
}
