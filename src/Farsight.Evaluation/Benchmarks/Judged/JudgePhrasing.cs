using Farsight.Evaluation.Core;

namespace Farsight.Evaluation.Benchmarks.Judged;

/// <summary>How a judge is asked where the user has not the benchmark's own prompts. Ratings by it are not the benchmark's.</summary>
static class JudgePhrasing
{
    /// <summary>The group that tells how the judge was asked.</summary>
    internal const string Group = "judge prompt";

    /// <summary>The judge was asked with the benchmark's prompt.</summary>
    internal const string Official = "official";

    /// <summary>The judge was asked with ours.</summary>
    internal const string Own = "Farsight's, not official";

    const string Task =
        "Rate the last answer below from 1 (wrong or useless) to 10 (right, complete and to the point). Say briefly what is good and what is "
        + "wrong or missing. Then write the rating in double brackets, like this: [[5]].";

    /// <summary>What the judge is asked.</summary>
    /// <param name="turns">Questions with their answers, in order.</param>
    /// <param name="reference">A right answer to the last question; null for none.</param>
    internal static string Ask(IEnumerable<(string Question, string Answer)> turns, string? reference) =>
        string.Join(
            "\n\n",
            [
                Task,
                .. turns.SelectMany(t => new[] { $"Question:\n{t.Question}", $"Answer:\n{t.Answer}" }),
                .. reference is null ? Array.Empty<string>() : [$"A right answer to the last question:\n{reference}"],
            ]);
}
