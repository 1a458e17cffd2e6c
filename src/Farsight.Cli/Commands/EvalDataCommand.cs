using System.CommandLine;
using System.Text.Encodings.Web;
using System.Text.Json;
using Farsight.Cli.Output;
using Farsight.Engine;
using Farsight.Evaluation.Core;

namespace Farsight.Cli.Commands;

/// <summary><c>farsight eval data</c>: where each task's files come from, and what is missing.</summary>
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
        Description = "Only these tasks or benchmarks.",
        AllowMultipleArgumentsPerToken = true,
    };
    static readonly Option<bool> s_json = new("--json") { Description = "Print it as JSON." };

    internal static Command Create()
    {
        Command command = new(
            "data",
            "Tell which files the tasks read, where to get them, and what is missing or changed. Exit code 1 if any is.")
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
                $"The data folder '{data.Root}' does not exist; make it, or name another with --data or {EvalData.Variable}.");
        }
        IReadOnlyList<EvalDataState> states = EvalDataReport.Of(tasks, data);
        parse.InvocationConfiguration.Output.Write(
            parse.GetValue(s_json) ? JsonSerializer.Serialize(states, s_indented) + "\n" : Text(data, states));
        return states.Any(s => s.IsProblem) ? ExitCode.Failed : ExitCode.Done;
    }

    static string Text(EvalData data, IReadOnlyList<EvalDataState> states)
    {
        StringWriter text = new() { NewLine = "\n" };
        text.WriteLine(data.Root is null ? $"No data folder; name one with --data or {EvalData.Variable}." : $"Data folder: {data.Root}");
        foreach (EvalDataState state in states)
        {
            text.WriteLine($"{state.Status,-9} {state.Path}  ({Uses(state.Tasks)})");
            if (state.Status != "found")
            {
                text.WriteLine(
                    $"          {(state.Status == "changed" ? $"its content is not that with SHA-256 {state.Sha256}; get it again: " : "get it: ")}{state.Source}"
                );
            }
        }
        text.WriteLine($"{states.Count(s => s.Status == "found")} of {states.Count} files found; a file may also be there as .gz or .bz2.");
        return text.ToString();
    }

    static string Uses(IReadOnlyList<string> tasks) =>
        tasks.Count <= 3 ? string.Join(", ", tasks) : $"{tasks[0]}, {tasks[1]} and {tasks.Count - 2} more";
}
