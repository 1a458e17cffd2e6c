using Farsight.Alignment.Data;
using Farsight.Engine;
using Farsight.Engine.Numerics;

namespace Farsight.Alignment.Training;

/// <summary>Represents how the shares of a dataset's tasks follow the losses of the held-out samples.</summary>
/// <param name="Sharpness">How strongly shares follow the rewards; 0 keeps them equal. Default: 2.</param>
/// <param name="Memory">Weight of earlier rewards in their mean, in [0, 1). Default: 0.5.</param>
/// <param name="LeastShare">Minimum share of a task, as a part of an equal share, in [0, 1]. Default: 0.2.</param>
public sealed record CurriculumOptions(double Sharpness = 2, double Memory = 0.5, double LeastShare = 0.2)
{
    /// <summary>Returns the problems of the settings, each of the form "path.key: what is wrong; what to do".</summary>
    /// <param name="path">Where these options stand in the recipe.</param>
    internal IEnumerable<string> Problems(string path)
    {
        (string Key, double Value, bool Fits, string Range)[] checks =
        [
            ("sharpness", Sharpness, Sharpness >= 0 && double.IsFinite(Sharpness), "0 or more, 2 is usual"),
            ("memory", Memory, Memory is >= 0 and < 1, "0 to below 1"),
            ("least_share", LeastShare, LeastShare is >= 0 and <= 1, "0 to 1"),
        ];
        return checks
            .Where(c => !c.Fits)
            .Select(c => FormattableString.Invariant($"{path}.{c.Key}: {c.Value} is not usable; use {c.Range}."));
    }
}

/// <summary>Draws samples of several tasks, and gives more of them to the tasks whose held-out loss falls.</summary>
/// <remarks>
/// Source: Birdie, arXiv:2411.01030, and the example of the authors' code: with v = (new − old)/old, the reward of a task is −100·e·tanh(e
/// ·√(new·old)·v³), limited to [−1, 1]; exploration falls with a cosine over the first half of the run. There a recurrent network predicts
/// the rewards of many mixtures. Here the share of a task is the softmax of its mean reward, mixed with equal shares by the exploration.
/// Shares depend on the seed and on the measured losses only, which metrics.jsonl keeps, so a resumed run draws the same samples.
/// </remarks>
/// <param name="options">The options.</param>
/// <param name="training">The samples that are trained on, with the names of their tasks.</param>
/// <param name="heldOut">The samples that are only measured.</param>
/// <param name="steps">Steps of the whole run.</param>
/// <param name="seed">Seed of the run.</param>
public sealed class Curriculum(
    CurriculumOptions options, IReadOnlyList<PreferenceSample> training, IReadOnlyList<PreferenceSample> heldOut, int steps, int seed)
{
    /// <summary>Prefix of the metrics with the loss of each task: "loss/copying".</summary>
    internal const string Loss = "loss/";

    readonly IReadOnlyList<(string Task, int[] Samples)> _tasks =
    [
        .. training.Index().GroupBy(s => s.Item.Provenance.Task!, StringComparer.Ordinal).OrderBy(g => g.Key, StringComparer.Ordinal)
            .Select(g => (g.Key, g.Select(s => s.Index).ToArray())),
    ];
    readonly Dictionary<string, string> _taskOf = training.Concat(heldOut).ToDictionary(
        s => s.Id, s => s.Provenance.Task!, StringComparer.Ordinal);
    readonly Dictionary<string, double> _losses = new(StringComparer.Ordinal), _rewards = new(StringComparer.Ordinal);

    /// <summary>The names of the tasks in the order of the shares.</summary>
    internal IEnumerable<string> Tasks => _tasks.Select(t => t.Task);

    /// <summary>Refuses samples without a task, and tasks without a held-out sample.</summary>
    /// <exception cref="InputException">A sample or a task cannot be used.</exception>
    public static void Check(IReadOnlyList<PreferenceSample> training, IReadOnlyList<PreferenceSample> heldOut)
    {
        if (training.Concat(heldOut).FirstOrDefault(s => s.Provenance.Task is null) is { } without)
        {
            throw new InputException(
                $"Sample {without.Id} has no task in its provenance, by which a curriculum draws; use data of several tasks, as 'synth "
                    + "birdie' makes them, or remove curriculum.");
        }
        if (training.Select(s => s.Provenance.Task).Except(heldOut.Select(s => s.Provenance.Task)).FirstOrDefault() is { } unmeasured)
        {
            throw new InputException($"The task {unmeasured} has no held-out sample, by which its share could follow; raise held_out.");
        }
    }

    /// <summary>Returns the task of a sample.</summary>
    internal string? TaskOf(string id) => _taskOf.GetValueOrDefault(id);

    /// <summary>Takes the held-out losses after a step, in the order of the steps.</summary>
    internal void Observe(IReadOnlyDictionary<string, double> losses)
    {
        foreach (string task in Tasks)
        {
            if (losses.TryGetValue(Loss + task, out double now))
            {
                if (_losses.TryGetValue(task, out double before))
                {
                    _rewards[task] = options.Memory * _rewards.GetValueOrDefault(task) + (1 - options.Memory) * Reward(before, now);
                }
                _losses[task] = now;
            }
        }
    }

    /// <summary>Computes the reward of a task whose held-out loss changed.</summary>
    internal static double Reward(double before, double now)
    {
        double change = (now - before) / before;
        return before > 0 && now >= 0
            ? Math.Clamp(-100 * Math.E * Math.Tanh(Math.E * Math.Sqrt(now * before) * Math.Pow(change, 3)), -1, 1)
            : 0; // a loss below 0, as of some objectives, has no relative change
    }

    /// <summary>[tasks] Returns the shares in a step.</summary>
    internal double[] SharesAt(int step)
    {
        double half = steps / 2.0, exploration = step < half ? (1 + Math.Cos(Math.PI * step / half)) / 2 : 0;
        double equal = 1.0 / _tasks.Count, least = options.LeastShare * equal;
        double[] weights = [.. Tasks.Select(t => Math.Exp(options.Sharpness * _rewards.GetValueOrDefault(t)))];
        double sum = weights.Sum();
        return [.. weights.Select(w => least + (1 - options.LeastShare) * (exploration * equal + (1 - exploration) * w / sum))];
    }

    /// <summary>Draws the sample that is the n-th to be trained on: its index.</summary>
    /// <param name="step">The step.</param>
    /// <param name="n">Number of the sample over all steps.</param>
    internal int Draw(int step, long n)
    {
        SeededRandom random = SeededRandom.For(seed, "curriculum", (int)n);
        double[] shares = SharesAt(step);
        double place = random.NextDouble() * shares.Sum();
        int task = 0;
        while (task + 1 < shares.Length && place >= shares[task])
        {
            place -= shares[task++];
        }
        return random.Pick(_tasks[task].Samples);
    }
}
