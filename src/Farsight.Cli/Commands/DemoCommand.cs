using System.CommandLine;
using System.Globalization;
using Farsight.Cli.Options;
using Farsight.Cli.Output;
using Farsight.Evaluation.Core;
using Farsight.Workflows.Demo;

namespace Farsight.Cli.Commands;

/// <summary><c>farsight demo</c>: the whole loop on the bundled model, ending with a verdict.</summary>
static class DemoCommand
{
    static readonly Option<string> s_out = new("--out")
    {
        Description = "Folder for everything the demo makes; the same command continues there.",
        DefaultValueFactory = _ => "demo",
    };
    static readonly Option<string?> s_documents = new("--documents")
    {
        Description = "Folder with text files of your own; the last one is kept for evaluation. Invented documents if left out.",
    };
    static readonly Option<int> s_seed = new("--seed")
    {
        Description = "Of documents, samples and evaluation.",
        DefaultValueFactory = _ => 1,
    };

    static readonly ThreadsOption s_threads = new();

    internal static Command Create()
    {
        Command command = new("demo", "Align the bundled model with LOGO and compare it with its baselines, in some ten minutes.")
        {
            s_out,
            s_documents,
            s_seed,
            s_threads,
        };
        command.SetAction((parse, cancel) => Task.Run(() => Run(parse, cancel), CancellationToken.None));
        return command;
    }

    static int Run(ParseResult parse, CancellationToken cancel)
    {
        s_threads.Apply(parse);
        DemoOptions options = new(
            Path.Combine(AppContext.BaseDirectory, "models", "tiny"), Path.Combine(AppContext.BaseDirectory, "recipes"),
            parse.GetValue(s_out)!, parse.GetValue(s_documents), parse.GetValue(s_seed));
        DemoVerdict verdict;
        using (Stages stages = new())
        using (cancel.Register(() => stages.Note("Stopping; the same command continues where this one ends.")))
        {
            verdict = DemoRun.Start(options, stages, cancel);
        }
        Console.Out.Write(Table(verdict));
        Console.Out.WriteLine($"Report:  {verdict.ReportPath}");
        Console.Out.WriteLine($"Summary: {verdict.SummaryPath}");
        return ExitCode.Done;
    }

    static string Table(DemoVerdict verdict)
    {
        StringWriter text = new(CultureInfo.InvariantCulture) { NewLine = "\n" };
        text.WriteLine("Needles found: whole answer exact, in % [95 % interval], (right value, however worded)");
        text.WriteLine($"{"",-22}{string.Concat(verdict.Measured[0].Results.Tasks[0].Lengths.Select(c => $"{c.Length,20}"))}");
        foreach ((DemoVariant variant, EvalResults results) in verdict.Measured)
        {
            text.WriteLine(
                $"{variant.Name,-22}{string.Concat(results.Tasks[0].Lengths.Select(c => string.Create(
                CultureInfo.InvariantCulture, $"{$"{100 * c.Mean:0} [{100 * c.Low:0}–{100 * c.High:0}] ({100 * c.Beside["value"]:0})",20}")))}"
            );
        }
        text.WriteLine();
        text.WriteLine("Perplexity per token of held-out text");
        foreach ((DemoVariant variant, EvalResults results) in verdict.Measured)
        {
            text.WriteLine(
                $"{variant.Name,-22}{string.Concat(results.Tasks[1].Lengths.Select(p => string.Create(CultureInfo.InvariantCulture, $"{p.Mean,20:0.0}")))}"
            );
        }
        text.WriteLine();
        text.WriteLine(
            $"Seconds: {string.Join(", ", verdict.Summary.Seconds.Select(s => string.Create(CultureInfo.InvariantCulture, $"{s.Key} {s.Value:0}")))}"
        );
        return text.ToString();
    }

    /// <summary>One line of progress for each stage and variant.</summary>
    sealed class Stages : IProgress<DemoProgress>, IDisposable
    {
        ProgressLine? _line;
        (string Stage, string What) _current;

        public void Report(DemoProgress value)
        {
            if (_line is null || _current != (value.Stage, value.What))
            {
                _line?.Dispose();
                _line = ProgressLine.OnStandardError($"{value.Stage}: {value.What}");
                _current = (value.Stage, value.What);
            }
            _line.Report(value.Done, value.Total, value.Detail);
        }

        public void Dispose() => _line?.Dispose();

        internal void Note(string text) => _line?.Note(text);
    }
}
