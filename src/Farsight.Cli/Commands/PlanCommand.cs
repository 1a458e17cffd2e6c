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

/// <summary>Estimates the memory and time of a training run (<c>farsight plan</c>).</summary>
static class PlanCommand
{
    static readonly Argument<string> s_recipe = SharedOptions.Recipe();
    static readonly Option<string[]> s_set = SharedOptions.Set("lora.rank=8");
    static readonly Option<string> s_shape = SharedOptions.Shape(
        "JSON file, as for 'bench step', with the model and sample shape to plan for. "
            + "Default: the recipe's model and data or, if they are missing, its plan_shape.",
        required: false);
    static readonly Option<bool> s_json = SharedOptions.Json("Print the plan as JSON, in bytes and seconds.");
    static readonly SizeOption s_memory = SizeOption.Memory();
    static readonly ThreadsOption s_threads = new();

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

    internal static Command Create()
    {
        Command command = new(
            "plan",
            "Estimate the memory and time of a training run, and choose what to recompute to fit the memory.")
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
        string path = BundledFiles.Locate(parse.GetValue(s_recipe)!);
        s_threads.Apply(parse);
        TrainRecipe recipe = RecipeFile.Read<TrainRecipe>(path, parse.GetValue(s_set) ?? []);
        string? shape = ShapeOf(recipe, path, parse.GetValue(s_shape));
        double peak = MachinePeak.Measure().AllCores;
        TrainPlan plan = shape is null
            ? TrainPlan.Of(recipe, path, parse.GetValue(s_memory), peak)
            : TrainPlan.Of(recipe, Planned(StepShape.Read(shape)), parse.GetValue(s_memory), peak);
        foreach (string notice in plan.Notices)
        {
            Console.Error.WriteLine(notice);
        }
        if (parse.GetValue(s_json))
        {
            Console.WriteLine(Json(plan, hasWindow: shape is null).ToJsonString());
        }
        else
        {
            Print(plan, shape);
        }
        return plan.Chosen is null ? ExitCode.Failed : ExitCode.Done;
    }

    /// <summary>Returns the shape file to plan for, or null for the recipe's own model and data.</summary>
    static string? ShapeOf(TrainRecipe recipe, string path, string? given) =>
        given ?? (recipe.PlanShape is { } own && !(RecipeFile.Exists(path, recipe.BaseModel) && RecipeFile.Exists(path, recipe.Data))
            ? RecipeFile.Locate(path, "plan_shape", own)
            : null);

    static PlannedShape Planned(StepShape shape) => new(shape.Model, shape.Prompt, shape.Responses);

    static void Print(TrainPlan plan, string? shape)
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
        if (shape is null)
        {
            Console.WriteLine(
                $"window              {plan.Model.MaxPositionEmbeddings} tokens, longest sample {plan.LongestSample}, "
                    + $"{plan.SamplesBeyondWindow} beyond the window");
        }
        Console.WriteLine();
        Console.WriteLine($"{"recomputed",-18}{Row(plan, l => Name(l.Level))}");
        foreach ((_, string label, Func<MemoryPlan, long> of) in s_parts)
        {
            Console.WriteLine($"{label,-18}{Row(plan, l => TrainPlan.Text(of(l.Memory)))}");
        }
        Console.WriteLine($"{"seconds per step",-18}{Row(plan, l => Number(l.SecondsPerStep))}");
        Console.WriteLine($"{"total hours",-18}{Row(plan, l => Number(l.SecondsPerStep * plan.Steps / 3600))}");
        Console.WriteLine();
        Console.WriteLine(plan.Chosen is { } chosen
            ? $"With {TrainPlan.Text(plan.Budget)} of memory, training recomputes {TrainPlan.Describe(chosen.Level)}."
            : $"No plan fits in {TrainPlan.Text(plan.Budget)} of memory.");
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

    /// <summary>Formats a plan; a shape file states no window.</summary>
    static JsonObject Json(TrainPlan plan, bool hasWindow) => new()
    {
        ["tokens"] = plan.Largest.Rows,
        ["scored_tokens"] = plan.Largest.Scored,
        ["tokens_per_step"] = plan.TokensPerStep,
        ["steps"] = plan.Steps,
        ["window"] = hasWindow ? plan.Model.MaxPositionEmbeddings : null,
        ["longest_sample"] = plan.LongestSample,
        ["samples_beyond_window"] = plan.SamplesBeyondWindow,
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
