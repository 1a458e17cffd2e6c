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

namespace Farsight.Cli.Commands;

/// <summary>Compares evaluations with the first one on the examples they share (<c>farsight compare</c>).</summary>
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
        Description = "Evaluation directories or results.json files. The first one is the baseline.",
        Arity = new ArgumentArity(2, 100),
    };
    static readonly Option<string[]> s_fail = new("--fail-on-regression")
    {
        Description = "Tasks whose significant regression causes exit code 1. 'all' selects every task. Default: none.",
        AllowMultipleArgumentsPerToken = true,
    };
    static readonly Option<string?> s_metric = new("--metric")
    {
        Description = "Metric to compare, by its name in the results. Default: the score of each task.",
        HelpName = "name",
    };
    static readonly Option<bool> s_json = SharedOptions.Json();

    internal static Command Create()
    {
        Command command = new("compare", "Compare evaluations with a baseline, paired over their common examples.")
        {
            s_runs,
            s_metric,
            s_fail,
            s_json,
        };
        command.SetAction(Run);
        return command;
    }

    static int Run(ParseResult parse)
    {
        string[] paths = parse.GetValue(s_runs)!,
            asked = parse.GetValue(s_fail) ?? [];
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
