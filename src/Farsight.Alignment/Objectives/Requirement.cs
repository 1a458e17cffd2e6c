namespace Farsight.Alignment.Objectives;

/// <summary>Checks the settings of objectives and the samples they receive.</summary>
static class Requirement
{
    /// <summary>Returns a problem unless the value is a finite number above 0.</summary>
    internal static IEnumerable<string> Positive(string key, double value) =>
        value > 0 && double.IsFinite(value) ? [] : [$"{key}: {value} is not allowed; use a number above 0."];

    /// <summary>Returns a problem unless the value is a finite number of at least 0.</summary>
    internal static IEnumerable<string> NotNegative(string key, double value) =>
        value >= 0 && double.IsFinite(value) ? [] : [$"{key}: {value} is not allowed; use 0 or more."];

    /// <summary>Returns a problem unless the value is a share of labels that may be wrong: at one half nothing is preferred any
    /// more.</summary>
    internal static IEnumerable<string> LabelSmoothing(string key, double value) =>
        value is >= 0 and < 0.5 ? [] : [$"{key}: {value} is not allowed; use 0 or more and less than 0.5."];

    /// <summary>Stops when the sample does not bring the number of rejected responses that the objective is defined for.</summary>
    /// <exception cref="ArgumentException">The count is another.</exception>
    internal static void Rejected(string objective, int wanted, PreferenceLogProbs logProbs)
    {
        if (logProbs.Rejected.Count != wanted)
        {
            throw new ArgumentException(
                $"{objective} takes {wanted} rejected responses, and got {logProbs.Rejected.Count}.",
                nameof(logProbs));
        }
    }

    /// <summary>Returns the reference's log-probabilities.</summary>
    /// <exception cref="ArgumentException">There are none.</exception>
    internal static PreferenceLogProbs Reference(string objective, PreferenceLogProbs logProbs) => logProbs.Reference
        ?? throw new ArgumentException($"{objective} needs reference log-probabilities, and the example has none.", nameof(logProbs));

    /// <summary>Returns the reference of a pair of one chosen and one rejected response.</summary>
    /// <exception cref="ArgumentException">There is none, or the sample is not a pair.</exception>
    internal static PreferenceLogProbs ReferenceOfPair(string objective, PreferenceLogProbs logProbs)
    {
        PreferenceLogProbs reference = Reference(objective, logProbs);
        Rejected(objective, 1, logProbs);
        Rejected(objective, 1, reference);
        return reference;
    }

    /// <summary>Returns the prompt's log-probability.</summary>
    /// <exception cref="ArgumentException">It was not scored.</exception>
    internal static SequenceLogProb Prompt(string objective, PreferenceLogProbs logProbs) => logProbs.Prompt
        ?? throw new ArgumentException($"{objective} needs the prompt's log-probability, and the example has none.", nameof(logProbs));

    /// <summary>Returns the log-probabilities after the short context.</summary>
    /// <exception cref="ArgumentException">They were not computed.</exception>
    internal static PreferenceLogProbs Short(string objective, PreferenceLogProbs logProbs) => logProbs.Short
        ?? throw new ArgumentException($"{objective} needs the responses after the short context, and the example has none.",
            nameof(logProbs));
}
