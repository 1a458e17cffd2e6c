namespace Farsight.Alignment.Objectives;

/// <summary>What objectives ask of their settings and of a sample, in one wording.</summary>
static class Requirement
{
    /// <summary>A problem unless the value is a finite number above 0.</summary>
    internal static IEnumerable<string> Positive(string key, double value) =>
        value > 0 && double.IsFinite(value) ? [] : [$"{key}: {value} is not allowed; use a number above 0."];

    /// <summary>A problem unless the value is a finite number of at least 0.</summary>
    internal static IEnumerable<string> NotNegative(string key, double value) =>
        value >= 0 && double.IsFinite(value) ? [] : [$"{key}: {value} is not allowed; use 0 or more."];

    /// <summary>Stops when the sample does not bring the number of rejected responses that the objective is defined for.</summary>
    /// <exception cref="ArgumentException">The count is another.</exception>
    internal static void Rejected(string objective, int wanted, PreferenceLogProbs logProbs)
    {
        if (logProbs.Rejected.Count != wanted)
        {
            throw new ArgumentException($"{objective} takes {wanted} rejected responses, and got {logProbs.Rejected.Count}.", nameof(logProbs));
        }
    }
}
