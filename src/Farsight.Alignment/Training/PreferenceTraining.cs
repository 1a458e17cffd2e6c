using Farsight.Alignment.Data;
using Farsight.Alignment.Data.Positions;
using Farsight.Alignment.Objectives;
using Farsight.Alignment.Runs;
using Farsight.Alignment.Training.Reference;
using Farsight.Engine;
using Farsight.Engine.Models;
using Farsight.Engine.Numerics;

namespace Farsight.Alignment.Training;

/// <summary>Provides preference samples as training work: it selects the samples of a step, their positions and their trees.</summary>
/// <remarks>
/// Samples come in a new random order each epoch. Positions are drawn again for each sample and epoch, and once for the
/// held-out samples. The samples of a step are roots of one tree as long as the tree stays within the token budget.
/// </remarks>
public sealed class PreferenceTraining : ITrainingWork
{
    readonly PreferenceSamples _samples;
    readonly IPreferenceObjective _objective;
    readonly IPositionScheme _positions;
    readonly PreferenceBatches _batches;
    (int Epoch, int[] Order) _shuffled = (-1, []);

    /// <summary>Prepares the work.</summary>
    /// <param name="samples">At least one to train on.</param>
    /// <param name="objective">The loss of one question; a sample's loss is the mean over its questions, a step's loss that over its
    /// samples.</param>
    /// <param name="positions">Draws the positions of prompts.</param>
    /// <param name="batches">Samples per step, tokens per tree, seed.</param>
    /// <exception cref="ArgumentException">There is nothing to train on, or the objective needs
    /// a reference and a question has none.</exception>
    /// <exception cref="InputException">A sample has fewer rejected responses than the objective takes.</exception>
    public PreferenceTraining(
        PreferenceSamples samples,
        IPreferenceObjective objective,
        IPositionScheme positions,
        PreferenceBatches batches)
    {
        if (samples.Training.Count == 0)
        {
            throw new ArgumentException("There is no sample to train on.", nameof(samples));
        }
        foreach (SampleTokens sample in samples.Training.Concat(samples.HeldOut))
        {
            sample.RequireRejected(objective.FewestRejected);
            if (objective.ReadsShort && !samples.ShortTurns.ContainsKey(sample.Id))
            {
                throw new ArgumentException("The objective needs the short context of every sample.", nameof(samples));
            }
            if (objective.NeedsReference && sample.QuestionIds.Any(id => !samples.Reference.ContainsKey(id)))
            {
                throw new ArgumentException("The objective needs reference log-probabilities of every question.", nameof(samples));
            }
        }
        // Sampled responses stand in the place of the rejected ones, which are not run.
        _samples = objective is ISampledObjective
            ? samples with
            {
                Training = [.. samples.Training.Select(s => s with { Rejected = [] })],
                HeldOut = [.. samples.HeldOut.Select(s => s with { Rejected = [] })],
            }
            : samples;
        (_objective, _positions, _batches) = (objective, positions, batches);
    }

    /// <summary>Which rejected responses are sampled again; null for none. Trees are sized for the longest that can come.</summary>
    public ResampleOptions? Resample { get; init; }

    /// <summary>Samples rejected responses again; null trains on those of the dataset.</summary>
    public RejectedResampler? Resampler { get; init; }

    /// <summary>Samples the responses of an <see cref="ISampledObjective"/>; null for other objectives, and for planning.</summary>
    public OnPolicySampler? Sampler { get; init; }

    /// <summary>Estimates the divergence from the reference; null for objectives that need none, and for planning.</summary>
    public KlEstimate? Kl { get; init; }

    /// <summary>Asks the teacher before every step; null for objectives without one, for one that was asked before, and for planning.
    /// </summary>
    public LiveTeacher? Teacher { get; init; }

    /// <summary>Draws the samples of each step by their tasks; null for all samples in a new random order each epoch.</summary>
    public Curriculum? Curriculum { get; init; }

    /// <inheritdoc/>
    public IEnumerable<MicroStep> MicroSteps(int stepNumber)
    {
        Teacher?.Prepare(Step(stepNumber).Select(s => s.Item1));
        Resampler?.Prepare(stepNumber, (first, steps) => Enumerable.Range(first, steps).SelectMany(Step));
        Sampler?.Prepare(stepNumber, (first, steps) => Enumerable.Range(first, steps).SelectMany(Step));
        return Pack(Step(stepNumber), Kl?.Of(Step(stepNumber).Select(s => s.Item1.Id)));
    }

    /// <inheritdoc/>
    public IEnumerable<KeyValuePair<string, double>> Values(int stepNumber) =>
    [
        .. Resampler?.CountsOf(stepNumber) is { } counts
            ? new KeyValuePair<string, double>[] { new("resampled", counts.Drawn), new("resampled_wrong", counts.Kept) }
            : [],
        .. Sampler?.ValuesOf(stepNumber) ?? [],
        .. Curriculum?.Tasks.Zip(Curriculum.SharesAt(stepNumber), (t, s) => KeyValuePair.Create($"share/{t}", s)) ?? [],
    ];

    /// <inheritdoc/>
    public void Observe(MetricsLine line)
    {
        if (line.HeldOut is { } heldOut)
        {
            Curriculum?.Observe(heldOut);
        }
    }

    IEnumerable<(SampleTokens, PromptPositions)> Step(int stepNumber)
    {
        long first = (stepNumber - 1L) * _batches.BatchSize;
        return Enumerable.Range(0, _batches.BatchSize).Select(i => Training(stepNumber, first + i));
    }

    /// <inheritdoc/>
    public IEnumerable<MicroStep> HeldOut()
    {
        Teacher?.Prepare(_samples.HeldOut);
        return Pack(
            _samples.HeldOut.Select((sample, i) => Draw(sample, "positions/held-out", i)), Kl?.Of(_samples.HeldOut.Select(s => s.Id)));
    }

    /// <summary>Returns a size that no tree of the run exceeds, without drawing positions.</summary>
    /// <param name="steps">Optimizer steps of the run.</param>
    public TreeSize LargestTree(int steps)
    {
        IEnumerable<IEnumerable<SampleTokens>> batches = Curriculum is not null ? [] : Enumerable.Range(0, steps).Select(step =>
            Enumerable.Range(0, _batches.BatchSize).Select(i => _samples.Training[IndexOf((long)step * _batches.BatchSize + i).Index]));
        TreeSize largest = Curriculum is null ? default : LargestOfAny();
        foreach (List<SampleTokens> tree in batches.Append(_samples.HeldOut).SelectMany(b => Group(b, s => s)))
        {
            largest = largest.Or(SizeOf([.. tree.Select(Longest)]));
        }
        return largest;
    }

    /// <summary>Returns a size that no tree of any samples exceeds, because a curriculum can put any of them together.</summary>
    TreeSize LargestOfAny()
    {
        TreeSize[] sizes = [.. _samples.Training.Select(s => SizeOf([Longest(s)]))];
        long longest = sizes.Max(s => s.Rows), rows = Math.Max(longest, Math.Min(_batches.MicroBatchTokens, _batches.BatchSize * longest));
        int Of(Func<TreeSize, int> part) => (int)Math.Ceiling(rows * sizes.Max(s => (double)part(s) / s.Rows));
        return new((int)rows, Of(s => s.LastRows), Of(s => s.Scored));
    }

    /// <summary>How many different tokens the samples that are trained on have: rows of the embeddings that can get a gradient.</summary>
    public int DistinctTokens =>
        _samples
            .Training.SelectMany(s =>
                s.All.SelectMany(t => t.Responses(WithShort).Append(t.Question)).Append(s.Prefix).Concat(s.Chunks))
            .SelectMany(tokens => tokens)
            .Distinct()
            .Count();

    /// <summary>Returns the sample that is the n-th to be trained on, over all epochs.</summary>
    (SampleTokens, PromptPositions) Training(int step, long n)
    {
        if (Curriculum?.Draw(step, n) is { } drawn)
        {
            return Draw(_samples.Training[drawn], "positions/curriculum", (int)n);
        }
        (int epoch, int index) = IndexOf(n);
        return Draw(_samples.Training[index], $"positions/{epoch}", index);
    }

    (int Epoch, int Index) IndexOf(long n)
    {
        int epoch = (int)(n / _samples.Training.Count);
        if (_shuffled.Epoch != epoch)
        {
            int[] order = [.. Enumerable.Range(0, _samples.Training.Count)];
            SeededRandom.For(_batches.Seed, "order", epoch).Shuffle<int>(order);
            _shuffled = (epoch, order);
        }
        return (epoch, _shuffled.Order[(int)(n % _samples.Training.Count)]);
    }

    (SampleTokens, PromptPositions) Draw(SampleTokens sample, string purpose, int index)
    {
        SeededRandom random = SeededRandom.For(_batches.Seed, purpose, index);
        try
        {
            return (sample, _positions.Assign((_objective is ISampledObjective ? Longest(sample) : sample).Shape, ref random));
        }
        catch (InputException e)
        {
            throw new InputException($"{sample.Id}: {e.Message}", e);
        }
    }

    /// <param name="drawn">Samples with their positions.</param>
    /// <param name="klEstimate">Estimated divergence from the reference; null for none.</param>
    IEnumerable<MicroStep> Pack(IEnumerable<(SampleTokens Sample, PromptPositions Positions)> drawn, double? klEstimate) =>
        Group(drawn, d => d.Sample)
            .Select(inTree =>
            {
                SampleTree tree = new();
                return Finish(
                    tree,
                    [.. inTree.Select(d => PlacedSample.Add(tree, Now(d.Sample), d.Positions, _objective, _samples))],
                    klEstimate);
            });

    /// <summary>The sample with its present responses; for planning, with the longest that can be sampled.</summary>
    SampleTokens Now(SampleTokens sample) =>
        _objective is ISampledObjective ? Sampler?.Current(sample) ?? Longest(sample) : Resampler?.Current(sample) ?? sample;

    /// <summary>The sample with responses as long as they can become.</summary>
    SampleTokens Longest(SampleTokens sample) => _objective is ISampledObjective { Sampling: var options }
        ? sample with { Rejected = [.. Enumerable.Repeat(new int[options.MaxNewTokens], options.Responses)] }
        : Resample?.Longest(sample) ?? sample;

    /// <summary>The rejected responses that are run; null for all.</summary>
    int? Rejected => _objective is ISampledObjective ? null : _objective.RejectedResponses;

    /// <summary>The rejected responses that are run after the long or the short context; null for all.</summary>
    int? WithShort => Rejected is { } count ? Math.Max(count, _objective.FewestRejected) : null;

    /// <summary>The turns that are also run after their short contexts.</summary>
    IReadOnlyList<SampleTokens> ShortTurns(SampleTokens sample) => _objective.ReadsShort ? _samples.ShortTurns[sample.Id] : [];

    /// <summary>Consecutive samples that share a tree.</summary>
    IEnumerable<List<T>> Group<T>(IEnumerable<T> samples, Func<T, SampleTokens> tokensOf) => TreeGroups.Of(
        samples,
        s => Longest(tokensOf(s)).Count(Rejected) + ShortTurns(tokensOf(s)).Sum(t => t.Count(_objective.FewestRejected)),
        _batches.MicroBatchTokens);

    /// <summary>
    /// Returns the size of a tree of these samples. A response's last row predicts the scored question of the next turn or nothing; its
    /// first token is predicted by its question's last row. The last row of what questions share predicts the first token of each, if
    /// scored.
    /// </summary>
    TreeSize SizeOf(List<SampleTokens> samples)
    {
        int rows = 0, last = 0, scored = 0;
        foreach (SampleTokens sample in samples)
        {
            int[] responses = [.. sample.All.SelectMany(t => t.Responses(Rejected)).Select(r => r.Length)];
            int prompt = sample.PromptTokens, turns = 1 + sample.Further.Count + sample.Questions.Count;
            rows += prompt + responses.Sum();
            last += responses.Sum() - responses.Length + (_objective.ScoresPrompt ? prompt + sample.Further.Count : turns);
            scored += responses.Sum() + (_objective.ScoresPrompt ? prompt - 1 : 0)
                + (_objective.Distillation?.TopK ?? 0) * sample.All.Sum(t => t.Chosen.Length);
            foreach (SampleTokens turn in ShortTurns(sample))
            {
                int[] after = [.. turn.All.SelectMany(t => t.Responses(_objective.FewestRejected)).Select(r => r.Length)];
                rows += turn.PromptTokens + after.Sum();
                last += after.Sum() - after.Length + 1;
                scored += after.Sum();
            }
        }
        return new(rows, last, scored);
    }

    MicroStep Finish(SampleTree builder, IReadOnlyList<PlacedSample> inTree, double? klEstimate)
    {
        TokenTree tree = builder.Build();
        return new(
            tree,
            (pass, dLogProbs, metrics) =>
            {
                foreach (PlacedSample placed in inTree)
                {
                    IReadOnlyList<SampledResponse>? sampled = Sampler?.Of(placed.Sample.Id);
                    double share = 1.0 / placed.Questions.Count;
                    foreach ((int k, string id) in placed.Sample.QuestionIds.Index())
                    {
                        PreferenceLogProbs logProbs = placed.Read(k, tree, pass.LogProbs, _samples, sampled) with
                        {
                            KlEstimate = klEstimate,
                        };
                        ObjectiveValue value = _objective.Evaluate(logProbs);
                        placed.Spread(k, tree, value, share / _batches.BatchSize, dLogProbs);
                        PreferenceMetrics.Add(metrics, id, logProbs, value, IsGreedy(tree, placed.Questions[k], pass.TopTokens), share);
                        if (Curriculum?.TaskOf(placed.Sample.Id) is { } task)
                        {
                            metrics.Add(Curriculum.Loss + task, value.Loss, share);
                        }
                    }
                }
            })
        {
            Samples = [.. inTree.Select(s => s.Sample.Id)],
        };
    }

    /// <summary>Greedy decoding would write exactly the chosen responses.</summary>
    static bool IsGreedy(TokenTree tree, SampleNodes nodes, ReadOnlySpan<int> topTokens)
    {
        foreach (SampleNodes turn in nodes.Turns)
        {
            int first = tree.Nodes[turn.Chosen].FirstScored;
            for (int i = first; i < first + tree.Nodes[turn.Chosen].ScoredCount; i++)
            {
                if (topTokens[i] != tree.Scored[i].Target)
                {
                    return false;
                }
            }
        }
        return true;
    }
}

/// <summary>Represents the samples of preference training.</summary>
/// <param name="Training">At least one.</param>
/// <param name="HeldOut">Only measured; may be empty.</param>
/// <param name="Reference">By question id, over all turns; empty for objectives without a reference.</param>
public sealed record PreferenceSamples(
    IReadOnlyList<SampleTokens> Training, IReadOnlyList<SampleTokens> HeldOut, IReadOnlyDictionary<string, PreferenceLogProbs> Reference)
{
    /// <summary>By sample id, each turn or question after its short context; empty for objectives that do not read it.</summary>
    public IReadOnlyDictionary<string, IReadOnlyList<SampleTokens>> ShortTurns { get; init; } =
        new Dictionary<string, IReadOnlyList<SampleTokens>>();

    /// <summary>By question id, over all turns, the reference after the short contexts; empty for objectives that do not read it.</summary>
    public IReadOnlyDictionary<string, PreferenceLogProbs> ShortReference { get; init; } = new Dictionary<string, PreferenceLogProbs>();

    /// <summary>By question id, the teacher's most likely tokens at each token of the chosen response; empty without a teacher.</summary>
    public IReadOnlyDictionary<string, IReadOnlyList<TeacherFile.Top>> Teacher { get; init; } =
        new Dictionary<string, IReadOnlyList<TeacherFile.Top>>();
}

/// <summary>Represents how samples are batched.</summary>
/// <param name="BatchSize">Samples per optimizer step.</param>
/// <param name="MicroBatchTokens">Maximum tokens per tree; a longer sample has a tree of its own. Limits the
/// memory; the result changes only by rounding.</param>
/// <param name="Seed">Seed of the run.</param>
public sealed record PreferenceBatches(int BatchSize, int MicroBatchTokens, int Seed);
