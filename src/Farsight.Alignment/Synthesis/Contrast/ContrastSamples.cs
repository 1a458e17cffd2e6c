using Farsight.Alignment.Data;
using Farsight.Engine.Numerics;

namespace Farsight.Alignment.Synthesis.Contrast;

/// <summary>Makes contrast samples: the kinds take turns, and rejected responses are the model's own if they are usable.</summary>
/// <param name="contexts">Makes contexts.</param>
/// <param name="settings">Settings of the run.</param>
/// <param name="kinds">Kinds in the order of their turns.</param>
/// <param name="readable">Formats context and question for people.</param>
sealed class ContrastSamples(
    ContrastContexts contexts,
    ContrastSettings settings,
    IReadOnlyList<ContrastKind> kinds,
    Func<SampleContext, string> readable
) : ISampleSource
{
    const int MaxAttempts = 2;

    /// <inheritdoc/>
    public async Task<SampleOutcome> MakeSample(SampleTry at, AskModel ask, CancellationToken cancel)
    {
        SeededRandom random = at.Random(settings.Seed, "synth contrast");
        ContrastKind kind = kinds[at.Number % kinds.Count];
        ContrastDraft draft = IContrast.Of(kind).Draw(at.Number / kinds.Count, contexts, ref random);
        if (draft.Dropped is { } dropped)
        {
            return new(null, null, dropped, []);
        }
        string?[] written = await Written(at, draft, ask).ConfigureAwait(false);
        SampleContext context = new(
            at,
            QuestionOrigin.Fact,
            contexts.Chunks(draft, cancel),
            draft.Question,
            draft.Chosen,
            [.. draft.Relevant.Select(f => f.Chunk)],
            draft.Context.Facts,
            null,
            false);
        string[] substituted =
        [
            .. draft.Rejected.Where((r, j) => r.Seen is not null && written[j] is null).Select(_ => DropReason.RejectedSubstituted),
        ];
        return new(context, Sample(kind, context, draft, written), null, substituted);
    }

    /// <summary>[M] Requests the responses; null for those that were not requested or are unusable.</summary>
    async Task<string?[]> Written(SampleTry at, ContrastDraft draft, AskModel ask)
    {
        string?[] written = new string?[draft.Rejected.Length];
        for (int attempt = 0; attempt < MaxAttempts; attempt++)
        {
            int[] open = [.. Enumerable.Range(0, written.Length).Where(j => draft.Rejected[j].Seen is not null && written[j] is null)];
            if (open.Length == 0)
            {
                break;
            }
            IReadOnlyList<string?> texts = await ask([.. open.Select(j => Ask(at, draft, j, attempt))]).ConfigureAwait(false);
            foreach ((int j, string? text) in open.Zip(texts))
            {
                string? rejected = text is null ? null : draft.Rejected[j].Use(text);
                bool isNew =
                    rejected != draft.Chosen
                    && !written.Contains(rejected)
                    && draft.Rejected.Where((_, i) => i != j).All(r => r.Substitute != rejected);
                written[j] = isNew ? rejected : null;
            }
        }
        return written;
    }

    ResponseRequest Ask(SampleTry at, ContrastDraft draft, int number, int attempt)
    {
        RejectedPlan plan = draft.Rejected[number];
        return new(
            [.. plan.Seen!.SelectMany(i => draft.Context.Chunks[i].Tokens)],
            plan.Question ?? draft.Question,
            settings.MaxNewTokens,
            settings.Temperature,
            at.Random(settings.Seed, $"synth contrast/response {number}/{attempt}"));
    }

    PreferenceSample Sample(ContrastKind kind, SampleContext context, ContrastDraft draft, string?[] written)
    {
        SampleTry at = context.At;
        SeenChunks seen = new([.. context.GoldChunks], [.. draft.Rejected.Select((r, j) => written[j] is null ? [] : r.Seen!)]);
        InsertedFact? fact =
            draft.Relevant.Count == 1
                ? new(draft.Relevant[0].Needle.Sentence, draft.Relevant[0].Needle.Value, draft.Relevant[0].Chunk)
                : null;
        SampleProvenance provenance = new(
            [.. context.Chunks.Select(c => c.Document).Distinct()], settings.Seed, at.Number, seen,
            new(settings.Generator, settings.Temperature, settings.MaxNewTokens), fact, null, context.Origin, at.Try > 0 ? at.Try : null);
        return new(
            $"{kind.ToString().ToLowerInvariant()}-{settings.Seed}-{at.Number}", context.Chunks, draft.Question, draft.Chosen,
            [.. draft.Rejected.Select((r, j) => written[j] ?? r.Substitute)], provenance, readable(context));
    }
}
