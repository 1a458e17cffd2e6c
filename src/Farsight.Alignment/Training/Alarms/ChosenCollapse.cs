using System.Globalization;
using Farsight.Alignment.Runs;

namespace Farsight.Alignment.Training.Alarms;

/// <summary>The alarm for chosen responses that get less likely while the margin grows: likelihood displacement.</summary>
/// <remarks>
/// Described in arXiv:2410.08847: preference losses care for the difference only, and can win it by making both responses unlikely.
/// Before training counts what was measured at step 0 on the held-out samples, or, where nothing is held out, the mean of the first steps.
/// Compared with it are each later held-out measurement and the mean over the last steps.
/// </remarks>
public sealed class ChosenCollapse
{
    /// <summary>The alarm's name.</summary>
    public const string Name = "chosen_collapse";

    /// <summary>How far the mean may fall, in nats per token: each token then has 61 % of its probability.</summary>
    public const double MarginNats = 0.5;

    /// <summary>Steps of the moving average.</summary>
    public const int AveragedSteps = 20;

    /// <summary>First steps that stand for the model before training, where nothing is held out.</summary>
    public const int FirstSteps = 5;

    internal const string Remedy = "raise objective.sft_weight to 1 to 10 where the objective has one, or lower optimizer.learning_rate";

    readonly List<double> _first = [];
    readonly Queue<double> _last = [];
    double? _before;
    bool _raised;

    /// <summary>Looks at a step; all of them, in their order.</summary>
    /// <returns>What was seen and what to change, once; else null.</returns>
    public string? See(MetricsLine line)
    {
        string? seen = OfHeldOut(line) ?? OfTraining(line);
        if (_raised || seen is null)
        {
            return null;
        }
        _raised = true;
        return seen;
    }

    string? OfHeldOut(MetricsLine line)
    {
        if (line.HeldOut is null || !line.HeldOut.TryGetValue(PreferenceMetrics.ChosenLogProb, out double now))
        {
            return null;
        }
        return line.Step == 0 ? Begin(now) : Compare(now, "held-out responses");
    }

    string? OfTraining(MetricsLine line)
    {
        if (!line.Values.TryGetValue(PreferenceMetrics.ChosenLogProb, out double now))
        {
            return null;
        }
        _last.Enqueue(now);
        if (_last.Count > AveragedSteps)
        {
            _last.Dequeue();
        }
        if (_before is null)
        {
            _first.Add(now);
            return _first.Count == FirstSteps ? Begin(_first.Average()) : null;
        }
        return _last.Count == AveragedSteps ? Compare(_last.Average(), $"responses of the last {AveragedSteps} steps") : null;
    }

    string? Begin(double value)
    {
        _before = value;
        return null;
    }

    string? Compare(double now, string which) => _before is { } before && now < before - MarginNats
        ? string.Create(CultureInfo.InvariantCulture,
            $"the chosen {which} have {now:F2} nats per token and had {before:F2} before training, so they get less likely whatever the margin says (likelihood displacement); {Remedy}.")
        : null;
}
