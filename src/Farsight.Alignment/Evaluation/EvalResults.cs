using Farsight.Alignment.Evaluation.Metrics;

namespace Farsight.Alignment.Evaluation;

/// <summary>What an evaluation found: results.json.</summary>
/// <param name="Model">As in <see cref="EvalPlan.Model"/>.</param>
/// <param name="Seed">Of everything drawn.</param>
/// <param name="Haystack">Which documents.</param>
/// <param name="Tasks">In the order they were run.</param>
/// <param name="Perplexity">By length; empty when it was not measured.</param>
/// <param name="Examples">Every example with its completion, task by task.</param>
public sealed record EvalResults(
    string Model, int Seed, string Haystack, IReadOnlyList<TaskResult> Tasks,
    IReadOnlyList<PerplexityResult> Perplexity, IReadOnlyList<EvalRecord> Examples);

/// <summary>One task's aggregates.</summary>
/// <param name="Task">Its name.</param>
/// <param name="Version">Scores of different versions are not comparable.</param>
/// <param name="Title">For people.</param>
/// <param name="Metric">What the means are means of.</param>
/// <param name="Chance">Expected score of a guesser.</param>
/// <param name="Lengths">Over all depths.</param>
/// <param name="Cells">By length and depth, in the order they were run. A cell that was not run is absent.</param>
public sealed record TaskResult(
    string Task, int Version, string Title, string Metric, double Chance,
    IReadOnlyList<CellResult> Lengths, IReadOnlyList<CellResult> Cells)
{
    /// <summary>Aggregates the records of one task.</summary>
    public static TaskResult Of(EvalTaskCard card, IReadOnlyList<EvalRecord> records) => new(
        card.Name, card.Version, card.Title, card.Metric, card.Chance,
        [.. records.GroupBy(r => r.Length).Select(g => CellResult.Of(g.Key, null, [.. g]))],
        [.. records.GroupBy(r => (r.Length, r.Depth)).Select(g => CellResult.Of(g.Key.Length, g.Key.Depth, [.. g]))]);
}

/// <summary>The mean of some examples, with its 95 % interval.</summary>
/// <param name="Length">Context tokens.</param>
/// <param name="Depth">0 to 1; null for all depths together.</param>
/// <param name="N">Examples, failed ones included.</param>
/// <param name="Failed">How many failed; they count as wrong.</param>
/// <param name="Mean">0 to 1.</param>
/// <param name="Low">Lower end of Wilson's interval.</param>
/// <param name="High">Upper end.</param>
/// <param name="Beside">Means of the further metrics.</param>
public sealed record CellResult(
    int Length, double? Depth, int N, int Failed, double Mean, double Low, double High, IReadOnlyDictionary<string, double> Beside)
{
    internal static CellResult Of(int length, double? depth, IReadOnlyList<EvalRecord> records)
    {
        double mean = records.Average(r => r.Score);
        Interval interval = Interval.Wilson(mean, records.Count);
        Dictionary<string, double> beside = [];
        foreach (string metric in records[0].Beside.Keys)
        {
            beside[metric] = records.Average(r => r.Beside[metric]);
        }
        return new(length, depth, records.Count, records.Count(r => r.Failed is not null), mean, interval.Low, interval.High, beside);
    }
}
