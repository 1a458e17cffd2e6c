using System.CommandLine;
using Farsight.Alignment.Recipes;
using Farsight.Alignment.Training;
using Farsight.Cli.Options;
using Farsight.Cli.Output;
using Farsight.Workflows.Train;

namespace Farsight.Cli.Commands;

/// <summary><c>farsight train</c>: preference training by a recipe, into a run directory.</summary>
static class TrainCommand
{
    static readonly Argument<string> s_recipe = new("recipe")
    {
        Description = "The recipe, a .jsonc file. Paths in it begin at its folder, else at the working folder.",
    };
    static readonly Option<string> s_out = new("--out") { Description = "The run directory, new or empty.", Required = true };
    static readonly Option<bool> s_resume = new("--resume") { Description = "Continue the run in --out from its last checkpoint." };
    static readonly Option<string[]> s_set = new("--set")
    {
        Description = "Override a key of the recipe, as in --set optimizer.learning_rate=1e-4. May be given several times.",
    };
    static readonly MemoryOption s_memory = new();
    static readonly ThreadsOption s_threads = new();

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
        Command command = new("train", "Train an adapter by preference: a base model and a dataset in, an adapter out.")
        {
            s_recipe,
            s_out,
            s_resume,
            s_set,
            s_memory,
            s_threads,
        };
        command.SetAction((parse, cancel) => Task.Run(() => Run(parse, cancel), CancellationToken.None));
        return command;
    }

    static int Run(ParseResult parse, CancellationToken cancel)
    {
        string recipePath = Bundled.Locate(parse.GetValue(s_recipe)!), output = parse.GetValue(s_out)!;
        s_threads.Apply(parse);
        TrainRecipe recipe = RecipeFile.Read<TrainRecipe>(recipePath, parse.GetValue(s_set) ?? []);
        ProgressLine reference = ProgressLine.OnStandardError("reference of sample");
        TrainRequest request = new(recipe, recipePath, output, parse.GetValue(s_resume), parse.GetValue(s_memory))
        {
            ReferenceProgress = (done, all) =>
            {
                reference.Report(done, all, "");
                if (done == all)
                {
                    reference.Dispose();
                }
            },
        };
        return new TrainingScreen(parse, output, s_shown).Run((note, progress) => TrainRun.Start(request, note, progress, cancel), cancel);
    }
}
