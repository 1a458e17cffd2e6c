using Farsight.Alignment.Data;
using Farsight.Alignment.Text;
using Farsight.Engine.Inference;

namespace Farsight.Alignment.Synthesis;

/// <summary>Stage 5: the responses of a group of samples, written side by side.</summary>
/// <remarks>Groups are laid over the sample numbers, so that a resumed run decodes the same prompts together and gets the same bits.</remarks>
sealed class SynthesisGroup(IResponseSource source, ChatFormat format, IReadOnlyCollection<int> endTokens, ResponseViews views, ResponseRules rules)
{
    /// <summary>Samples of a group.</summary>
    internal const int Size = 32;

    /// <summary>Sample numbers tried for each sample wanted, before giving up.</summary>
    internal const int MostTriesPerSample = 3;

    /// <summary>[contexts] each attempt, finished or dropped; null and a reason for a context that cannot be asked about.</summary>
    internal IReadOnlyList<SampleOutcome> Respond(IReadOnlyList<SampleContext> contexts, Func<SampleContext, string> prompt)
    {
        SampleAttempt?[] attempts = [.. contexts.Select(c => Unusable(c) is null ? new SampleAttempt(c, views, rules) : null)];
        SampleAttempt[] usable = [.. attempts.OfType<SampleAttempt>()];
        for (GenerationRequest[] open; (open = [.. usable.SelectMany(a => a.Requests())]).Length > 0;)
        {
            Queue<string?> texts = new(source.Respond(open).Select(Text));
            foreach (SampleAttempt attempt in usable)
            {
                attempt.Take(texts);
            }
        }
        return [.. contexts.Zip(attempts, (context, attempt) => attempt is null
            ? new SampleOutcome(context, null, Unusable(context), [])
            : new(context, attempt.Dropped is null ? attempt.Sample(prompt) : null, attempt.Dropped, attempt.Resampled))];
    }

    static string? Unusable(SampleContext context) =>
        context.Of(ChunkRole.Relevant).Length == 0 ? DropReason.NoRelevantChunk
        : context.Of(ChunkRole.Irrelevant).Length == 0 ? DropReason.NoIrrelevantChunk
        : null;

    /// <summary>Null without an end token. White space around a response is none of its words.</summary>
    string? Text(int[] tokens) =>
        tokens.Length > 0 && endTokens.Contains(tokens[^1]) ? format.ReadResponse(tokens.AsSpan(..^1)).Trim() : null;
}

/// <summary>What became of a sample number.</summary>
/// <param name="Context">What was drawn.</param>
/// <param name="Sample">Null when it was dropped.</param>
/// <param name="Dropped">Why; null when it was not.</param>
/// <param name="Resampled">A reason for each response that was sampled again.</param>
sealed record SampleOutcome(SampleContext Context, PreferenceSample? Sample, string? Dropped, IReadOnlyList<string> Resampled);
