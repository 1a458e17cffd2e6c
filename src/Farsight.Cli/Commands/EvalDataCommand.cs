using System.CommandLine;
using System.Text.Encodings.Web;
using System.Text.Json;
using Farsight.Cli.Options;
using Farsight.Cli.Output;
using Farsight.Engine;
using Farsight.Evaluation.Core;

namespace Farsight.Cli.Commands;

/// <summary>Lists the data files of the tasks and checks them (<c>farsight eval data</c>).</summary>
static class EvalDataCommand
{
    static readonly JsonSerializerOptions s_indented = new()
    {
        WriteIndented = true,
        NewLine = "\n",
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    static readonly Option<string[]> s_tasks = new("--task")
    {
        Description = "Tasks or benchmarks to list. Default: all.",
        AllowMultipleArgumentsPerToken = true,
    };
    static readonly Option<bool> s_json = SharedOptions.Json();

    internal static Command Create()
    {
        Command command = new(
            "data",
            "List the data files of the tasks, their sources and their state. Exit code 1 if a file is missing or changed.")
        {
            s_tasks,
            s_json,
        };
        command.SetAction(Run);
        return command;
    }

    static int Run(ParseResult parse)
    {
        string[] names = parse.GetValue(s_tasks) ?? [];
        IReadOnlyList<IEvalTask> tasks = names.Length == 0 ? EvalTaskCatalog.All : [.. names.SelectMany(EvalTaskCatalog.Find).Distinct()];
        EvalData data = EvalData.At(parse.GetValue(EvalCommand.Data));
        if (data.Root is not null && !Directory.Exists(data.Root))
        {
            throw new InputException(
                $"The data folder '{data.Root}' does not exist. Create it, or name another with --data or {EvalData.Variable}.");
        }
        IReadOnlyList<EvalDataState> states = EvalDataReport.Of(tasks, data);
        parse.InvocationConfiguration.Output.Write(
            parse.GetValue(s_json) ? JsonSerializer.Serialize(states, s_indented) + "\n" : Text(data, states));
        return states.Any(s => s.IsProblem) ? ExitCode.Failed : ExitCode.Done;
    }

    static string Text(EvalData data, IReadOnlyList<EvalDataState> states)
    {
        if (states.Count == 0)
        {
            return "The named tasks need no data: they generate their examples.\n";
        }
        StringWriter text = new() { NewLine = "\n" };
        text.WriteLine(data.Root is null ? $"No data folder. Name one with --data or {EvalData.Variable}." : $"Data folder: {data.Root}");
        foreach (EvalDataState state in states)
        {
            text.WriteLine($"{state.Status,-10} {state.Path}  ({Uses(state.Tasks)})");
            if (state.Status != "found")
            {
                string advice = state.Status == "changed" ? $"expected SHA-256 {state.Sha256}; download it again: " : "download: ";
                text.WriteLine($"           {advice}{state.Source}");
            }
        }
        text.WriteLine($"{states.Count(s => s.Status == "found")} of {states.Count} files found. Files may be compressed as .gz or .bz2.");
        return text.ToString();
    }

    static string Uses(IReadOnlyList<string> tasks) =>
        tasks.Count <= 3 ? string.Join(", ", tasks) : $"{tasks[0]}, {tasks[1]} and {tasks.Count - 2} more";
}
