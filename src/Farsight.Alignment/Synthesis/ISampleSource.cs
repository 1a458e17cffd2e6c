using Farsight.Alignment.Data;

namespace Farsight.Alignment.Synthesis;

/// <summary>What distinguishes the pipelines: how a sample is drawn, asked for and checked.</summary>
interface ISampleSource
{
    /// <summary>One try at the sample of a number; equal answers give equal samples.</summary>
    Task<SampleOutcome> Try(SampleTry at, AskModel ask, CancellationToken cancel);
}

/// <summary>What became of a try.</summary>
/// <param name="Context">What was drawn; null where no question could be written.</param>
/// <param name="Sample">Null when it was dropped.</param>
/// <param name="Dropped">Why; null when it was not.</param>
/// <param name="Resampled">A reason for each response that was sampled again.</param>
sealed record SampleOutcome(SampleContext? Context, PreferenceSample? Sample, string? Dropped, IReadOnlyList<string> Resampled)
{
    /// <summary>A reason for each turn that the sample was to have and has not.</summary>
    internal IReadOnlyList<string> LeftOut { get; init; } = [];
}
