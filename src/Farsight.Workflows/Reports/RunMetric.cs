using System.Globalization;
using Farsight.Alignment.Training;
using Farsight.Alignment.Training.Pretraining;
using Farsight.Evaluation.Report;

namespace Farsight.Workflows.Reports;

/// <summary>Represents a metric as reports show it.</summary>
/// <param name="Key">Key in metrics.jsonl.</param>
/// <param name="Title">Name for people.</param>
/// <param name="Unit">Unit of the shown numbers; empty for none.</param>
sealed record RunMetric(string Key, string Title, string Unit)
{
    const string Percent = "percent", Nats = "nats", PerToken = "nats per token", Reward = "reward";

    internal const string GradientNorm = "gradient_norm", LearningRate = "learning_rate", ExpertImbalance = "expert_imbalance";

    /// <summary>Lists the metrics in the order of tables; a run has some of them.</summary>
    internal static IReadOnlyList<RunMetric> All { get; } =
    [
        new(PreferenceMetrics.Loss, "Loss", Nats),
        new(PreferenceMetrics.RewardMargin, "Reward margin", Reward),
        new(PreferenceMetrics.RewardAccuracy, "Reward accuracy", Percent),
        new(PreferenceMetrics.ChosenLogProb, "Chosen log-probability", PerToken),
        new(PreferenceMetrics.RejectedLogProb, "Rejected log-probability", PerToken),
        new(PreferenceMetrics.ChosenExactMatch, "Chosen exact match", Percent),
        new(PretrainingWork.AnswerExactMatch, "Answer exact match", Percent),
        new(PreferenceMetrics.ChosenReward, "Chosen reward", Reward),
        new(PreferenceMetrics.RejectedReward, "Rejected reward", Reward),
        new(PreferenceMetrics.PreferenceShare, "Preference share of the gradient", Percent),
        new(PreferenceMetrics.PreferenceGradient, "Preference gradient", Percent),
        new(PreferenceMetrics.LiveComparisons, "Live comparisons", Percent),
        new(PreferenceMetrics.PromptLogProb, "Prompt log-probability", PerToken),
        new(GradientNorm, "Gradient norm", ""),
        new(LearningRate, "Learning rate", ""),
        new(ExpertImbalance, "Expert imbalance", ""),
    ];

    /// <summary>Gets the factor from the value in metrics.jsonl to the shown number.</summary>
    internal double Scale => Unit == Percent ? 100 : 1;

    /// <summary>Gets the title with the unit: "Loss (nats)".</summary>
    internal string Label => Unit.Length > 0 ? $"{Title} ({Unit})" : Title;

    /// <summary>Returns the metric of a key.</summary>
    internal static RunMetric Of(string key) => All.First(m => m.Key == key);

    /// <summary>Formats a value of metrics.jsonl; "–" for none.</summary>
    internal string Format(double? value) =>
        value is not { } v || !double.IsFinite(v) ? "–" : v < 0 ? $"−{Size(-v)}" : Size(v);

    /// <summary>Formats a share with its sign: "12.5 %"; other values as <see cref="Format"/>.</summary>
    internal string FormatLarge(double? value) => Unit == Percent ? $"{Format(value)} %" : Format(value);

    /// <summary>Formats the 95 % interval of the metric in some values: "1.2 to 1.4"; empty if they have none.</summary>
    internal string Range(IReadOnlyDictionary<string, double> values) =>
        MeanInterval.Of(values, Key, Scale != 1) is { } interval ? $"{Format(interval.Low)} to {Format(interval.High)}" : "";

    /// <summary>Formats the 95 % interval of the change between two measurements; empty if they have none.</summary>
    internal string ChangeRange(IReadOnlyDictionary<string, double> before, IReadOnlyDictionary<string, double> after) =>
        MeanInterval.OfChange(before, after, Key, Scale != 1) is { } interval
            ? $"{Change(0, interval.Low)} to {Change(0, interval.High)}"
            : "";

    string Size(double value) =>
        Unit == Percent ? ReportText.Fixed(100 * value, 1)
        : Unit.Length > 0 && value is 0 or >= 0.001 ? ReportText.Fixed(value, 3)
        : ReportText.Rounded(value);

    /// <summary>Formats the change between two values with its sign; "–" if one is missing.</summary>
    internal string Change(double? before, double? after)
    {
        if (before is not { } b || after is not { } a || !double.IsFinite(a - b))
        {
            return "–";
        }
        string size = Size(Math.Abs(a - b));
        return size.All(c => c is '0' or '.') ? size : string.Create(CultureInfo.InvariantCulture, $"{(a > b ? "+" : "−")}{size}");
    }
}
