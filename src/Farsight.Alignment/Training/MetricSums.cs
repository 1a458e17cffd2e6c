namespace Farsight.Alignment.Training;

/// <summary>Accumulates weighted means of named metrics over the micro-steps of a step or an evaluation.</summary>
public sealed class MetricSums
{
    /// <summary>Endings of the names of a mean's standard error and of its number of observations in <see cref="Measured"/>.</summary>
    public const string ErrorEnding = "_se", CountEnding = "_n";

    static readonly (string Name, double Share)[] s_quartiles =
        [("reward_margin_q25", 0.25), ("reward_margin_q50", 0.5), ("reward_margin_q75", 0.75)];

    readonly OrderedDictionary<string, (double Sum, double Weight)> _sums = [];
    readonly Dictionary<string, List<(double Value, double Weight)>> _observations = [];
    readonly OrderedDictionary<string, double> _margins = [], _shares = [];

    /// <summary>Adds one observation.</summary>
    /// <param name="name">As it appears in metrics.jsonl: "loss", "reward_margin".</param>
    /// <param name="value">The number; when it is a mean already, of <paramref name="weight"/> things.</param>
    /// <param name="weight">How many things it stands for.</param>
    public void Add(string name, double value, double weight = 1)
    {
        (double sum, double total) = _sums.GetValueOrDefault(name);
        _sums[name] = (sum + value * weight, total + weight);
        if (!_observations.TryGetValue(name, out List<(double, double)>? observations))
        {
            _observations[name] = observations = [];
        }
        observations.Add((value, weight));
    }

    /// <summary>Keeps one question's reward margin by itself.</summary>
    /// <param name="question">Id of the question; a repeated question replaces its margin.</param>
    /// <param name="margin">Chosen minus rejected reward.</param>
    internal void KeepMargin(string question, double margin) => _margins[question] = margin;

    /// <summary>Keeps one question's preference share by itself.</summary>
    /// <param name="question">Id of the question; a repeated question replaces its share.</param>
    /// <param name="share">Share of the chosen response's gradient that comes from the comparison.</param>
    internal void KeepPreferenceShare(string question, double share) => _shares[question] = share;

    /// <summary>Preference shares by question id, in the order of their first appearance; empty where nothing is compared.</summary>
    internal IReadOnlyDictionary<string, double> PreferenceShares => _shares;

    /// <summary>Reward margins by question id, in the order of their first appearance; empty where nothing is compared.</summary>
    public IReadOnlyDictionary<string, double> Margins => _margins;

    /// <summary>Tells whether a name is that of a standard error or a count.</summary>
    public static bool IsBesideMean(string name) =>
        name.EndsWith(ErrorEnding, StringComparison.Ordinal) || name.EndsWith(CountEnding, StringComparison.Ordinal);

    /// <summary>
    /// Returns the means, in the order of their first appearance, and the quartiles of the margins, each of them a margin of a question. A
    /// mean hides that most questions are decided.
    /// </summary>
    public OrderedDictionary<string, double> Means()
    {
        OrderedDictionary<string, double> means = [];
        foreach ((string name, (double sum, double weight)) in _sums)
        {
            means[name] = sum / weight;
        }
        if (_margins.Count > 0)
        {
            double[] sorted = [.. _margins.Values.Order()];
            foreach ((string name, double share) in s_quartiles)
            {
                means[name] = sorted[(int)Math.Ceiling(share * sorted.Length) - 1];
            }
        }
        return means;
    }

    /// <summary>
    /// Returns the means, and after each its standard error and its number of observations if there are at least two.
    /// </summary>
    /// <remarks>√(k/(k − 1) · Σ w² (x − mean)²) / Σ w, which is s/√k for equal weights; observations count as independent.</remarks>
    public OrderedDictionary<string, double> Measured()
    {
        OrderedDictionary<string, double> measured = [];
        foreach ((string name, double mean) in Means())
        {
            measured[name] = mean;
            if (_observations.GetValueOrDefault(name) is { Count: > 1 and var count } observations)
            {
                double squares = observations.Sum(o => o.Weight * o.Weight * (o.Value - mean) * (o.Value - mean));
                measured[name + ErrorEnding] = Math.Sqrt(squares * count / (count - 1)) / _sums[name].Weight;
                measured[name + CountEnding] = count;
            }
        }
        return measured;
    }
}
