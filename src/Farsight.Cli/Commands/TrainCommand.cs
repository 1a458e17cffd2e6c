using System.CommandLine;
using Farsight.Alignment.Hub;
using Farsight.Alignment.Recipes;
using Farsight.Alignment.Training;
using Farsight.Cli.Options;
using Farsight.Cli.Output;
using Farsight.Engine.Communication;
using Farsight.Workflows.Train;

namespace Farsight.Cli.Commands;

/// <summary>Trains an adapter on preference data from a recipe (<c>farsight train</c>).</summary>
static class TrainCommand
{
    static readonly Argument<string> s_recipe = SharedOptions.Recipe();
    static readonly Option<string> s_out = SharedOptions.Out("Run directory. It must be new or empty, unless --resume is given.");
    static readonly Option<bool> s_resume = SharedOptions.Resume();
    static readonly Option<string[]> s_set = SharedOptions.Set("optimizer.learning_rate=1e-4");
    static readonly SizeOption s_memory = SizeOption.Memory(hasDevice: true);
    static readonly DeviceOption s_device = new();
    static readonly Option<bool> s_board = new("--tensorboard")
    {
        Description = "Write the metrics also as TensorBoard event files, to tensorboard/ of the run directory.",
    };
    static readonly ThreadsOption s_threads = new();
    static readonly Option<int> s_context = SharedOptions.ContextParallel();

    static readonly ShownMetric[] s_shown =
    [
        new(PreferenceMetrics.Loss, "loss", "0.000"),
        new(PreferenceMetrics.RewardMargin, "margin", "0.00"),
        new(PreferenceMetrics.RewardAccuracy, "accuracy", "0%"),
        new(PreferenceMetrics.ChosenLogProb, "chosen log-prob", "0.000"),
        new(PreferenceMetrics.ChosenExactMatch, "exact match", "0%"),
    ];

    internal static Command Create()
    {
        Command command = new("train", "Train a LoRA adapter on preference data from a recipe.")
        {
            s_recipe,
            s_out,
            s_resume,
            s_set,
            s_memory,
            s_device,
            s_device.Precision,
            s_board,
            s_threads,
            s_context,
            Ranks.Distributed,
        };
        SharedOptions.Limit(command, (s_context, 1 << 16));
        command.SetAction((parse, cancel) => Task.Run(() => Run(parse, cancel), CancellationToken.None));
        return command;
    }

    static int Run(ParseResult parse, CancellationToken cancel) => Ranks.Run(parse, ranks => Run(parse, ranks, cancel));

    static int Run(ParseResult parse, Communicator ranks, CancellationToken cancel)
    {
        string recipePath = BundledFiles.Locate(parse.GetValue(s_recipe)!), output = parse.GetValue(s_out)!;
        s_threads.Apply(parse);
        TrainRecipe recipe = RecipeFile.Read<TrainRecipe>(recipePath, parse.GetValue(s_set) ?? []);
        recipe = recipe with
        {
            Device = s_device.NameOf(parse, recipe.Device),
            Precision = s_device.PrecisionOf(parse, recipe.Device, recipe.Precision),
        };
        IModelBackend? backend = s_device.Open(parse, recipe.Device, recipe.Precision, ranks);
        if (!ranks.IsFirst)
        {
            TrainRequest silent = new(recipe, recipePath, output, parse.GetValue(s_resume), parse.GetValue(s_memory))
            {
                NotesInputs = false,
                Ranks = ranks,
                Backend = backend,
                ContextParallel = parse.GetValue(s_context),
            };
            return RunSilently(silent, cancel);
        }
        TrainRequest request = new(recipe, recipePath, output, parse.GetValue(s_resume), parse.GetValue(s_memory))
        {
            Ranks = ranks,
            Backend = backend,
            WritesTensorBoard = parse.GetValue(s_board),
            ContextParallel = parse.GetValue(s_context),
        };
        return new TrainingScreen(parse, output, s_shown, made => Next(recipe, recipePath, made)).Run(
            display => TrainRun.Start(request with { Parts = display.Part }, display.Note, display, cancel), cancel);
    }

    /// <summary>Takes part in the run of rank 0, which reports it.</summary>
    static int RunSilently(TrainRequest request, CancellationToken cancel)
    {
        try
        {
            TrainRun.Start(request, _ => { }, null, cancel);
            return ExitCode.Done;
        }
        catch (TrainingStoppedException)
        {
            return ExitCode.Failed;
        }
    }

    /// <summary>Returns the command that evaluates the adapter, or the model if every weight was trained.</summary>
    static string[] Next(TrainRecipe recipe, string recipePath, string made)
    {
        string[] reading = recipe.SegmentMemory is null ? [] : ["--context-method", "hmt"];
        if (recipe.Lora is null)
        {
            return NextCommand.Evaluation(made, ["--model", made, .. reading]);
        }
        string model = RecipeFile.LocateModel(recipePath, "base_model", recipe.BaseModel), relative = Path.GetRelativePath(".", model);
        string typed = model == HubCache.Find(recipe.BaseModel) ? recipe.BaseModel
            : relative.StartsWith("..", StringComparison.Ordinal) ? Path.GetFullPath(model)
            : relative;
        return NextCommand.Evaluation(made, ["--model", typed, "--adapter", made, .. reading]);
    }
}
