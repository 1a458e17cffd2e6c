using System.Globalization;
using System.Text.RegularExpressions;
using Farsight.Alignment.Answering;
using Farsight.Alignment.Data;
using Farsight.Engine.Numerics;

namespace Farsight.Alignment.Synthesis.Methods;

/// <summary>Holds what every method needs to make a sample.</summary>
/// <param name="Model">The model that writes.</param>
/// <param name="Pool">The chunks of the documents.</param>
/// <param name="Settings">Settings of the run.</param>
/// <param name="MinChunks">Minimum chunks per context.</param>
/// <param name="MaxChunks">Maximum chunks per context.</param>
sealed record MethodParts(SynthesisModel Model, SegmentPool Pool, MethodSettings Settings, int MinChunks, int MaxChunks)
{
    /// <summary>Draws the number of chunks of a context, each number equally likely.</summary>
    internal int DrawCount(ref SeededRandom random) => random.Next(MinChunks, MaxChunks + 1);

    /// <summary>Decodes chunks to text.</summary>
    internal string TextOf(IEnumerable<SourceChunk> chunks) => Model.Tokenizer.Decode([.. chunks.SelectMany(c => c.Tokens)]).Trim();

    /// <summary>Puts chunks that matter and others into one context in random order, so that each place is equally likely.</summary>
    internal static MixedContext Mix(IReadOnlyList<SourceChunk> gold, IEnumerable<SourceChunk> others, ref SeededRandom random)
    {
        SourceChunk[] all = [.. gold, .. others];
        random.Shuffle<SourceChunk>(all);
        return MixedContext.Of(all, gold);
    }
}

/// <summary>Represents a context whose relevant chunks are known.</summary>
/// <param name="Chunks">[N] Chunks in the order in which the model reads them.</param>
/// <param name="Gold">Indices of the relevant chunks, in the order in which they were given.</param>
sealed record MixedContext(ContextChunk[] Chunks, int[] Gold)
{
    /// <summary>Assigns roles to the chunks of a context.</summary>
    internal static MixedContext Of(SourceChunk[] all, IReadOnlyList<SourceChunk> gold)
    {
        ContextChunk[] chunks =
        [
            .. all.Select(c => new ContextChunk(
                c.Document, c.Index, c.Tokens, gold.Contains(c) ? 1 : 0, gold.Contains(c) ? ChunkRole.Relevant : ChunkRole.Irrelevant)),
        ];
        return new(chunks, [.. gold.Select(g => Array.IndexOf(all, g))]);
    }
}

/// <summary>Makes samples in steps that ask the model.</summary>
/// <param name="parts">What every method needs.</param>
abstract class MethodSource(MethodParts parts) : ISampleSource
{
    private protected MethodParts Parts => parts;

    /// <inheritdoc/>
    public async Task<SampleOutcome> MakeSample(SampleTry at, AskModel ask, CancellationToken cancel)
    {
        MethodTry attempt = new(parts, at, ask);
        try
        {
            return await Make(attempt, cancel).ConfigureAwait(false);
        }
        catch (PromptTooLongException)
        {
            return attempt.Drop(DropReason.PromptTooLong);
        }
    }

    /// <summary>Makes a sample or names the reason for dropping it.</summary>
    /// <exception cref="PromptTooLongException">A prompt exceeds the window.</exception>
    private protected abstract Task<SampleOutcome> Make(MethodTry attempt, CancellationToken cancel);
}

/// <summary>Asks the model for one try of a sample. Each request has a purpose, which opens its own random stream.</summary>
/// <param name="parts">What every method needs.</param>
/// <param name="at">The sample and the try.</param>
/// <param name="ask">Answers requests.</param>
sealed partial class MethodTry(MethodParts parts, SampleTry at, AskModel ask)
{
    readonly List<string> _resampled = [];

    /// <summary>Returns the random stream for one purpose.</summary>
    internal SeededRandom Random(string purpose = "draw") =>
        at.Random(parts.Settings.Seed, $"synth {parts.Settings.Method}/{purpose}");

    /// <summary>Counts a reply that could not be used.</summary>
    internal void Note(string reason) => _resampled.Add(reason);

    /// <summary>Asks about chunks; null if the reply did not end or has no text.</summary>
    internal async Task<string?> Ask(MethodRequest request) => (await AskAll([request]).ConfigureAwait(false))[0];

    /// <summary>[requests] Asks several things at once.</summary>
    /// <exception cref="PromptTooLongException">A prompt exceeds the window.</exception>
    internal async Task<IReadOnlyList<string?>> AskAll(IReadOnlyList<MethodRequest> requests)
    {
        ResponseRequest[] asked = [.. requests.Select(Of)];
        foreach (ResponseRequest request in asked)
        {
            int prompt = parts.Model.Format.Prompt(request.Context, request.Question).Length;
            if (prompt + request.MaxNewTokens > parts.Model.Window)
            {
                throw new PromptTooLongException(prompt, parts.Model.Window);
            }
        }
        return asked.Length == 0 ? [] : [.. (await ask(asked).ConfigureAwait(false)).Select(a => string.IsNullOrWhiteSpace(a) ? null : a)];
    }

    /// <summary>Asks for a question with its answer in the form of <see cref="QuestionParser"/>.</summary>
    internal async Task<WrittenQuestion> AskQuestion(MethodRequest request, QuestionOrigin origin) =>
        await Ask(request).ConfigureAwait(false) is { } text
            ? QuestionParser.Read(text, origin)
            : WrittenQuestion.Bad(DropReason.QuestionNoEnd);

    /// <summary>Asks for a question about a detail of a chunk, with its answer.</summary>
    internal Task<WrittenQuestion> AskDetail(SourceChunk about) =>
        AskQuestion(new("question", [about], MethodPrompts.SingleDetail), QuestionOrigin.SingleDetail);

    /// <summary>Reads the first number of a reply; null if it has none.</summary>
    internal static double? NumberIn(string? reply) =>
        reply is not null && FirstNumber().Match(reply) is { Success: true } match
            ? double.Parse(match.Value, CultureInfo.InvariantCulture)
            : null;

    /// <summary>Tells whether a reply begins with yes, whatever punctuation is around it.</summary>
    internal static bool IsYes(string? reply) =>
        reply is not null && reply.TrimStart(' ', '*', '"', '\'', '[', '(').StartsWith("yes", StringComparison.OrdinalIgnoreCase);

    /// <summary>Drops the try.</summary>
    internal SampleOutcome Drop(string reason) => new(null, null, reason, _resampled);

    /// <summary>Completes the sample.</summary>
    internal SampleOutcome Keep(
        MixedContext context,
        QuestionOrigin origin,
        string question,
        string chosen,
        IReadOnlyList<string> rejected,
        IReadOnlyList<int[]> seenByRejected,
        string? variant = null)
    {
        MethodSettings settings = parts.Settings;
        SampleProvenance provenance = new(
            [.. context.Chunks.Select(c => c.Document).Distinct()],
            settings.Seed,
            at.Number,
            new([.. context.Gold.Order()], seenByRejected),
            new(settings.Generator, settings.Temperature, settings.MaxNewTokens),
            Question: origin,
            Try: at.Try > 0 ? at.Try : null);
        PreferenceSample sample = new(
            $"{settings.Method}{(variant is null ? "" : $"-{variant}")}-{settings.Seed}-{at.Number}",
            context.Chunks, question, chosen, rejected, provenance,
            parts.Model.Readable(context.Chunks.Select(c => c.Tokens), question));
        return new(null, sample, null, _resampled);
    }

    ResponseRequest Of(MethodRequest request) => new(
        [.. request.Chunks.SelectMany(c => c.Tokens)],
        request.Instruction,
        parts.Settings.MaxNewTokens,
        request.Temperature ?? parts.Settings.Temperature,
        Random(request.Purpose));

    [GeneratedRegex(@"\d+(?:\.\d+)?")]
    private static partial Regex FirstNumber();
}

/// <summary>Represents a request to the model about chunks.</summary>
/// <param name="Purpose">Name of the step, unique in a try: "question".</param>
/// <param name="Chunks">The chunks that the model reads.</param>
/// <param name="Instruction">What it is to do.</param>
/// <param name="Temperature">Sampling temperature; null for that of the run.</param>
sealed record MethodRequest(string Purpose, IReadOnlyList<SourceChunk> Chunks, string Instruction, double? Temperature = null);

/// <summary>Holds the instructions that several methods share.</summary>
static class MethodPrompts
{
    /// <summary>Requests the form that <see cref="QuestionParser"/> reads.</summary>
    internal const string Form =
        "Write it in this form: \"Question:\" and the question, then on a new line \"Answer:\" and the answer in one sentence.";

    /// <summary>Requests a question about a detail, with its answer.</summary>
    internal const string SingleDetail =
        "Write one question about a specific detail of this text, and its answer. Name in the question what it is about, so that it can be "
        + "understood without the text and no other text answers it. " + Form;
}
