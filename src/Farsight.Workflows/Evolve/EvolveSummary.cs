using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using Farsight.Alignment.Training;
using Farsight.Evaluation.Report;
using Farsight.Workflows.Train;
using static System.FormattableString;

namespace Farsight.Workflows.Evolve;

/// <summary>Writes the results of a self-evolution: evolution.json for programs, a report for people.</summary>
static class EvolveSummary
{
    static readonly JsonSerializerOptions s_json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        WriteIndented = true,
        NewLine = "\n",
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    /// <summary>
    /// Formats every model with its numbers by task and length, and the iterations' settings; no clock time, so that a repeated run has
    /// the same bytes.
    /// </summary>
    internal static string ToJson(EvolveRecipe recipe, IReadOnlyList<ModelResults> models) =>
        JsonSerializer.Serialize(
            new
            {
                models = models.Select(m => new
                {
                    m.Name,
                    m.Window,
                    tasks = m.Results.Tasks.ToDictionary(
                        t => t.Task,
                        t =>
                            t.Lengths.ToDictionary(
                                c => Invariant($"{c.Length}"),
                                c => new
                                {
                                    c.Mean,
                                    c.Low,
                                    c.High,
                                    c.N,
                                })),
                }),
                iterations = recipe.Iterations,
            },
            s_json
        ) + "\n";

    /// <summary>Builds the report.</summary>
    /// <param name="recipe">Recipe of the run.</param>
    /// <param name="models">In the order of comparison.</param>
    /// <param name="runOf">The run directory of an iteration.</param>
    internal static ReportModel Report(EvolveRecipe recipe, IReadOnlyList<ModelResults> models, Func<int, string> runOf) =>
        EvalReport.Of(
            "Self-evolution to a longer window",
            $"A model with a window of {models[0].Window} tokens makes preference data from longer documents and is trained on them, "
                + "repeatedly, "
                + $"up to {recipe.Iterations[^1].Window} tokens. The numbers at {models[0].Window} tokens show whether short contexts "
                    + "got worse; "
                + "those at longer lengths show what was gained.",
            [.. models.Select(m => new ReportVariant(m.Name, m.Results))],
            [
                Curve(recipe, runOf, "Chosen log-probability, held out", "nats per token", PreferenceMetrics.ChosenLogProb, heldOut: true),
                Curve(recipe, runOf, "Chosen exact match, held out", "share", PreferenceMetrics.ChosenExactMatch, heldOut: true),
                Curve(recipe, runOf, "Reward margin", "reward", PreferenceMetrics.RewardMargin, heldOut: false),
                Curve(recipe, runOf, "Loss", "nats", PreferenceMetrics.Loss, heldOut: false),
            ],
            [.. recipe.Iterations.Select((it, i) => new Setting(Name(i), Describe(it)))]);

    static string Describe(EvolveIteration it) =>
        string.Create(
            CultureInfo.InvariantCulture,
            $"window {it.Window}, rope {it.Rope ?? "unchanged"}, {it.Samples} samples of up to {it.Turns} turns, "
                + $"documents of up to {it.DocumentTokens} tokens, chunks of {it.MinChunkTokens} to {it.ChunkTokens}, "
                + $"{it.Steps} steps of {it.BatchSize} samples");

    static LineChart Curve(EvolveRecipe recipe, Func<int, string> runOf, string title, string unit, string metric, bool heldOut) =>
        RunCurves.Chart(title, unit, metric, heldOut, Enumerable.Range(0, recipe.Iterations.Count).Select(i => (Name(i), runOf(i))));

    /// <summary>Returns the name of an iteration for people.</summary>
    internal static string Name(int index) => Invariant($"iteration {index + 1}");
}
