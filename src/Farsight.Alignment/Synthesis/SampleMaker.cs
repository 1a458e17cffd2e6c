using Farsight.Alignment.Data;
using Farsight.Alignment.Synthesis.Quality;

namespace Farsight.Alignment.Synthesis;

/// <summary>Makes the sample of a number: a context, then its responses, and another context where that came to nothing.</summary>
sealed class SampleMaker(ContextDraw draw, ResponseViews views, ResponseRules rules, QualityJudge? judge, Func<SampleContext, string> readable)
{
    /// <summary>Contexts tried for one sample number, before it is given up.</summary>
    internal const int MostTries = 6;

    /// <summary>All tries; only the last can hold a sample.</summary>
    internal async Task<IReadOnlyList<SampleOutcome>> Make(int number, AskModel ask, CancellationToken cancel)
    {
        List<SampleOutcome> tries = [];
        do
        {
            tries.Add(await Try(new(number, tries.Count), ask, cancel).ConfigureAwait(false));
        }
        while (tries[^1].Sample is null && tries.Count < MostTries);
        return tries;
    }

    async Task<SampleOutcome> Try(SampleTry at, AskModel ask, CancellationToken cancel)
    {
        DrawnContext drawn = await draw.Draw(at, ask, cancel).ConfigureAwait(false);
        string? fault = drawn.Dropped ?? Unusable(drawn.Context!);
        return fault is not null
            ? new(drawn.Context, null, fault, [])
            : await new SampleAttempt(drawn.Context!, views, rules).Run(ask, judge, readable, cancel).ConfigureAwait(false);
    }

    static string? Unusable(SampleContext context) =>
        context.Of(ChunkRole.Relevant).Length == 0 ? DropReason.NoRelevantChunk
        : context.Of(ChunkRole.Irrelevant).Length == 0 ? DropReason.NoIrrelevantChunk
        : null;
}

/// <summary>What became of a try.</summary>
/// <param name="Context">What was drawn; null where no question could be written.</param>
/// <param name="Sample">Null when it was dropped.</param>
/// <param name="Dropped">Why; null when it was not.</param>
/// <param name="Resampled">A reason for each response that was sampled again.</param>
sealed record SampleOutcome(SampleContext? Context, PreferenceSample? Sample, string? Dropped, IReadOnlyList<string> Resampled);
