using Farsight.Evaluation.Core;

namespace Farsight.Evaluation.Benchmarks.Judged;

/// <summary>Provides a judge prompt for users who do not have the benchmark's own. Its ratings are not the benchmark's.</summary>
static class JudgePhrasing
{
    /// <summary>Names the group that tells which judge prompt was used.</summary>
    internal const string Group = "judge prompt";

    /// <summary>Marks results with the benchmark's judge prompt.</summary>
    internal const string Official = "official";

    /// <summary>Marks results with Farsight's judge prompt.</summary>
    internal const string Own = "Farsight's, not official";

    const string Task =
        "Rate the last answer below from 1 (wrong or useless) to 10 (right, complete and to the point). Say briefly what is good and what "
        + "is wrong or missing. Then write the rating in double brackets, like this: [[5]].";

    /// <summary>Returns the judge prompt.</summary>
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
