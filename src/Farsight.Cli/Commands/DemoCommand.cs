using System.CommandLine;
using System.Globalization;
using Farsight.Cli.Options;
using Farsight.Cli.Output;
using Farsight.Evaluation.Core;
using Farsight.Workflows.Demo;

namespace Farsight.Cli.Commands;

/// <summary>Runs synthesis, training and evaluation on the bundled model (<c>farsight demo</c>).</summary>
static class DemoCommand
{
    static readonly Option<string> s_out = SharedOptions.Out(usual: "demo");
    static readonly Option<string> s_documents = SharedOptions.Documents(
        "Folder with your text files; the last file is held out for evaluation. Default: generated documents.", required: false);
    static readonly Option<int> s_seed = SharedOptions.Seed("Random seed of documents, samples, training and evaluation.");
    static readonly ThreadsOption s_threads = new();

    internal static Command Create()
    {
        Command command = new("demo", "Align the bundled model with LOGO and compare it with its baselines (about 7 minutes on two cores).")
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
        Ending ending = new();
        DemoOptions options = new(
            Path.Combine(AppContext.BaseDirectory, "models", "tiny"), Path.Combine(AppContext.BaseDirectory, "recipes"),
            parse.GetValue(s_out)!, parse.GetValue(s_documents), parse.GetValue(s_seed));
        DemoVerdict verdict;
        using (StageLines stages = new())
        using (cancel.Register(() => stages.Note("Stopping. Rerun the same command to resume.")))
        {
            verdict = DemoRun.Start(options, stages.Note, stages, cancel);
        }
        Console.Out.Write(Table(verdict));
        Console.Out.WriteLine($"Report:  {verdict.ReportPath}");
        Console.Out.WriteLine($"Summary: {verdict.SummaryPath}");
        ending.Write("", $"open {verdict.ReportPath} in a browser");
        return ExitCode.Done;
    }

    static string Table(DemoVerdict verdict)
    {
        StringWriter text = new(CultureInfo.InvariantCulture) { NewLine = "\n" };
        text.WriteLine("Needle accuracy: exact answers in % [95 % interval] (answers that contain the value)");
        text.WriteLine($"{"",-22}{string.Concat(verdict.Measured[0].Results.Tasks[0].Lengths.Select(c => $"{c.Length,20}"))}");
        foreach ((DemoVariant variant, EvalResults results) in verdict.Measured)
        {
            text.WriteLine($"{variant.Name,-22}{string.Concat(results.Tasks[0].Lengths.Select(Needles))}");
        }
        text.WriteLine();
        text.WriteLine("Perplexity per token on held-out text");
        foreach ((DemoVariant variant, EvalResults results) in verdict.Measured)
        {
            text.WriteLine($"{variant.Name,-22}{string.Concat(results.Tasks[1].Lengths.Select(Perplexity))}");
        }
        text.WriteLine();
        text.WriteLine($"Seconds: {StageLines.Seconds(verdict.Summary.Seconds)}");
        return text.ToString();
    }

    static string Needles(CellResult cell)
    {
        string value = string.Create(
            CultureInfo.InvariantCulture,
            $"{100 * cell.Mean:0} [{100 * cell.Low:0}–{100 * cell.High:0}] ({100 * cell.Beside["value"]:0})");
        return $"{value,20}";
    }

    static string Perplexity(CellResult cell) => string.Create(CultureInfo.InvariantCulture, $"{cell.Mean,20:0.0}");
}
