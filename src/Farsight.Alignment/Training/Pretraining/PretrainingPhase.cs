namespace Farsight.Alignment.Training.Pretraining;

/// <summary>Represents a phase of the curriculum.</summary>
/// <param name="Steps">Number of optimizer steps.</param>
/// <param name="Lengths">Sequence lengths in tokens; each sequence draws one of them.</param>
/// <param name="TokensPerStep">Minimum tokens per step; sequences are added until it is reached.</param>
/// <param name="NeedleShare">Share of the sequences that are documents with facts, questions and answers.</param>
/// <param name="CopyShare">Share of the sequences that are random strings repeated after a gap; the rest is plain text.</param>
/// <param name="MostNeedles">Maximum facts per document; short documents have fewer.</param>
public sealed record PretrainingPhase(
    int Steps, IReadOnlyList<int> Lengths, int TokensPerStep, double NeedleShare, double CopyShare, int MostNeedles)
{
    const int ShortestLength = 64;

    /// <summary>Returns the problems of the settings, each of the form "path.key: what is wrong; what to do".</summary>
    public IEnumerable<string> Problems(string path)
    {
        if (Steps < 1)
        {
            yield return $"{path}.steps: {Steps} is not a number of steps; use 1 or more.";
        }
        if (Lengths.Count == 0 || Lengths.Any(l => l < ShortestLength))
        {
            yield return $"{path}.lengths: [{string.Join(", ", Lengths)}] must name lengths of {ShortestLength} tokens or more.";
        }
        if (Lengths.Count > 0 && TokensPerStep < Lengths.Max())
        {
            yield return $"{path}.tokens_per_step: {TokensPerStep} is less than one sequence of {Lengths.Max()} tokens.";
        }
        if (NeedleShare is not (>= 0 and <= 1) || CopyShare is not (>= 0 and <= 1) || NeedleShare + CopyShare > 1)
        {
            yield return FormattableString.Invariant(
                $"{path}: needle_share {NeedleShare} and copy_share {CopyShare} must be shares that leave 0 or more for plain text.");
        }
        if (MostNeedles < 1)
        {
            yield return $"{path}.most_needles: {MostNeedles} is not a number of facts; use 1 or more.";
        }
    }
}
