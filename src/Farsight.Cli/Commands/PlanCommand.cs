using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using System.Text.Json.Nodes;
using Farsight.Alignment.Recipes;
using Farsight.Cli.Options;
using Farsight.Cli.Output;
using Farsight.Engine;
using Farsight.Engine.Machine;
using Farsight.Engine.Memory;
using Farsight.Engine.Models;
using Farsight.Engine.Numerics;
using Farsight.Workflows.Pretrain;
using Farsight.Workflows.Timing;
using Farsight.Workflows.Train;

namespace Farsight.Cli.Commands;

/// <summary>Estimates the memory and time of a training run (<c>farsight plan</c>).</summary>
static class PlanCommand
{
    // A petaflop per core: far above any processor, and no time becomes 0.
    const double MostGigaflops = 1e6;

    static readonly Argument<string?> s_recipe = new("recipe")
    {
        Description = SharedOptions.Recipe().Description + " Required without --table.",
        Arity = ArgumentArity.ZeroOrOne,
    };
    static readonly Option<string[]> s_set = SharedOptions.Set("lora.rank=8");
    static readonly Option<string?> s_from = new("--from")
    {
        Description = "Model directory; plan continued pre-training of it, as 'pretrain --from' runs it. Default: preference training.",
    };
    static readonly Option<string> s_shape = SharedOptions.Shape(
        "JSON file, as for 'bench step', with the model and sample shape to plan for. "
            + "Default: the recipe's model and data or, if they are missing, its plan_shape.",
        required: false);
    static readonly Option<bool> s_json = SharedOptions.Json("Print the plan as JSON, in bytes and seconds.");
    static readonly Option<bool> s_table = new("--table")
    {
        Description = "Print memory and time per 1,000 samples for usual model sizes, contexts and machines, as Markdown. Needs no recipe.",
    };
    static readonly Option<double?> s_peak = new("--peak")
    {
        Description = "Peak per core of the machine to plan for, in GFLOP/s; --threads is its number of cores. Default: measured here.",
        Validators =
        {
            result =>
            {
                if (result.Tokens is [var token] && double.TryParse(token.Value, CultureInfo.InvariantCulture, out double peak)
                    && !(peak is > 0 and <= MostGigaflops))
                {
                    result.AddError(
                        $"--peak: use a number of GFLOP/s above 0 and up to {MostGigaflops}; 'farsight bench peak' measures it.");
                }
            },
        },
    };
    // Times of a device are not planned.
    const double AnyPeak = 1e9;

    static readonly Option<int> s_ranks = new("--ranks")
    {
        Description = "Number of processes, each on a machine of its own. Memory and peak are those of one.",
        DefaultValueFactory = _ => 1,
    };
    static readonly Option<int> s_context = SharedOptions.ContextParallel();
    static readonly SizeOption s_memory = SizeOption.Memory(hasDevice: true);
    static readonly DeviceOption s_device = new()
    {
        Description = "Plan the memory of a device, torch-cpu or cuda, with --memory as its size. The device need not exist; cpu is "
            + "the engine of this program. Default: the recipe's device, or cpu.",
    };
    static readonly ThreadsOption s_threads = new();

    internal static Command Create()
    {
        Command command = new(
            "plan",
            "Estimate the memory and time of a training run, and choose what to recompute to fit the memory.")
        {
            s_recipe,
            s_from,
            s_shape,
            s_memory,
            s_device,
            s_device.Precision,
            s_set,
            s_threads,
            s_peak,
            s_ranks,
            s_context,
            s_table,
            s_json,
        };
        SharedOptions.Limit(command, (s_ranks, 1 << 16), (s_context, 1 << 16));
        command.Validators.Add(Validate);
        command.SetAction(Run);
        return command;
    }

    static void Validate(CommandResult result)
    {
        bool table = result.GetValue(s_table);
        if (!table && result.GetValue(s_recipe) is null)
        {
            result.AddError("A recipe is missing. Give one, or use --table for usual model sizes.");
        }
        string[] unused =
        [
            .. result.GetValue(s_recipe) is null ? [] : new[] { "a recipe" },
            .. new Option[] { s_from, s_shape, s_memory, s_set, s_json, s_ranks, s_context, s_device, s_device.Precision }
                .Where(o => result.GetResult(o) is { Implicit: false })
                .Select(o => o.Name),
        ];
        if (table && unused.Length > 0)
        {
            result.AddError($"--table has its own models and samples and does not take {string.Join(", ", unused)}.");
        }
        string[] others =
        [
            .. new Option[] { s_shape, s_ranks, s_context, s_device, s_device.Precision }
                .Where(o => result.GetResult(o) is { Implicit: false })
                .Select(o => o.Name),
        ];
        if (result.GetResult(s_from) is not null && others.Length > 0)
        {
            result.AddError($"--from plans the documents of the recipe in one process and does not take {string.Join(", ", others)}.");
        }
    }

    static int Run(ParseResult parse)
    {
        s_threads.Apply(parse);
        string path = parse.GetValue(s_recipe) is { } given ? BundledFiles.Locate(given) : "";
        TrainRecipe? recipe = parse.GetValue(s_table) || parse.GetValue(s_from) is not null
            ? null
            : RecipeFile.Read<TrainRecipe>(path, parse.GetValue(s_set) ?? []);
        recipe = recipe is null ? null : recipe with { Precision = s_device.Precision.Of(parse) ?? recipe.Precision };
        if (recipe is not null && s_device.IsGiven(parse, recipe.Device))
        {
            return RunOnDevice(parse, path, recipe);
        }
        Arithmetic precision = recipe?.Precision ?? Arithmetic.F32;
        MachinePeak? now = parse.GetValue(s_peak) is null ? MachinePeak.Measure(precision) ?? MachinePeak.Measure() : null;
        double peak = now is null
            ? parse.GetValue(s_peak)!.Value * 1e9 * Workers.Threads
            : new StoredPeak(StoredPeak.DefaultPath).Highest(now).AllCores;
        if (parse.GetValue(s_table))
        {
            PlanText.PrintTable(peak / Workers.Threads);
            return ExitCode.Done;
        }
        (TrainPlan plan, string? shape) = recipe is null
            ? (PlanPretraining(parse, path, parse.GetValue(s_from)!, peak), null)
            : PlanTraining(parse, path, recipe, peak);
        double? available = now is null ? null : Math.Min(1, now.AllCores / peak);
        foreach (string notice in plan.Notices)
        {
            Console.Error.WriteLine(notice);
        }
        if (parse.GetValue(s_json))
        {
            JsonObject json = PlanText.Json(plan, hasWindow: plan.LongestSample > 0);
            json["peak_flops"] = peak;
            json["available_share"] = available;
            Console.WriteLine(json.ToJsonString());
        }
        else
        {
            string source = available is { } share
                ? string.Create(CultureInfo.InvariantCulture, $"measured; now {100 * share:F0} % of it is available")
                : "from --peak";
            PlanText.Print(plan, shape, string.Create(
                CultureInfo.InvariantCulture,
                $"{peak / 1e9:F0} GFLOP/s in {(now?.Arithmetic ?? precision).Name()} with {Workers.Threads} threads, {source}"));
        }
        if (plan.Chosen is not null && shape is null && parse.GetResult(s_from) is null && !parse.GetValue(s_json))
        {
            string[] next = NextCommand.Training(parse.GetValue(s_recipe)!, parse.GetValue(s_set) ?? []);
            Console.Error.WriteLine($"Next: {TypedCommand.Of(next)}");
        }
        return plan.Chosen is null ? ExitCode.Failed : ExitCode.Done;
    }

    /// <summary>Plans the memory of a device, which need not be there.</summary>
    static int RunOnDevice(ParseResult parse, string path, TrainRecipe recipe)
    {
        (string Device, NumberFormat Format) device = s_device.Planned(parse, recipe.Device, recipe.Precision);
        long budget = parse.GetValue(s_memory)
            ?? throw new InputException($"The device {device.Device} needs --memory: its size, as in 80GiB.");
        PlannedRanks ranks = RanksOf(parse);
        if (ranks.Context > 1)
        {
            throw new InputException("A device cannot be used with --context-parallel; use the device cpu, or leave it out.");
        }
        string? shape = ShapeOf(recipe, path, parse.GetValue(s_shape));
        TrainPlan host = shape is null
            ? TrainPlan.Of(recipe, path, long.MaxValue, AnyPeak, ranks)
            : TrainPlan.Of(recipe, Planned(StepShape.Read(shape)), long.MaxValue, AnyPeak, ranks);
        string? model = shape is null ? RecipeFile.LocateModel(path, "base_model", recipe.BaseModel) : null;
        DevicePlan plan = DevicePlan.Of(recipe, host, device.Format, model);
        return DevicePlanText.Print(device, host, plan, budget, parse.GetValue(s_json)) ? ExitCode.Done : ExitCode.Failed;
    }

    static (TrainPlan Plan, string? Shape) PlanTraining(ParseResult parse, string path, TrainRecipe recipe, double peak)
    {
        PlannedRanks ranks = RanksOf(parse);
        string? shape = ShapeOf(recipe, path, parse.GetValue(s_shape));
        TrainPlan plan = shape is null
            ? TrainPlan.Of(recipe, path, parse.GetValue(s_memory), peak, ranks)
            : TrainPlan.Of(recipe, Planned(StepShape.Read(shape)), parse.GetValue(s_memory), peak, ranks);
        return (plan, shape);
    }

    static TrainPlan PlanPretraining(ParseResult parse, string path, string model, double peak) => ContinuedPretrainPlan.Of(
        new(
            RecipeFile.Read<ContinuedPretrainRecipe>(path, parse.GetValue(s_set) ?? []), path, BundledFiles.LocateModel(model), "",
            Resume: false, parse.GetValue(s_memory)),
        peak,
        Console.Error.WriteLine);

    static PlannedRanks RanksOf(ParseResult parse)
    {
        (int ranks, int context) = (parse.GetValue(s_ranks), parse.GetValue(s_context));
        return ranks >= 1 && context >= 1 && ranks % context == 0
            ? new(ranks, context)
            : throw new InputException(
                $"--ranks is {ranks} and --context-parallel {context}; use numbers of at least 1, and ranks that are a multiple of the "
                    + "second.");
    }

    /// <summary>Returns the shape file to plan for, or null for the recipe's own model and data.</summary>
    static string? ShapeOf(TrainRecipe recipe, string path, string? given) =>
        given ?? (recipe.PlanShape is { } own && !(RecipeFile.Exists(path, recipe.BaseModel) && RecipeFile.Exists(path, recipe.Data))
            ? RecipeFile.Locate(path, "plan_shape", own)
            : null);

    static PlannedShape Planned(StepShape shape) => new(shape.Model, shape.Prompt, shape.Responses);
}
