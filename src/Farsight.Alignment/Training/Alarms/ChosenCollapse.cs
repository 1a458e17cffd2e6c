using System.Globalization;
using Farsight.Alignment.Runs;

namespace Farsight.Alignment.Training.Alarms;

/// <summary>Raises an alarm if chosen responses get less likely while the margin grows: likelihood displacement.</summary>
/// <remarks>
/// Described in arXiv:2410.08847: preference losses care for the difference only, and can win it by making both responses unlikely.
/// Each is compared with its own kind, for training samples have other texts, positions and attention than held-out ones: held-out
/// measurements with that of step 0, the mean over the last steps of training with the mean of its first ones, n steps of the warm-up.
/// Where the warm-up is shorter than <see cref="FirstSteps"/>, n is smaller (step 1 is computed before the first update, later ones are
/// not), and as the standard error of so short a mean is √(<see cref="FirstSteps"/>/n) times as large, so is the margin.
/// </remarks>
/// <param name="warmupSteps">Warm-up steps of the learning rate.</param>
/// <param name="remedy">What to change, as a part of a sentence.</param>
public sealed class ChosenCollapse(int warmupSteps, string remedy)
{
    /// <summary>The alarm's name.</summary>
    public const string Name = "chosen_collapse";

    /// <summary>How far the mean may fall, in nats per token: each token then has 61 % of its probability.</summary>
    internal const double MarginNats = 0.5;

    /// <summary>Steps of the moving average.</summary>
    internal const int AveragedSteps = 20;

    /// <summary>Maximum number of first steps that represent the model before training.</summary>
    internal const int FirstSteps = 5;

    readonly int _firstSteps = Math.Clamp(warmupSteps, 1, FirstSteps);
    readonly List<double> _first = [];
    readonly Queue<double> _last = [];
    double? _heldOutBefore;
    bool _raised;

    /// <summary>Checks a step; all steps must be passed in order.</summary>
    /// <returns>The finding and what to change, once; else null.</returns>
    public string? See(MetricsLine line)
    {
        string? ofTraining = OfTraining(line), seen = OfHeldOut(line) ?? ofTraining;
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
        if (line.Step == 0)
        {
            _heldOutBefore = now;
        }
        return _heldOutBefore is { } before ? Compare(now, before, MarginNats, "held-out responses") : null;
    }

    string? OfTraining(MetricsLine line)
    {
        if (!line.Values.TryGetValue(PreferenceMetrics.ChosenLogProb, out double now))
        {
            return null;
        }
        if (_first.Count < _firstSteps)
        {
            _first.Add(now);
        }
        _last.Enqueue(now);
        if (_last.Count > AveragedSteps)
        {
            _last.Dequeue();
        }
        double margin = MarginNats * Math.Sqrt((double)FirstSteps / _firstSteps);
        return _last.Count == AveragedSteps
            ? Compare(_last.Average(), _first.Average(), margin, $"responses of the last {AveragedSteps} steps")
            : null;
    }

    string? Compare(double now, double before, double margin, string which) =>
        now < before - margin
            ? string.Create(
                CultureInfo.InvariantCulture,
                $"the chosen {which} have {now:F2} nats per token and had {before:F2} before training, "
                + $"so they get less likely although the margin grows (likelihood displacement); {remedy}.")
            : null;
}
