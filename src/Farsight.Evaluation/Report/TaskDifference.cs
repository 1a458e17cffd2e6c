namespace Farsight.Evaluation.Report;

/// <summary>How one run differs from the first on one task.</summary>
/// <param name="Run">The run, by its name in the comparison.</param>
/// <param name="Task">The task's name.</param>
/// <param name="Version">The task's version.</param>
/// <param name="N">Examples that both runs have.</param>
/// <param name="Before">The first run's number over these.</param>
/// <param name="After">This run's.</param>
/// <param name="Difference">After − before, by the task's own metric.</param>
/// <param name="Low">Lower end of the difference's 95 % interval.</param>
/// <param name="High">Upper end.</param>
/// <param name="Verdict">What that means.</param>
/// <param name="IsShare">The numbers are shares, shown in percent.</param>
/// <param name="OtherPrompts">Examples whose prompts were not the same ids or messages, as models with other tokenizers have them.</param>
public sealed record TaskDifference(
    string Run, string Task, int Version, int N, double Before, double After, double Difference, double Low, double High,
    ComparisonVerdict Verdict, bool IsShare, int OtherPrompts);

/// <summary>Whether a difference is one.</summary>
public enum ComparisonVerdict
{
    /// <summary>The interval holds 0.</summary>
    Unclear,

    /// <summary>The whole interval is on the better side.</summary>
    Better,

    /// <summary>The whole interval is on the worse side: a regression.</summary>
    Worse,
}
