using System.CommandLine;
using Farsight.Alignment.Recipes;
using Farsight.Cli.Options;
using Farsight.Cli.Output;
using Farsight.Workflows.Study;

namespace Farsight.Cli.Commands;

/// <summary><c>farsight study</c>: several variants, seeds and measurements, and one report that compares them.</summary>
static class StudyCommand
{
    static readonly Argument<string> s_recipe = new("recipe")
    {
        Description = "The study, a .jsonc file. Paths in it begin at --out, else at its folder, else at the working folder.",
    };
    static readonly Option<string> s_out = new("--out")
    {
        Description = "Folder for everything the study makes; the same command continues there, and a second process shares the work.",
        Required = true,
    };
    static readonly MemoryOption s_memory = new();
    static readonly ThreadsOption s_threads = new();

    internal static Command Create()
    {
        Command command = new("study", "Train and measure variants of a recipe with several seeds, and compare them in one report.")
        {
            s_recipe,
            s_out,
            s_memory,
            s_threads,
        };
        command.SetAction((parse, cancel) => Task.Run(() => Run(parse, cancel), CancellationToken.None));
        return command;
    }

    static int Run(ParseResult parse, CancellationToken cancel)
    {
        string path = Bundled.Locate(parse.GetValue(s_recipe)!), output = parse.GetValue(s_out)!;
        s_threads.Apply(parse);
        StudyRequest request = new(RecipeFile.Read<StudyRecipe>(path, []), path, output, parse.GetValue(s_memory));
        StudyVerdict verdict = WithProgress(request, cancel);
        foreach (StudyRunState run in verdict.Runs.Where(r => r.Failure is not null))
        {
            Console.Error.WriteLine($"{run.Variant}, seed {run.Seed} failed: {run.Failure}");
        }
        Console.WriteLine($"Report:  {verdict.ReportPath}");
        Console.WriteLine($"Results: {verdict.ResultsPath}");
        return verdict.IsComplete ? ExitCode.Done : ExitCode.Failed;
    }

    static StudyVerdict WithProgress(StudyRequest request, CancellationToken cancel)
    {
        using Stages stages = new();
        using CancellationTokenRegistration told = cancel.Register(() =>
            stages.Note("Stopping; the same command continues where this one ends."));
        using SecondInterrupt second = new(cancel);
        return StudyRun.Start(request, stages.Note, stages, cancel);
    }

    /// <summary>One line of progress for each stage of each model.</summary>
    sealed class Stages : IProgress<StudyProgress>, IDisposable
    {
        ProgressLine? _line;
        (string Stage, string What) _current;

        public void Report(StudyProgress value)
        {
            if (_line is null || _current != (value.Stage, value.What))
            {
                _line?.Dispose();
                _line = ProgressLine.OnStandardError($"{value.Stage}: {value.What}:");
                _current = (value.Stage, value.What);
            }
            _line.Report(value.Done, value.Total, value.Detail);
        }

        public void Dispose() => _line?.Dispose();

        internal void Note(string text)
        {
            _line ??= ProgressLine.OnStandardError("");
            _line.Note(text);
        }
    }
}
