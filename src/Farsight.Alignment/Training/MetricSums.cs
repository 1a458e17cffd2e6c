namespace Farsight.Alignment.Training;

/// <summary>Accumulates weighted means of named metrics over the micro-steps of a step or an evaluation.</summary>
public sealed class MetricSums
{
    static readonly (string Name, double Share)[] s_quartiles =
        [("reward_margin_q25", 0.25), ("reward_margin_q50", 0.5), ("reward_margin_q75", 0.75)];

    readonly OrderedDictionary<string, (double Sum, double Weight)> _sums = [];
    readonly OrderedDictionary<string, double> _margins = [], _shares = [];

    /// <summary>Adds one observation.</summary>
    /// <param name="name">As it appears in metrics.jsonl: "loss", "reward_margin".</param>
    /// <param name="value">The number; when it is a mean already, of <paramref name="weight"/> things.</param>
    /// <param name="weight">How many things it stands for.</param>
    public void Add(string name, double value, double weight = 1)
    {
        (double sum, double total) = _sums.GetValueOrDefault(name);
        _sums[name] = (sum + value * weight, total + weight);
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
}
