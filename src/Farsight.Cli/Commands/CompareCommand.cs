using System.CommandLine;
using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using Farsight.Cli.Options;
using Farsight.Cli.Output;
using Farsight.Engine;
using Farsight.Evaluation.Core;
using Farsight.Evaluation.Report;
using Farsight.Workflows.Reports;

namespace Farsight.Cli.Commands;

/// <summary>
/// Compares evaluations with the first one on the examples they share, or training runs with each other (<c>farsight compare</c>).
/// </summary>
static class CompareCommand
{
    const string Every = "all";

    static readonly JsonSerializerOptions s_indented = new()
    {
        WriteIndented = true,
        NewLine = "\n",
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.SnakeCaseLower) },
    };

    static readonly Argument<string[]> s_runs = new("run")
    {
        Description = "Evaluation directories or results.json files, or run directories of train or pretrain. "
            + "The first one is the baseline.",
        Arity = new ArgumentArity(2, 100),
    };
    static readonly Option<string[]> s_fail = new("--fail-on-regression")
    {
        Description = "Tasks whose significant regression causes exit code 1. 'all' selects every task. For evaluations. Default: none.",
        AllowMultipleArgumentsPerToken = true,
    };
    static readonly Option<string> s_out = SharedOptions.Out(
        "HTML file to write as well, as 'farsight report' does, with the curves of training runs on common axes. Default: none.",
        required: false);
    static readonly Option<string?> s_metric = new("--metric")
    {
        Description = "Metric to compare, by its name in the results. Default: the score of each task.",
        HelpName = "name",
    };
    static readonly Option<bool> s_json = SharedOptions.Json();

    internal static Command Create()
    {
        Command command = new(
            "compare",
            "Compare evaluations with a baseline, paired over their common examples, or training runs by recipe and metrics.")
        {
            s_runs,
            s_metric,
            s_fail,
            s_out,
            s_json,
        };
        command.SetAction(Run);
        return command;
    }

    static int Run(ParseResult parse)
    {
        string[] paths = parse.GetValue(s_runs)!, asked = parse.GetValue(s_fail) ?? [];
        if (parse.GetValue(s_out) is { } page)
        {
            Console.Error.WriteLine(ReportCommand.Write(page, paths, [], title: null));
        }
        return ReportCommand.AreRuns(paths) ? Runs(parse, paths, asked) : Evaluations(parse, paths, asked);
    }

    static int Runs(ParseResult parse, string[] paths, string[] asked)
    {
        if (asked.Length > 0)
        {
            throw new InputException("--fail-on-regression is for evaluations; a training run has no tasks.");
        }
        string[] names = ReportCommand.Names(paths, []);
        RunComparison comparison = RunComparison.Of([.. paths.Select((p, i) => TrainedRun.Read(p, names[i]))]);
        parse.InvocationConfiguration.Output.Write(
            parse.GetValue(s_json) ? comparison.ToJson() : string.Join('\n', comparison.Tables.Select(t => TextTable.Of(t))));
        return ExitCode.Done;
    }

    static int Evaluations(ParseResult parse, string[] paths, string[] asked)
    {
        (string Name, EvalResults Results)[] runs =
        [
            .. paths.Select(p => (Path.TrimEndingDirectorySeparator(p), EvalFiles.ReadResults(p))),
        ];
        IReadOnlyList<TaskDifference> differences = EvalComparison.Of(runs, parse.GetValue(s_metric));
        foreach (string task in asked.Where(t => t != Every && differences.All(d => d.Task != t)))
        {
            throw new InputException(
                $"--fail-on-regression: the runs do not share a task '{task}'. "
                + $"Their common tasks are {string.Join(", ", differences.Select(d => d.Task).Distinct())}.");
        }
        parse.InvocationConfiguration.Output.Write(
            parse.GetValue(s_json) ? JsonSerializer.Serialize(differences, s_indented) + "\n" : Table(runs, differences));
        return differences.Any(d => d.Verdict == ComparisonVerdict.Worse && (asked.Contains(Every) || asked.Contains(d.Task)))
            ? ExitCode.Failed
            : ExitCode.Done;
    }

    static string Table((string Name, EvalResults Results)[] runs, IReadOnlyList<TaskDifference> differences)
    {
        StringWriter text = new(CultureInfo.InvariantCulture) { NewLine = "\n" };
        text.WriteLine($"baseline {runs[0].Name}: {runs[0].Results.Model}");
        if (differences[0].Metric is { } metric)
        {
            text.WriteLine($"metric {metric}");
        }
        int width = Math.Max(4, differences.Max(d => d.Task.Length));
        foreach (IGrouping<string, TaskDifference> run in differences.GroupBy(d => d.Run))
        {
            text.WriteLine($"{run.Key}: {runs.First(r => r.Name == run.Key).Results.Model}");
            text.WriteLine($"  {"task".PadRight(width)} {"n",6} {"before",8} {"after",8} {"change",8}  {"95 % interval",-16}");
            foreach (TaskDifference d in run)
            {
                string interval = $"{Signed(d, d.Low)} to {Signed(d, d.High)}";
                string verdict = d.Verdict switch { ComparisonVerdict.Better => "better", ComparisonVerdict.Worse => "WORSE", _ => "" };
                string prompts = d.OtherPrompts > 0 ? $"  {d.OtherPrompts} prompts differ" : "";
                prompts += d.OtherDecoding > 0 ? $"  {d.OtherDecoding} decoded otherwise" : "";
                string numbers = $"{d.N,6} {Number(d, d.Before),8} {Number(d, d.After),8} {Signed(d, d.Difference),8}";
                text.WriteLine($"  {d.Task.PadRight(width)} {numbers}  {interval,-16} {verdict}{prompts}".TrimEnd());
            }
        }
        return text.ToString();
    }

    static string Number(TaskDifference d, double value) =>
        (d.IsShare ? 100 * value : value).ToString(d.IsShare ? "0.0" : "0.000", CultureInfo.InvariantCulture);

    static string Signed(TaskDifference d, double value) => (value >= 0 ? "+" : "−") + Number(d, Math.Abs(value));
}
