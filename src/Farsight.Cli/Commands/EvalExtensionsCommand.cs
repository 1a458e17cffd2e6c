using System.CommandLine;
using Farsight.Cli.Options;
using Farsight.Cli.Output;
using Farsight.Engine;
using Farsight.Evaluation.Core;
using Farsight.Evaluation.Interop;
using Farsight.Evaluation.Report;

namespace Farsight.Cli.Commands;

/// <summary>Writes results for Microsoft.Extensions.AI.Evaluation (<c>farsight eval extensions</c>).</summary>
static class EvalExtensionsCommand
{
    static readonly Argument<string> s_directory = new("directory")
    {
        Description = "Output folder of an evaluation.",
    };
    static readonly Option<string> s_format = new("--format")
    {
        Description = "report: a JSON report. store: a result store on disk, which that library's report tool reads.",
        DefaultValueFactory = _ => Report,
    };
    static readonly Option<string?> s_execution = new("--execution")
    {
        HelpName = "name",
        Description = "Name of the execution. Default: the model.",
    };
    static readonly Option<string> s_out = SharedOptions.Out(
        "JSON file to write, which must not exist; with --format store, the root folder of the store.", required: true);

    const string Report = "report", Store = "store";

    internal static Command Create()
    {
        s_format.AcceptOnlyFromAmong(Report, Store);
        Command command = new("extensions", "Export results for Microsoft.Extensions.AI.Evaluation, as a JSON report or a result store.")
        {
            s_directory, s_format, s_execution, s_out,
        };
        command.SetAction(Run);
        return command;
    }

    static int Run(ParseResult parse)
    {
        string path = parse.GetValue(s_out)!;
        string? execution = parse.GetValue(s_execution);
        bool isReport = parse.GetValue(s_format) == Report;
        if (isReport && Path.Exists(path))
        {
            throw new InputException($"--out: {path} exists; choose another file.");
        }
        EvalResults results = EvalFiles.ReadResults(parse.GetValue(s_directory)!);
        DateTimeOffset now = TimeProvider.System.GetUtcNow();
        if (isReport)
        {
            ExtensionsReport.Write(path, results, now, execution);
        }
        else
        {
            ExtensionsReport.WriteStore(path, results, now, execution);
        }
        parse.InvocationConfiguration.Output.WriteLine($"{(isReport ? "Report" : "Store")}: {path}");
        return ExitCode.Done;
    }
}

/// <summary>Reads such results as those of an evaluation (<c>farsight eval import</c>).</summary>
static class EvalImportCommand
{
    static readonly Argument<string> s_report = new("report")
    {
        Description = "JSON report of Microsoft.Extensions.AI.Evaluation, or the root folder of its result store.",
    };
    static readonly Option<string?> s_execution = new("--execution")
    {
        HelpName = "name",
        Description = "Execution to import. Required if there are several.",
    };
    static readonly Option<string> s_out = SharedOptions.Out("New output folder for the results and a report.", required: true);
    static readonly Option<bool> s_json = SharedOptions.Json("Print the results as JSON, without the examples.");

    internal static Command Create()
    {
        Command command = new(
            "import", "Import results of Microsoft.Extensions.AI.Evaluation, so that compare, report and rank can read them.")
        {
            s_report, s_execution, s_out, s_json,
        };
        command.SetAction(Run);
        return command;
    }

    static int Run(ParseResult parse)
    {
        string report = parse.GetValue(s_report)!, folder = parse.GetValue(s_out)!;
        EvalResults results = ExtensionsReport.Read(report, parse.GetValue(s_execution));
        Rescoring.Write(folder, results);
        string name = Path.GetFileNameWithoutExtension(Path.TrimEndingDirectorySeparator(report));
        ReportWriter.Write(Path.Combine(folder, "report.html"), EvalReport.Of(name, "", [new(name, results)]));
        parse.InvocationConfiguration.Output.Write(
            parse.GetValue(s_json) ? EvalFiles.ToJson(results with { Examples = [] }) : EvalTable.Of(results));
        return ExitCode.Done;
    }
}
