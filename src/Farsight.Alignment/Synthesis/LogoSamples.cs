using Farsight.Alignment.Data;
using Farsight.Alignment.Synthesis.Quality;

namespace Farsight.Alignment.Synthesis;

/// <summary>LOGO's samples: a context with a question, then its responses.</summary>
sealed class LogoSamples(
    ContextDraw draw,
    ResponseViews views,
    ResponseRules rules,
    QualityJudge? judge,
    Func<SampleContext, string> readable
) : ISampleSource
{
    /// <inheritdoc/>
    public async Task<SampleOutcome> Try(SampleTry at, AskModel ask, CancellationToken cancel)
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
