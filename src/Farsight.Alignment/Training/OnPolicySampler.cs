using System.Text.Json;
using Farsight.Alignment.Answering;
using Farsight.Alignment.Data;
using Farsight.Alignment.Data.Positions;
using Farsight.Alignment.Objectives;
using Farsight.Alignment.Runs;
using Farsight.Engine;
using Farsight.Engine.Communication;
using Farsight.Engine.Models;
using Farsight.Engine.Numerics;
using Farsight.Text.Conversations;

namespace Farsight.Alignment.Training;

/// <summary>Samples the responses of on-policy objectives, at the positions at which they will be trained.</summary>
/// <remarks>
/// The responses of a sample are branches of one tree under its prompt. The constants of the loss are computed when they are sampled:
/// their log-probabilities under the policy, after the short context and under the model before training, and their rewards. All
/// of it is written to a file before it is used, and a resumed run reads it back. Log-probabilities are those of temperature 1. Each sample
/// is computed by itself, so ranks that divide the samples get the bits of one process.
/// </remarks>
/// <param name="policy">The policy.</param>
/// <param name="evaluated">The same, for log-probabilities.</param>
/// <param name="format">Its chat format.</param>
/// <param name="samples">The samples that are trained on.</param>
/// <param name="objective">The objective.</param>
/// <param name="seed">Seed of the run.</param>
/// <param name="folder">Folder of the files, on rank 0.</param>
/// <param name="grid">The ranks; those of a context call <paramref name="evaluated"/> and <see cref="Reference"/> together.</param>
public sealed class OnPolicySampler(
    DecoderModel policy, ITrainable evaluated, ChatFormat format, IReadOnlyList<PreferenceSample> samples, ISampledObjective objective,
    int seed, string folder, RankGrid grid)
{
    readonly Dictionary<string, (int Index, PreferenceSample Sample)> _samples =
        samples.Index().ToDictionary(s => s.Item.Id, s => (s.Index, s.Item), StringComparer.Ordinal);
    readonly StepFiles<SampledResponses> _files = new(folder, 1, objective.Sampling.Every, l => l.Id, grid.All)
    {
        OnlyNewest = true,
    };
    IReadOnlyDictionary<string, SampledResponses> _current = new Dictionary<string, SampledResponses>();
    int _sampledAt;

    /// <summary>Steps of the whole run.</summary>
    public required int Steps { get; init; }

    /// <summary>The model before training; null if the objective reads no reference.</summary>
    public ITrainable? Reference { get; init; }

    /// <summary>Refuses samples that the objective cannot sample for.</summary>
    /// <param name="samples">The samples that are trained on.</param>
    /// <param name="objective">The objective.</param>
    /// <exception cref="InputException">A sample has several questions, or no known answer although the objective rewards it.</exception>
    public static void Check(IEnumerable<PreferenceSample> samples, ISampledObjective objective)
    {
        foreach (PreferenceSample sample in samples)
        {
            string? problem =
                sample.Turns is { Count: > 0 } || sample.Questions is { Count: > 0 } ? "several questions, and sampled responses need one"
                : objective.ReadsReward && sample.Provenance.Fact is null
                    ? "no known answer in its provenance, by which responses could be rewarded"
                : null;
            if (problem is not null)
            {
                throw new InputException($"Sample {sample.Id} has {problem}; use other samples, or another objective.");
            }
        }
    }

    /// <summary>Returns a sample with its sampled responses in the place of the rejected ones; as it is if there are none.</summary>
    internal SampleTokens Current(SampleTokens sample) => _current.TryGetValue(sample.Id, out SampledResponses? sampled)
        ? sample with { Rejected = [.. sampled.Responses.Select(r => r.Tokens)] }
        : sample;

    /// <summary>Returns the sampled responses of a sample; null if there are none.</summary>
    internal IReadOnlyList<SampledResponse>? Of(string id) => _current.GetValueOrDefault(id)?.Responses;

    /// <summary>Samples responses if that is due before a step.</summary>
    /// <param name="step">The step.</param>
    /// <param name="samplesOf">Returns the samples of some steps, by the first step and their number, with their positions.</param>
    internal void Prepare(int step, Func<int, int, IEnumerable<(SampleTokens Sample, PromptPositions Positions)>> samplesOf) =>
        _files.Prepare(step, Steps, samplesOf, Sample, Use);

    /// <summary>Returns the metrics of a step before which responses were sampled; none for other steps.</summary>
    internal IEnumerable<KeyValuePair<string, double>> ValuesOf(int step)
    {
        SampledResponse[] all = step == _sampledAt ? [.. _current.Values.SelectMany(s => s.Responses)] : [];
        if (all.Length > 0)
        {
            yield return new("sampled", all.Length);
            yield return new("sampled_tokens", all.Average(r => r.Tokens.Length));
        }
        if (all.Length > 0 && objective.ReadsReward)
        {
            yield return new("reward", all.Average(r => r.Reward!.Value));
            yield return new(
                "reward_spread",
                _current.Values.Average(s => s.Responses.Max(r => r.Reward!.Value) - s.Responses.Min(r => r.Reward!.Value)));
        }
        if (all.Length > 0 && objective.ReadsTeacher)
        {
            yield return new("teacher_gain", all.Average(r => r.Teacher!.Zip(r.LogProbs, (t, p) => (double)t - p).Average()));
        }
    }

    SampledResponses[] Sample(int step, (SampleTokens Sample, PromptPositions Positions)[] next)
    {
        using LocalModel local = new("the policy", policy, format);
        DrawnResponse[][] drawn = Divide(grid.All, next.Length, i => Draw(local, step, next[i]));
        return Divide(
            grid.Data, next.Length, i => new SampledResponses(next[i].Sample.Id, Scored(next[i].Sample, next[i].Positions, drawn[i])));
    }

    /// <summary>Computes a value for each sample, that of sample i on rank i mod Size, and returns all values on every rank.</summary>
    static T[] Divide<T>(Communicator ranks, int count, Func<int, T> compute)
    {
        List<T> own = [];
        for (int i = ranks.Rank; i < count; i += ranks.Size)
        {
            own.Add(compute(i));
        }
        T[][] all =
        [
            .. ranks.AllGather(JsonSerializer.Serialize(own, StrictJson.SnakeCase))
                .Select(text => JsonSerializer.Deserialize<T[]>(text, StrictJson.SnakeCase)!),
        ];
        return [.. Enumerable.Range(0, count).Select(i => all[i % ranks.Size][i / ranks.Size])];
    }

    DrawnResponse[] Draw(LocalModel local, int step, (SampleTokens Sample, PromptPositions Positions) next)
    {
        CompletionRequest[] requests = [.. Enumerable.Range(0, objective.Sampling.Responses).Select(j => Request(step, next, j))];
        // Not cancelled: a step is finished with everything that belongs to it.
        IReadOnlyList<Completion> completions = local.CompleteAsync(requests).GetAwaiter().GetResult();
        return [.. completions.Select(c => new DrawnResponse(TokensOf(c), c.Text))];
    }

    CompletionRequest Request(int step, (SampleTokens Sample, PromptPositions Positions) next, int number) =>
        new(
            new Prompt.Tokens(next.Sample.Prompt) { Positions = next.Positions.Prompt },
            new(objective.Sampling.MaxNewTokens) { Temperature = objective.Sampling.Temperature })
        {
            Random = SeededRandom.For(seed, $"on-policy/{step}/{number}", _samples[next.Sample.Id].Index),
        };

    SampledResponse[] Scored(SampleTokens sample, PromptPositions positions, DrawnResponse[] drawn)
    {
        PreferenceSample stored = _samples[sample.Id].Sample;
        int[][] responses = [.. drawn.Select(d => d.Tokens)];
        float[][] own = LogProbs(evaluated, sample with { Rejected = responses }, positions);
        float[][]? teacher = objective.ReadsTeacher
            ? LogProbsAtStart(evaluated, SampleTokens.ShortTurns(stored, format, policy.Config.VocabSize).Single(), responses)
            : null;
        float[][]? reference = Reference is null ? null : LogProbsAtStart(Reference, sample, responses);
        string? evidence = objective.RewardsEvidence
            ? format.Tokenizer.Decode(stored.Context[stored.Provenance.Fact!.Chunk].Tokens)
            : null;
        return
        [
            .. responses.Select((tokens, j) => new SampledResponse(
                tokens, own[j], teacher?[j], reference?[j],
                objective.ReadsReward ? VerifiedReward.Of(drawn[j].Text, stored.Provenance.Fact!.Answer, evidence) : null)),
        ];
    }

    /// <summary>The new tokens with the end token, if the response ended; at most the maximum.</summary>
    static int[] TokensOf(Completion completion) =>
        completion.StopToken is { } stop ? [.. completion.Tokens, stop] : [.. completion.Tokens];

    static float[][] LogProbsAtStart(ITrainable model, SampleTokens sample, int[][] responses)
    {
        SampleTokens with = sample with { Rejected = responses };
        return LogProbs(model, with, Plain.Of(with.Shape));
    }

    /// <summary>[G][tokens] of the responses in the place of the rejected ones.</summary>
    static float[][] LogProbs(ITrainable model, SampleTokens sample, PromptPositions positions)
    {
        SampleTree builder = new();
        SampleNodes nodes = builder.Add(sample, positions, null, scorePrompt: false).Single();
        TokenTree tree = builder.Build();
        using ITreePass pass = model.Evaluate(tree);
        float[][] logProbs = new float[nodes.Rejected.Count][];
        for (int j = 0; j < logProbs.Length; j++)
        {
            TokenNode node = tree.Nodes[nodes.Rejected[j]];
            logProbs[j] = pass.LogProbs.Slice(node.FirstScored, node.ScoredCount).ToArray();
        }
        return logProbs;
    }

    void Use(int step, IReadOnlyList<(SampledResponses Line, SampleTokens Sample)> lines)
    {
        _current = lines.ToDictionary(l => l.Line.Id, l => l.Line, StringComparer.Ordinal);
        _sampledAt = step;
    }

    /// <summary>Represents a response before it is scored.</summary>
    sealed record DrawnResponse(int[] Tokens, string Text);

    /// <summary>Represents a line: the responses of a sample.</summary>
    internal sealed record SampledResponses(string Id, IReadOnlyList<SampledResponse> Responses);
}

/// <summary>Represents a sampled response with the constants of its loss.</summary>
/// <param name="Tokens">[T] its tokens, with the end token if it ended.</param>
/// <param name="LogProbs">[T] under the policy that sampled it, in nats.</param>
/// <param name="Teacher">[T] the same after the short context; null if it was not read.</param>
/// <param name="Reference">[T] under the model before training; null if it was not read.</param>
/// <param name="Reward">Its reward; null if it was not computed.</param>
sealed record SampledResponse(int[] Tokens, float[] LogProbs, float[]? Teacher, float[]? Reference, double? Reward)
{
    /// <summary>Returns the response as a loss reads it.</summary>
    /// <param name="policy">[T] log-probabilities under the present policy.</param>
    internal SampledLogProbs With(double[] policy) => new(policy, Widen(LogProbs)!, Widen(Teacher), Widen(Reference), Reward);

    static double[]? Widen(float[]? values) => values is null ? null : [.. values.Select(v => (double)v)];
}
