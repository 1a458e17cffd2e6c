using System.CommandLine;
using System.Globalization;
using Farsight.Alignment.Recipes;
using Farsight.Cli.Options;
using Farsight.Cli.Output;
using Farsight.Evaluation.Core;
using Farsight.Workflows.Evolve;

namespace Farsight.Cli.Commands;

/// <summary><c>farsight evolve</c>: LongPO's self-evolution by a recipe, iteration after iteration.</summary>
static class EvolveCommand
{
    static readonly Argument<string> s_recipe = new("recipe")
    {
        Description = "The recipe, a .jsonc file. Paths in it begin at its folder, else at the working folder.",
    };
    static readonly Option<string> s_out = new("--out")
    {
        Description = "Folder for everything that is made; the same command continues there.",
        Required = true,
    };
    static readonly Option<string[]> s_set = new("--set")
    {
        Description = "Override a key of the recipe, as in --set documents.count=100. May be given several times.",
    };
    static readonly MemoryOption s_memory = new();
    static readonly ThreadsOption s_threads = new();

    internal static Command Create()
    {
        Command command = new("evolve", "Let a model widen its own window: data by itself, training, merging, and again.")
        {
            s_recipe,
            s_out,
            s_set,
            s_memory,
            s_threads,
        };
        command.SetAction((parse, cancel) => Task.Run(() => Run(parse, cancel), CancellationToken.None));
        return command;
    }

    static int Run(ParseResult parse, CancellationToken cancel)
    {
        string recipePath = Bundled.Locate(parse.GetValue(s_recipe)!);
        s_threads.Apply(parse);
        EvolveRecipe recipe = RecipeFile.Read<EvolveRecipe>(recipePath, parse.GetValue(s_set) ?? []);
        EvolveVerdict verdict;
        using (Stages stages = new())
        using (cancel.Register(() => stages.Note("Stopping; the same command continues where this one ends.")))
        {
            verdict = EvolveRun.Start(
                new(recipe, recipePath, parse.GetValue(s_out)!, parse.GetValue(s_memory)),
                stages.Note,
                stages,
                cancel);
        }
        Console.Out.Write(Table(verdict));
        Console.Out.WriteLine($"Model:   {verdict.Model}");
        Console.Out.WriteLine($"Report:  {verdict.ReportPath}");
        Console.Out.WriteLine($"Summary: {verdict.SummaryPath}");
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
                text.WriteLine(
                    $"{model.Name.PadRight(name)}{string.Concat(model.Results.Tasks.First(t => t.Task == task.Task).Lengths.Select(c => $"{Cell(task, c),14}"))}"
                );
            }
            text.WriteLine();
        }
        text.WriteLine(
            $"Seconds: {string.Join(", ", verdict.Seconds.Select(s => string.Create(CultureInfo.InvariantCulture, $"{s.Key} {s.Value:0}")))}"
        );
        return text.ToString();
    }

    static string Cell(TaskResult task, CellResult cell) => task.IsShare
        ? string.Create(CultureInfo.InvariantCulture, $"{100 * cell.Mean:0} [{100 * cell.Low:0}–{100 * cell.High:0}]")
        : string.Create(CultureInfo.InvariantCulture, $"{cell.Mean:0.0}");

    /// <summary>One line of progress for each stage.</summary>
    sealed class Stages : IProgress<EvolveProgress>, IDisposable
    {
        ProgressLine? _line;
        (string Stage, string What) _current;

        public void Report(EvolveProgress value)
        {
            if (_line is null || _current != (value.Stage, value.What))
            {
                _line?.Dispose();
                _line = ProgressLine.OnStandardError($"{value.What}, {value.Stage}:");
                _current = (value.Stage, value.What);
            }
            _line.Report(value.Done, value.Total, value.Detail);
        }

        public void Dispose() => _line?.Dispose();

        internal void Note(string text) => (_line ??= ProgressLine.OnStandardError("")).Note(text);
    }
}
