using Farsight.Alignment.Answering;
using Farsight.Alignment.Data;
using Farsight.Alignment.Data.Positions;
using Farsight.Alignment.Objectives;
using Farsight.Engine;
using Farsight.Engine.Communication;
using Farsight.Engine.Models;
using Farsight.Engine.Numerics;
using Farsight.Text.Conversations;

namespace Farsight.Alignment.Training;

/// <summary>Represents how rejected responses are sampled again from the policy during training.</summary>
/// <param name="Every">Steps between samplings; the first is before this step.</param>
/// <param name="Temperature">Sampling temperature, above 0.</param>
/// <param name="Rejected">Number of rejected responses per sample to sample again, the first ones.</param>
public sealed record ResampleOptions(int Every, double Temperature, int Rejected)
{
    /// <summary>Returns the problems of the settings, each of the form "path.key: what is wrong; what to do".</summary>
    /// <param name="path">Where these options stand in the recipe.</param>
    /// <param name="objective">The recipe's objective.</param>
    /// <param name="positions">The recipe's positions.</param>
    internal IEnumerable<string> Problems(string path, IPreferenceObjective objective, IPositionScheme positions) =>
    [
        .. Every >= 1 ? [] : new[] { $"{path}.every: {Every} is not usable; use 1 or more." },
        .. Temperature is > 0 and <= 100
            ? []
            : new[] { FormattableString.Invariant($"{path}.temperature: {Temperature} is not usable; use more than 0, at most 100.") },
        .. Rejected < 1 ? new[] { $"{path}.rejected: {Rejected} is not usable; use 1 or more." } : [],
        .. objective.RejectedResponses is { } used && used > 0 && Rejected > used
            ? new[] { $"{path}.rejected: {Rejected} is more than the objective's {used} rejected responses; lower it." }
            : [],
        .. objective.RejectedResponses == 0
            ? new[] { $"{path}: the objective uses no rejected responses; remove it, or use another objective." }
            : objective.NeedsReference
                ? [$"{path}: the objective compares with log-probabilities of the first responses; remove it, or use another objective."]
                : Array.Empty<string>(),
        .. positions is E2Llm
            ? new[] { $"{path}: generation does not have the steps between positions of e2llm; use other positions." }
            : [],
    ];

    /// <summary>Returns a sample in which the responses that may be replaced are as long as they can become, for planning.</summary>
    internal SampleTokens Longest(SampleTokens sample) => sample with
    {
        Rejected = [.. sample.Rejected.Select((r, j) => j < Rejected ? new int[RejectedResampler.LimitOf(sample)] : r)],
    };
}

/// <summary>Samples rejected responses again from the policy under training, at the positions at which they will be trained.</summary>
/// <remarks>
/// A new response replaces the former one if it ends, differs from the other responses and lacks the known answer; otherwise the former one
/// stays. It has at most as many tokens as the longest response of the sample, so the planned memory suffices. All responses of a sampling
/// are written to a file before one of them is used, and a resumed run reads them back. Of several ranks, the first samples and has the
/// files, and the others receive its responses.
/// </remarks>
/// <param name="model">The policy.</param>
/// <param name="format">Its chat format.</param>
/// <param name="samples">The samples that are trained on.</param>
/// <param name="options">The options.</param>
/// <param name="seed">Seed of the run.</param>
/// <param name="folder">Folder of the files, on rank 0.</param>
/// <param name="ranks">All ranks of the run.</param>
public sealed class RejectedResampler(
    DecoderModel model, ChatFormat format, IReadOnlyList<PreferenceSample> samples, ResampleOptions options, int seed, string folder,
    Communicator ranks)
{
    readonly Dictionary<string, (int Index, PreferenceSample Sample)> _samples =
        samples.Index().ToDictionary(s => s.Item.Id, s => (s.Index, s.Item), StringComparer.Ordinal);
    readonly Dictionary<string, SampleTokens> _current = new(StringComparer.Ordinal);
    readonly Dictionary<int, (int Drawn, int Kept)> _counts = [];
    readonly StepFiles<ResampledResponses> _files = new(folder, options.Every, options.Every, l => l.Id, ranks);

    /// <summary>Steps of the whole run.</summary>
    public required int Steps { get; init; }

    /// <summary>Refuses samples whose responses cannot be verified.</summary>
    /// <param name="samples">The samples that are trained on.</param>
    /// <param name="options">The options.</param>
    /// <exception cref="InputException">A sample has no known answer, several questions, or too few rejected responses.</exception>
    public static void Check(IEnumerable<PreferenceSample> samples, ResampleOptions options)
    {
        foreach (PreferenceSample sample in samples)
        {
            string? problem =
                sample.Provenance.Fact is null ? "no known answer in its provenance, by which new responses could be verified as wrong"
                : sample.Turns is { Count: > 0 } || sample.Questions is { Count: > 0 } ? "several questions, and resample supports one"
                : sample.Rejected.Count < options.Rejected ? $"{sample.Rejected.Count} rejected responses, fewer than resample.rejected"
                : null;
            if (problem is not null)
            {
                throw new InputException($"Sample {sample.Id} has {problem}; remove resample, or use other samples.");
            }
        }
    }

    /// <summary>Returns the maximum number of tokens of a new response.</summary>
    internal static int LimitOf(SampleTokens sample) => sample.Rejected.Append(sample.Chosen).Max(r => r.Length);

    /// <summary>Returns a sample with its present rejected responses.</summary>
    internal SampleTokens Current(SampleTokens sample) => _current.GetValueOrDefault(sample.Id, sample);

    /// <summary>Samples responses if that is due before a step, after it has read what was sampled before earlier steps.</summary>
    /// <param name="step">The step.</param>
    /// <param name="samplesOf">Returns the samples of some steps, by the first step and their number, with their positions.</param>
    internal void Prepare(int step, Func<int, int, IEnumerable<(SampleTokens Sample, PromptPositions Positions)>> samplesOf) =>
        _files.Prepare(step, Steps, samplesOf, Draw, Use);

    /// <summary>Returns how many responses were sampled before a step, and how many of them replaced a former one; null for none.</summary>
    internal (int Drawn, int Kept)? CountsOf(int step) => _counts.TryGetValue(step, out (int, int) counts) ? counts : null;

    IEnumerable<ResampledResponses> Draw(int step, (SampleTokens Sample, PromptPositions Positions)[] next)
    {
        if (!ranks.IsFirst)
        {
            return [];
        }
        using LocalModel local = new("the policy", model, format);
        CompletionRequest[] requests = [.. next.SelectMany(n => Enumerable.Range(0, options.Rejected).Select(j => Request(step, n, j)))];
        // Not cancelled: a step is finished with everything that belongs to it.
        IReadOnlyList<Completion> completions = local.CompleteAsync(requests).GetAwaiter().GetResult();
        return next.Zip(completions.Chunk(options.Rejected), (n, made) => Lines(n.Sample, made));
    }

    CompletionRequest Request(int step, (SampleTokens Sample, PromptPositions Positions) next, int number) =>
        new(
            new Prompt.Tokens(next.Sample.Prompt) { Positions = next.Positions.Prompt },
            new(LimitOf(next.Sample)) { Temperature = options.Temperature })
        {
            Random = SeededRandom.For(seed, $"resample/{step}/{number}", _samples[next.Sample.Id].Index),
        };

    ResampledResponses Lines(SampleTokens sample, Completion[] completions)
    {
        PreferenceSample stored = _samples[sample.Id].Sample;
        HashSet<string> taken = new([stored.Chosen, .. stored.Rejected.Skip(options.Rejected)], StringComparer.Ordinal);
        return new(sample.Id, [.. completions.Select(c => Wrong(c) && taken.Add(c.Text.Trim()) ? c.Text.Trim() : null)]);

        bool Wrong(Completion completion) =>
            completion.FinishReason == FinishReason.Stop
            && !string.IsNullOrWhiteSpace(completion.Text)
            && !completion.Text.Contains(stored.Provenance.Fact!.Answer, StringComparison.OrdinalIgnoreCase)
            && format.Response(completion.Text.Trim()).Length <= LimitOf(sample);
    }

    /// <summary>Puts the responses of a file in the place of the former ones.</summary>
    void Use(int step, IReadOnlyList<(ResampledResponses Line, SampleTokens Sample)> lines)
    {
        foreach ((ResampledResponses line, SampleTokens sample) in lines)
        {
            int[][] rejected = [.. Current(sample).Rejected];
            foreach ((int j, string? response) in line.Rejected.Index().Where(r => r.Item is not null))
            {
                rejected[j] = format.Response(response!);
            }
            _current[sample.Id] = sample with { Rejected = rejected };
        }
        _counts[step] = (lines.Sum(l => l.Line.Rejected.Count), lines.Sum(l => l.Line.Rejected.Count(r => r is not null)));
    }

    /// <summary>Represents a line: the new responses of a sample; null where the former one stays.</summary>
    sealed record ResampledResponses(string Id, IReadOnlyList<string?> Rejected);
}
