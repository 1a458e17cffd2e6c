using System.CommandLine;
using Farsight.Alignment.Recipes;
using Farsight.Cli.Options;
using Farsight.Cli.Output;
using Farsight.Engine;
using Farsight.Engine.Communication;
using Farsight.Workflows.Study;

namespace Farsight.Cli.Commands;

/// <summary>Trains and measures variants of a recipe and compares them in one report (<c>farsight study</c>).</summary>
static class StudyCommand
{
    static readonly Argument<string> s_recipe = new("recipe")
    {
        Description = "Study file (.jsonc). Relative paths in it start at --out, or else at its folder, or else at the working folder.",
    };
    static readonly Option<string> s_out = SharedOptions.Out(
        "Output directory. Rerun the same command to resume; run it twice at the same time to split the work.");
    static readonly SizeOption s_memory = SizeOption.Memory(hasDevice: true);
    static readonly DeviceOption s_device = new();
    static readonly ThreadsOption s_threads = new();

    internal static Command Create()
    {
        Command command = new("study", "Train and evaluate variants of a recipe with several seeds, and compare them in one report.")
        {
            s_recipe,
            s_out,
            s_memory,
            s_device,
            s_device.Precision,
            s_threads,
            Ranks.Distributed,
        };
        command.SetAction((parse, cancel) => Task.Run(() => Run(parse, cancel), CancellationToken.None));
        return command;
    }

    static int Run(ParseResult parse, CancellationToken cancel) => Ranks.Run(parse, ranks => Run(parse, ranks, cancel));

    static int Run(ParseResult parse, Communicator ranks, CancellationToken cancel)
    {
        string path = BundledFiles.Locate(parse.GetValue(s_recipe)!), output = parse.GetValue(s_out)!;
        s_threads.Apply(parse);
        Ending ending = new();
        StudyRecipe recipe = RecipeFile.Read<StudyRecipe>(path, []);
        if (s_device.Precision.Of(parse) is not null && !s_device.IsGiven(parse, recipe.Device))
        {
            throw new InputException(
                "--precision needs another --device than cpu here; on the cpu, set precision in the recipe, for all or one.");
        }
        StudyRequest request = new(recipe, path, output, parse.GetValue(s_memory))
        {
            Ranks = ranks,
            Backend = s_device.Open(parse, recipe.Device, null, ranks),
        };
        if (!ranks.IsFirst)
        {
            StudyRun.Start(request, _ => { }, null, cancel);
            return ExitCode.Done;
        }
        StudyVerdict verdict = WithProgress(request, cancel);
        foreach (StudyRunState run in verdict.Runs.Where(r => r.Failure is not null))
        {
            Console.Error.WriteLine($"{run.Variant}, seed {run.Seed}: failed: {run.Failure}");
        }
        Console.WriteLine($"Report:  {verdict.ReportPath}");
        Console.WriteLine($"Results: {verdict.ResultsPath}");
        ending.Write("", verdict.IsComplete ? $"open {verdict.ReportPath} in a browser" : TypedCommand.Of(parse, []));
        return verdict.IsComplete ? ExitCode.Done : ExitCode.Failed;
    }

    static StudyVerdict WithProgress(StudyRequest request, CancellationToken cancel)
    {
        using StageLines stages = new();
        using CancellationTokenRegistration note = cancel.Register(() =>
            stages.Note("Stopping. Rerun the same command to resume."));
        using SecondInterrupt second = new(cancel);
        return StudyRun.Start(request, stages.Note, stages, cancel);
    }
}
