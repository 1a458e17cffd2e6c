using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Farsight.Engine.Models;
using Farsight.Workflows.Timing;
using Farsight.Workflows.Train;

namespace Farsight.Cli.Output;

/// <summary>Prints a plan of memory and time as text, JSON or a Markdown table.</summary>
static class PlanText
{
    // Machines of the table. Their times follow from the peak per core.
    static readonly int[] s_tableCores = [2, 16, 64];

    // Bandwidths of the printed times, in Gbit/s.
    static readonly int[] s_bandwidths = [10, 100];

    static readonly (string Key, string Label, Func<MemoryPlan, long> Of)[] s_parts =
    [
        ("weights", "weights", m => m.Weights),
        ("adapter", "adapter", m => m.Adapter),
        ("embeddings", "embeddings", m => m.Embeddings),
        ("optimizer", "optimizer", m => m.Optimizer),
        ("activations", "activations", m => m.Activations),
        ("scratch", "layer workspace", m => m.Scratch),
        ("runtime", "runtime", m => m.Runtime),
        ("total", "total", m => m.Total),
    ];

    /// <summary>Prints a plan as a table with a column per level of recomputation.</summary>
    /// <param name="plan">The plan.</param>
    /// <param name="shape">File of the shape that was planned for; null for the recipe's own model and data.</param>
    /// <param name="peak">The peak and where it comes from.</param>
    internal static void Print(TrainPlan plan, string? shape, string peak)
    {
        if (shape is not null)
        {
            Console.WriteLine(
                $"Planned for the shape in {Path.GetFileName(shape)}, without the recipe's model and data. All samples have that length.");
            Console.WriteLine();
        }
        Console.WriteLine($"largest tree        {plan.Largest.Rows} tokens, {plan.Largest.Scored} scored");
        Console.WriteLine(
            $"embeddings          {(shape is null ? "" : "up to ")}{plan.EmbeddingRows} of {plan.Model.VocabSize} tokens used");
        Console.WriteLine(
            string.Create(CultureInfo.InvariantCulture, $"tokens per step     {plan.TokensPerStep:F0}, {plan.Steps} steps"));
        if (plan.LongestSample > 0)
        {
            Console.WriteLine(
                $"window              {plan.Model.MaxPositionEmbeddings} tokens, longest sample {plan.LongestSample}, "
                    + $"{plan.SamplesBeyondWindow} beyond the window");
        }
        Console.WriteLine($"peak                {peak}");
        if (plan.Ranks.Count > 1)
        {
            Console.WriteLine(
                $"ranks               {plan.Ranks.Count}: {plan.Ranks.Data} for micro-steps, "
                    + $"times {plan.Ranks.Context} for the tokens of each; "
                    + "figures are those of one rank");
        }
        foreach (PlannedPass pass in plan.Passes)
        {
            string when = pass.IsPerStep ? "in each step" : "before the first step";
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture, $"{pass.Purpose + ": ",-20}{pass.Tokens:F0} tokens forward, {when}"));
        }
        Console.WriteLine();
        Console.WriteLine($"{"recomputed",-18}{Row(plan, l => Name(l.Level))}");
        foreach ((_, string label, Func<MemoryPlan, long> of) in s_parts)
        {
            Console.WriteLine($"{label,-18}{Row(plan, l => TrainPlan.Text(of(l.Memory)))}");
        }
        Console.WriteLine($"{"time per step",-18}{Row(plan, l => TrainPlan.Duration(l.SecondsPerStep))}");
        if (plan.Ranks.Count > 1)
        {
            Console.WriteLine($"{"sent per step",-18}{Row(plan, l => TrainPlan.Text((long)l.Traffic.Total))}");
            foreach (int bandwidth in s_bandwidths)
            {
                Console.WriteLine(
                    $"{$"at {bandwidth} Gbit/s",-18}{Row(plan, l => TrainPlan.Duration(l.Traffic.Seconds(bandwidth * 1e9)))}");
            }
        }
        Console.WriteLine(
            $"{(plan.Ranks.Count > 1 ? $"run, {s_bandwidths[0]} Gbit/s" : "whole run"),-18}"
                + Row(plan, l => TrainPlan.Duration(
                    plan.SecondsBefore + (l.SecondsPerStep + l.Traffic.Seconds(s_bandwidths[0] * 1e9)) * plan.Steps)));
        Console.WriteLine();
        Console.WriteLine(plan.Chosen is { } chosen
            ? $"With {TrainPlan.Text(plan.Budget)} of memory, training recomputes {TrainPlan.Describe(chosen.Level)}."
            : $"No plan fits in {TrainPlan.Text(plan.Budget)} of memory.");
        if (plan.Alternatives.Count > 0)
        {
            Console.WriteLine("Changes that need less memory, and what each of them needs at least:");
            foreach (PlanAlternative change in plan.Alternatives)
            {
                Console.WriteLine($"  {TrainPlan.Text(change.Total),9}  {(change.Fits ? "fits" : "too large"),-9}  {Describe(change)}");
            }
        }
    }

    /// <summary>Prints a Markdown table with a row per size and context.</summary>
    /// <param name="peak">FLOP/s per core.</param>
    internal static void PrintTable(double peak)
    {
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"1,000 LOGO samples: a prompt as long as the context and three responses of 200 tokens; {peak / 1e9:F0} GFLOP/s per core."));
        Console.WriteLine("The backward pass recomputes each layer. The last two columns are without recomputation.");
        Console.WriteLine();
        string cores = string.Concat(s_tableCores.Select(c => $" {c} cores |"));
        Console.WriteLine($"| model | context | memory |{cores} memory, nothing recomputed | time |");
        Console.WriteLine($"|---|--:|--:|{string.Concat(s_tableCores.Select(_ => "--:|"))}--:|--:|");
        foreach (SizePlan row in SizePlan.All(peak))
        {
            LevelPlan fastest = row.Plan.Levels[0], leanest = row.Plan.Levels[^1];
            string times = string.Concat(
                s_tableCores.Select(c => $" {TrainPlan.Duration(1000 * leanest.SecondsPerStep / c)} |"));
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"| {row.Size} | {row.Context / 1024}K | {TrainPlan.Text(leanest.Memory.Total)} |{times} "
                    + $"{TrainPlan.Text(fastest.Memory.Total)} | −{100 - 100 * fastest.SecondsPerStep / leanest.SecondsPerStep:F0} % |"));
        }
    }

    static string Describe(PlanAlternative change) => string.Join(
        " ",
        change.Settings.Select(s => $"--set {s}")
            .Concat(change.LongestSample is { } tokens ? [$"with samples of at most {tokens} tokens"] : []));

    static string Row(TrainPlan plan, Func<LevelPlan, string> text) => string.Concat(plan.Levels.Select(l => $"{text(l),16}"));

    static string Name(Recomputation level) => level switch
    {
        Recomputation.None => "nothing",
        Recomputation.Mlp => "MLP",
        Recomputation.Layer => "layers",
        _ => "layers, BF16",
    };

    /// <summary>Formats a plan; a shape file states no window.</summary>
    internal static JsonObject Json(TrainPlan plan, bool hasWindow) => new()
    {
        ["tokens"] = plan.Largest.Rows,
        ["scored_tokens"] = plan.Largest.Scored,
        ["tokens_per_step"] = plan.TokensPerStep,
        ["steps"] = plan.Steps,
        ["seconds_before"] = plan.SecondsBefore,
        ["passes"] = new JsonArray([.. plan.Passes.Select(Json)]),
        ["window"] = hasWindow ? plan.Model.MaxPositionEmbeddings : null,
        ["longest_sample"] = plan.LongestSample,
        ["samples_beyond_window"] = plan.SamplesBeyondWindow,
        ["embedding_rows"] = plan.EmbeddingRows,
        ["ranks"] = plan.Ranks.Count,
        ["context_parallel"] = plan.Ranks.Context,
        ["budget"] = plan.Budget,
        ["chosen"] = plan.Chosen is { } chosen ? Key(chosen.Level) : null,
        ["levels"] = new JsonArray([.. plan.Levels.Select(Json)]),
        ["alternatives"] = new JsonArray([.. plan.Alternatives.Select(Json)]),
    };

    static JsonNode Json(LevelPlan level)
    {
        JsonObject json = new() { ["recomputation"] = Key(level.Level) };
        foreach ((string key, _, Func<MemoryPlan, long> of) in s_parts)
        {
            json[key] = of(level.Memory);
        }
        json["seconds_per_step"] = level.SecondsPerStep;
        json["sent_bytes_per_step"] = level.Traffic.Total;
        return json;
    }

    static JsonNode Json(PlannedPass pass) => new JsonObject
    {
        ["purpose"] = pass.Purpose,
        ["tokens"] = pass.Tokens,
        ["flops"] = pass.Flops,
        ["per_step"] = pass.IsPerStep,
    };

    static JsonNode Json(PlanAlternative change) => new JsonObject
    {
        ["settings"] = new JsonArray([.. change.Settings.Select(s => JsonValue.Create(s))]),
        ["longest_sample"] = change.LongestSample,
        ["total"] = change.Total,
        ["fits"] = change.Fits,
    };

    static string Key(Recomputation level) => JsonNamingPolicy.SnakeCaseLower.ConvertName(level.ToString());
}
