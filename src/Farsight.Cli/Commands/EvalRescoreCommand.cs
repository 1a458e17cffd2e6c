using System.CommandLine;
using Farsight.Alignment.Endpoints;
using Farsight.Cli.Options;
using Farsight.Cli.Output;
using Farsight.Engine;
using Farsight.Evaluation.Core;
using Farsight.Evaluation.Report;

namespace Farsight.Cli.Commands;

/// <summary>Scores the stored answers of an evaluation again (<c>farsight eval rescore</c>).</summary>
static class EvalRescoreCommand
{
    static readonly Argument<string> s_directory = new("directory")
    {
        Description = "Output folder of an evaluation.",
    };
    static readonly Option<string?> s_metric = new("--metric")
    {
        HelpName = "name",
        Description = $"Metric to compare answers with their references: {string.Join(", ", Rescoring.Metrics)}. "
            + "Required without --judge-endpoint.",
    };
    static readonly Option<string[]> s_tasks = new("--task")
    {
        Description = "Tasks to score. Default: all.",
        AllowMultipleArgumentsPerToken = true,
    };
    static readonly Option<string> s_out = SharedOptions.Out(
        "New output folder for the scores and a report. Default: no files.", required: false);
    static readonly Option<bool> s_json = SharedOptions.Json("Print the results as JSON, without the examples.");
    static readonly EndpointFlags s_judge = new("judge-", "the judge");

    internal static Command Create()
    {
        Command command = new("rescore", "Score stored answers again by another metric or a judge, without the model.")
        {
            s_directory, s_metric, s_tasks, s_out, s_json,
        };
        s_judge.AddTo(command);
        command.SetAction((parse, cancel) => Task.Run(() => Run(parse, cancel), CancellationToken.None));
        return command;
    }

    static int Run(ParseResult parse, CancellationToken cancel)
    {
        EndpointOptions? judge = s_judge.Of(parse);
        string? metric = parse.GetValue(s_metric);
        if (metric is null == judge is null)
        {
            throw new InputException(metric is null
                ? "--metric is missing; name a metric, or give a judge with --judge-endpoint."
                : "--metric and --judge-endpoint cannot be combined; use one.");
        }
        string directory = parse.GetValue(s_directory)!;
        EvalResults results = EvalFiles.ReadResults(directory);
        string[] tasks = parse.GetValue(s_tasks) ?? [];
        EvalResults again = judge is null ? Rescoring.ByMetric(results, metric!, tasks) : Judged(results, judge, tasks, cancel);
        if (parse.GetValue(s_out) is { } folder)
        {
            Rescoring.Write(folder, again);
            string name = Path.GetFileName(Path.TrimEndingDirectorySeparator(directory));
            ReportWriter.Write(
                Path.Combine(folder, "report.html"), EvalReport.Of($"{name}: answers scored again", "", [new(name, again)]));
        }
        parse.InvocationConfiguration.Output.Write(
            parse.GetValue(s_json) ? EvalFiles.ToJson(again with { Examples = [] }) : EvalTable.Of(again));
        return ExitCode.Done;
    }

    static EvalResults Judged(EvalResults results, EndpointOptions options, string[] tasks, CancellationToken cancel)
    {
        using ProgressLine line = ProgressLine.OnStandardError("answer");
        using EndpointSet endpoint = EndpointSet.Open(options, line.Note);
        try
        {
            return Rescoring.ByJudge(
                results, endpoint.AsLanguageModel(), tasks, new Counter(line, results.Examples.Count), cancel);
        }
        finally
        {
            EndpointNotes.Write(line, "judge", endpoint);
        }
    }

    sealed class Counter(ProgressLine line, int total) : IProgress<int>
    {
        public void Report(int value) => line.Report(value, total, "judging");
    }
}
