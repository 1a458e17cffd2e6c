using Farsight.Alignment.Data;
using Farsight.Engine.Numerics;

namespace Farsight.Alignment.Synthesis;

/// <summary>Makes samples by one method: draws them, requests their responses and checks these.</summary>
interface ISampleSource
{
    /// <summary>Tries to make the sample of a number; equal answers give equal samples.</summary>
    Task<SampleOutcome> MakeSample(SampleTry at, AskModel ask, CancellationToken cancel);
}

/// <summary>Represents the result of a try.</summary>
/// <param name="Context">The context; null if no question could be written.</param>
/// <param name="Sample">The sample; null if it was dropped.</param>
/// <param name="Dropped">The reason for dropping it; null if there is a sample.</param>
/// <param name="Resampled">A reason for each response that was sampled again.</param>
sealed record SampleOutcome(SampleContext? Context, PreferenceSample? Sample, string? Dropped, IReadOnlyList<string> Resampled)
{
    /// <summary>A reason for each missing turn of the sample.</summary>
    internal IReadOnlyList<string> LeftOut { get; init; } = [];
}

/// <summary>
/// Represents one attempt to make the sample of a number. Tries are numbered per sample, so that no sample depends on another.
/// </summary>
/// <param name="Number">Number of the sample in the dataset.</param>
/// <param name="Try">0 for the first.</param>
readonly record struct SampleTry(int Number, int Try)
{
    /// <summary>Returns the random stream for one purpose.</summary>
    internal SeededRandom Random(int seed, string purpose) => SeededRandom.For(seed, Try == 0 ? purpose : $"{purpose}/try {Try}", Number);
}

/// <summary>Makes the sample of a number, and tries another context if one fails.</summary>
sealed class SampleMaker(ISampleSource source)
{
    /// <summary>Maximum contexts per sample number.</summary>
    internal const int MaxTries = 6;

    /// <summary>Returns all tries; only the last can have a sample.</summary>
    public async Task<IReadOnlyList<SampleOutcome>> Make(int number, AskModel ask, CancellationToken cancel)
    {
        List<SampleOutcome> tries = [];
        do
        {
            tries.Add(await source.MakeSample(new(number, tries.Count), ask, cancel).ConfigureAwait(false));
        }
        while (tries[^1].Sample is null && tries.Count < MaxTries);
        return tries;
    }
}
