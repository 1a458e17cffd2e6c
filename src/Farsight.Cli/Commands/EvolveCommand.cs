using System.CommandLine;
using System.Globalization;
using Farsight.Alignment.Recipes;
using Farsight.Cli.Options;
using Farsight.Cli.Output;
using Farsight.Engine.Communication;
using Farsight.Evaluation.Core;
using Farsight.Workflows.Evolve;

namespace Farsight.Cli.Commands;

/// <summary>Runs the self-evolution of LongPO from a recipe (<c>farsight evolve</c>).</summary>
static class EvolveCommand
{
    static readonly Argument<string> s_recipe = SharedOptions.Recipe();
    static readonly Option<string> s_out = SharedOptions.Out();
    static readonly Option<string[]> s_set = SharedOptions.Set("documents.count=100");
    static readonly SizeOption s_memory = SizeOption.Memory(hasDevice: true);
    static readonly DeviceOption s_device = new();
    static readonly ThreadsOption s_threads = new();

    internal static Command Create()
    {
        Command command = new("evolve", "Extend a model's window by LongPO self-evolution: synthesize data, train, merge and repeat.")
        {
            s_recipe,
            s_out,
            s_set,
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
        string recipePath = BundledFiles.Locate(parse.GetValue(s_recipe)!);
        s_threads.Apply(parse);
        Ending ending = new();
        EvolveRecipe recipe = RecipeFile.Read<EvolveRecipe>(recipePath, parse.GetValue(s_set) ?? []);
        recipe = recipe with
        {
            Device = s_device.NameOf(parse, recipe.Device),
            Precision = s_device.PrecisionOf(parse, recipe.Device, recipe.Precision),
        };
        EvolveRequest request = new(recipe, recipePath, parse.GetValue(s_out)!, parse.GetValue(s_memory))
        {
            Ranks = ranks,
            Backend = s_device.Open(parse, recipe.Device, recipe.Precision, ranks),
        };
        if (!ranks.IsFirst)
        {
            EvolveRun.Follow(request, cancel);
            return ExitCode.Done;
        }
        EvolveVerdict verdict;
        using (StageLines stages = new())
        using (cancel.Register(() => stages.Note("Stopping. Rerun the same command to resume.")))
        {
            verdict = EvolveRun.Start(request, stages.Note, stages, cancel);
        }
        Console.Out.Write(Table(verdict));
        Console.Out.WriteLine($"Model:   {verdict.Model}");
        Console.Out.WriteLine($"Report:  {verdict.ReportPath}");
        Console.Out.WriteLine($"Summary: {verdict.SummaryPath}");
        ending.Write("", ["chat", "--model", verdict.Model]);
        return ExitCode.Done;
    }

    static string Table(EvolveVerdict verdict)
    {
        StringWriter text = new(CultureInfo.InvariantCulture) { NewLine = "\n" };
        int name = Math.Max(20, verdict.Models.Max(m => m.Name.Length) + 2);
        foreach (TaskResult task in verdict.Models[0].Results.Tasks)
        {
            text.WriteLine($"{task.Title}: {task.Metric}{(task.IsShare ? ", in % [95 % interval]" : "")}");
            text.WriteLine($"{"".PadRight(name)}{string.Concat(task.Lengths.Select(c => $"{c.Length,14}"))}");
            foreach (ModelResults model in verdict.Models)
            {
                IReadOnlyList<CellResult> cells = model.Results.Tasks.First(t => t.Task == task.Task).Lengths;
                text.WriteLine($"{model.Name.PadRight(name)}{string.Concat(cells.Select(c => $"{Cell(task, c),14}"))}");
            }
            text.WriteLine();
        }
        text.WriteLine($"Seconds: {StageLines.Seconds(verdict.Seconds)}");
        return text.ToString();
    }

    static string Cell(TaskResult task, CellResult cell) => task.IsShare
        ? string.Create(CultureInfo.InvariantCulture, $"{100 * cell.Mean:0} [{100 * cell.Low:0}–{100 * cell.High:0}]")
        : string.Create(CultureInfo.InvariantCulture, $"{cell.Mean:0.0}");
}
