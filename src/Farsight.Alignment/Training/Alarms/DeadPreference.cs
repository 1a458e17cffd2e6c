using System.Globalization;
using Farsight.Alignment.Runs;

namespace Farsight.Alignment.Training.Alarms;

/// <summary>
/// Raises an alarm if the comparison of responses has no effect: its gradient has vanished for nearly all questions, or another term
/// outweighs it.
/// </summary>
/// <remarks>
/// The margin of such a run still grows, but because of the likelihood term: what is trained is instruction tuning on the chosen
/// responses. Held-out samples are judged from step 0 on, before a step is paid for; training samples as a mean of the last steps.
/// </remarks>
public sealed class DeadPreference
{
    /// <summary>The alarm's name.</summary>
    public const string Name = "dead_preference";

    /// <summary>Minimum mean of <see cref="PreferenceMetrics.LiveComparisons"/>.</summary>
    internal const double LeastLive = 0.1;

    /// <summary>Minimum mean of <see cref="PreferenceMetrics.PreferenceShare"/>.</summary>
    internal const double LeastShare = 0.01;

    /// <summary>Steps of the moving average.</summary>
    internal const int AveragedSteps = 20;

    readonly Queue<IReadOnlyDictionary<string, double>> _last = [];
    bool _raised;

    /// <summary>Checks a step; all steps must be passed in order.</summary>
    /// <returns>The finding and what to change, once; else null.</returns>
    public string? See(MetricsLine line)
    {
        if (line.Step > 0)
        {
            _last.Enqueue(line.Values);
        }
        if (_last.Count > AveragedSteps)
        {
            _last.Dequeue();
        }
        string? seen = (line.HeldOut is null ? null : Judge([line.HeldOut], "the held-out samples"))
            ?? (_last.Count < AveragedSteps ? null : Judge(_last, $"the last {AveragedSteps} steps"));
        if (_raised || seen is null)
        {
            return null;
        }
        _raised = true;
        return seen;
    }

    static string? Judge(IReadOnlyCollection<IReadOnlyDictionary<string, double>> metrics, string of)
    {
        double? Mean(string name) => metrics.All(m => m.ContainsKey(name)) ? metrics.Average(m => m[name]) : null;
        if (Mean(PreferenceMetrics.LiveComparisons) is { } live && live < LeastLive)
        {
            return string.Create(
                CultureInfo.InvariantCulture,
                $"the comparison still trains {live:P1} of the questions, measured on {of}; the margins of the others are already wide. "
                + $"Use rejected responses that are closer to the chosen ones; with logo and simpo, also a larger objective.gamma.");
        }
        return Mean(PreferenceMetrics.PreferenceShare) is { } share && share < LeastShare
            ? string.Create(
                CultureInfo.InvariantCulture,
                $"{share:P2} of the chosen responses' gradient comes from the comparison on {of}, so this run is almost instruction "
                + $"tuning; lower the weight of the likelihood term, or use rejected responses that are closer to the chosen ones.")
            : null;
    }
}
