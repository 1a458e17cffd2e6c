using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Farsight.Alignment.Recipes;
using Farsight.Cli.Options;
using Farsight.Cli.Output;
using Farsight.Engine.Machine;
using Farsight.Engine.Models;
using Farsight.Workflows.Timing;
using Farsight.Workflows.Train;

namespace Farsight.Cli.Commands;

/// <summary><c>farsight plan</c>: what a training run will take in memory and time, before it is started.</summary>
static class PlanCommand
{
    static readonly Argument<string> s_recipe = new("recipe") { Description = "The recipe of a training run, a .jsonc file." };
    static readonly Option<string[]> s_set = new("--set")
    {
        Description = "Override a key of the recipe, as in --set lora.rank=8. May be given several times.",
    };
    static readonly Option<string?> s_shape = new("--shape")
    {
        Description =
            "Plan for this shape of a model and of its samples, JSON as for bench step, and not for what the recipe names; the recipe's plan_shape by default, while base model or data are missing.",
    };
    static readonly Option<bool> s_json = new("--json") { Description = "One line of JSON on stdout, in bytes and seconds." };
    static readonly MemoryOption s_memory = new();
    static readonly ThreadsOption s_threads = new();

    static readonly (string Key, string Label, Func<MemoryPlan, long> Of)[] s_parts =
    [
        ("weights", "weights", m => m.Weights),
        ("adapter", "adapter", m => m.Adapter),
        ("embeddings", "embeddings", m => m.Embeddings),
        ("optimizer", "optimizer", m => m.Optimizer),
        ("activations", "activations", m => m.Activations),
        ("scratch", "inside a layer", m => m.Scratch),
        ("runtime", "runtime", m => m.Runtime),
        ("total", "together", m => m.Total),
    ];

    internal static Command Create()
    {
        Command command = new(
            "plan",
            "Show what a training run will take in memory and time, and how it will be fitted into what there is.")
        {
            s_recipe,
            s_shape,
            s_memory,
            s_set,
            s_threads,
            s_json,
        };
        command.SetAction(Run);
        return command;
    }

    static int Run(ParseResult parse)
    {
        string path = Bundled.Locate(parse.GetValue(s_recipe)!);
        s_threads.Apply(parse);
        TrainRecipe recipe = RecipeFile.Read<TrainRecipe>(path, parse.GetValue(s_set) ?? []);
        string? shape = ShapeOf(recipe, path, parse.GetValue(s_shape));
        double peak = MachinePeak.Measure().AllCores;
        TrainPlan plan = shape is null
            ? TrainPlan.Of(recipe, path, parse.GetValue(s_memory), peak)
            : TrainPlan.Of(recipe, Planned(StepShape.Read(shape)), parse.GetValue(s_memory), peak);
        if (parse.GetValue(s_json))
        {
            Console.WriteLine(Json(plan).ToJsonString());
        }
        else
        {
            Print(plan, shape);
        }
        return plan.Chosen is null ? ExitCode.Failed : ExitCode.Done;
    }

    /// <summary>The file that is planned by; null where it is the recipe's own model and data.</summary>
    static string? ShapeOf(TrainRecipe recipe, string path, string? asked) =>
        asked ?? (recipe.PlanShape is { } own && !(RecipeFile.Exists(path, recipe.BaseModel) && RecipeFile.Exists(path, recipe.Data))
            ? RecipeFile.Locate(path, "plan_shape", own)
            : null);

    static PlannedShape Planned(StepShape shape) => new(shape.Model, shape.Prompt, shape.Responses);

    static void Print(TrainPlan plan, string? shape)
    {
        if (shape is not null)
        {
            Console.WriteLine(
                $"Without the recipe's model and data: planned from the shape in {Path.GetFileName(shape)}, every sample of that length.");
            Console.WriteLine();
        }
        Console.WriteLine($"largest tree        {plan.Largest.Rows} tokens, {plan.Largest.Scored} of them scored");
        Console.WriteLine(
            $"embeddings          {(shape is null ? "" : "at most ")}{plan.EmbeddingRows} of {plan.Model.VocabSize} tokens occur");
        Console.WriteLine(
            string.Create(CultureInfo.InvariantCulture, $"a step              {plan.TokensPerStep:F0} tokens, {plan.Steps} steps"));
        Console.WriteLine();
        Console.WriteLine($"{"computed again",-18}{Row(plan, l => Name(l.Level))}");
        foreach ((_, string label, Func<MemoryPlan, long> of) in s_parts)
        {
            Console.WriteLine($"{label,-18}{Row(plan, l => TrainPlan.Text(of(l.Memory)))}");
        }
        Console.WriteLine($"{"seconds a step",-18}{Row(plan, l => Number(l.SecondsPerStep))}");
        Console.WriteLine($"{"hours in all",-18}{Row(plan, l => Number(l.SecondsPerStep * plan.Steps / 3600))}");
        Console.WriteLine();
        Console.WriteLine(plan.Chosen is { } chosen
            ? $"Within {TrainPlan.Text(plan.Budget)} training computes {TrainPlan.Describe(chosen.Level)} again."
            : $"Nothing fits into {TrainPlan.Text(plan.Budget)}.");
    }

    static string Row(TrainPlan plan, Func<LevelPlan, string> text) => string.Concat(plan.Levels.Select(l => $"{text(l),16}"));

    static string Number(double value) => value.ToString(value >= 10 ? "F0" : "G2", CultureInfo.InvariantCulture);

    static string Name(Recomputation level) => level switch
    {
        Recomputation.None => "nothing",
        Recomputation.Mlp => "MLP",
        Recomputation.Layer => "layers",
        _ => "layers, BF16",
    };

    static JsonObject Json(TrainPlan plan) => new()
    {
        ["tokens"] = plan.Largest.Rows,
        ["scored_tokens"] = plan.Largest.Scored,
        ["tokens_per_step"] = plan.TokensPerStep,
        ["steps"] = plan.Steps,
        ["embedding_rows"] = plan.EmbeddingRows,
        ["budget"] = plan.Budget,
        ["chosen"] = plan.Chosen is { } chosen ? Key(chosen.Level) : null,
        ["levels"] = new JsonArray([.. plan.Levels.Select(Json)]),
    };

    static JsonNode Json(LevelPlan level)
    {
        JsonObject json = new() { ["recomputation"] = Key(level.Level) };
        foreach ((string key, _, Func<MemoryPlan, long> of) in s_parts)
        {
            json[key] = of(level.Memory);
        }
        json["seconds_per_step"] = level.SecondsPerStep;
        return json;
    }

    static string Key(Recomputation level) => JsonNamingPolicy.SnakeCaseLower.ConvertName(level.ToString());
}
