namespace Farsight.Alignment.Synthesis.LongPo;

/// <summary>LongPO's samples: what is asked about a long document, then its responses.</summary>
/// <param name="drafts">What is asked.</param>
/// <param name="model">Who answers.</param>
/// <param name="settings">Of the run.</param>
/// <param name="limit">Tokens of a prompt and its response.</param>
sealed class LongPoSamples(LongPoDrafts drafts, SynthesisModel model, LongPoSettings settings, int limit) : ISampleSource
{
    /// <inheritdoc/>
    public async Task<SampleOutcome> Try(SampleTry at, AskModel ask, CancellationToken cancel)
    {
        (LongPoDraft? draft, string? fault) = await drafts.Draw(at, ask, cancel).ConfigureAwait(false);
        return draft is null
            ? new(null, null, fault, [])
            : await new LongPoAttempt(draft, model, settings).Run(ask, limit).ConfigureAwait(false);
    }
}
