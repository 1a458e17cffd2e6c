using System.CommandLine;
using System.Text.Encodings.Web;
using System.Text.Json;
using Farsight.Alignment.Hub;
using Farsight.Cli.Options;
using Farsight.Cli.Output;
using Farsight.Engine;
using Farsight.Evaluation.Core;

namespace Farsight.Cli.Commands;

/// <summary>Lists the data of the benchmarks and downloads them (<c>farsight eval data</c>).</summary>
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
        Description = "Tasks or benchmarks whose files to list. Default: all benchmarks, without their files.",
        AllowMultipleArgumentsPerToken = true,
    };
    static readonly Option<bool> s_json = SharedOptions.Json();
    static readonly Argument<string[]> s_names = new("name")
    {
        Description = "Tasks or benchmarks whose data to download.",
        Arity = ArgumentArity.OneOrMore,
    };

    internal static Command Create()
    {
        Command get = new(
            "get",
            "Download the data of tasks or benchmarks. The commands for files whose license does not permit this are printed. Exit code 1 "
                + "if a required file is missing afterwards.")
        {
            s_names,
        };
        get.SetAction(Get);
        Command command = new(
            "data",
            "List the data of the benchmarks with state, size, license and source. Exit code 1 if a required file is missing or changed.")
        {
            s_tasks,
            s_json,
            get,
        };
        command.SetAction(Run);
        return command;
    }

    static int Run(ParseResult parse)
    {
        string[] names = parse.GetValue(s_tasks) ?? [];
        EvalData data = EvalData.At(parse.GetValue(EvalCommand.Data));
        if (data.Root is not null && !Directory.Exists(data.Root))
        {
            throw new InputException(
                $"The data folder '{data.Root}' does not exist. Create it, or name another with --data or {EvalData.Variable}.");
        }
        return names.Length == 0 ? ListBenchmarks(parse, data) : ListFiles(parse, data, Find(names));
    }

    static int ListBenchmarks(ParseResult parse, EvalData data)
    {
        IReadOnlyList<EvalDataSet> sets = EvalDataSet.All(data);
        parse.InvocationConfiguration.Output.Write(
            parse.GetValue(s_json) ? JsonSerializer.Serialize(sets, s_indented) + "\n" : Text(data, sets));
        return sets.Any(s => s.Found < s.Required) ? ExitCode.Failed : ExitCode.Done;
    }

    static int ListFiles(ParseResult parse, EvalData data, IReadOnlyList<IEvalTask> tasks)
    {
        IReadOnlyList<EvalDataState> states = EvalDataReport.Of(tasks, data);
        parse.InvocationConfiguration.Output.Write(
            parse.GetValue(s_json) ? JsonSerializer.Serialize(states, s_indented) + "\n" : Text(data, states));
        return states.Any(s => s.IsProblem) ? ExitCode.Failed : ExitCode.Done;
    }

    static async Task<int> Get(ParseResult parse, CancellationToken cancel)
    {
        IReadOnlyList<IEvalTask> tasks = Find(parse.GetValue(s_names)!);
        EvalData data = EvalData.At(parse.GetValue(EvalCommand.Data));
        if (data.Root is null)
        {
            throw new InputException($"No data folder. Name one with --data or {EvalData.Variable}; it is created if it does not exist.");
        }
        DownloadedEvalData downloaded;
        using DownloadLine line = new();
        try
        {
            downloaded = await new EvalDataDownload(data).Get(tasks, line, cancel);
        }
        catch (OperationCanceledException)
        {
            line.Note("Stopped. Rerun the command to resume.");
            throw;
        }
        TextWriter output = parse.InvocationConfiguration.Output;
        output.WriteLine(
            downloaded.Files == 0
                ? $"{data.Root}: nothing to download"
                : $"{data.Root}: {downloaded.Files} files, {DownloadLine.Size(downloaded.Bytes)}, downloaded in "
                    + ProgressLine.Duration(line.Elapsed));
        WriteByHand(output, downloaded.ByHand);
        bool isComplete = downloaded.ByHand.All(h => h.IsOptional);
        if (isComplete)
        {
            output.WriteLine($"Next: farsight eval --task {string.Join(' ', parse.GetValue(s_names)!)} --data {data.Root} --model MODEL");
        }
        return isComplete ? ExitCode.Done : ExitCode.Failed;
    }

    static void WriteByHand(TextWriter output, IReadOnlyList<EvalDataByHand> missing)
    {
        foreach (EvalDataByHand files in missing)
        {
            output.WriteLine();
            output.WriteLine($"{(files.IsOptional ? "Optional, not downloaded" : "Not downloaded")} (license: {files.License}): "
                + string.Join(", ", files.Paths));
            output.WriteLine(files.Commands.Count > 0 ? "  Check the license, then run:" : $"  Get it from {files.Advice}");
            foreach (string command in files.Commands)
            {
                output.WriteLine($"  {command}");
            }
        }
    }

    static string Text(EvalData data, IReadOnlyList<EvalDataSet> sets)
    {
        StringWriter text = new() { NewLine = "\n" };
        text.WriteLine(Heading(data));
        int name = sets.Where(s => s.Required > 0).Max(s => s.Name.Length), width = Terminal.Width;
        text.WriteLine($"{"benchmark".PadRight(name)}  {"state",-13}  {"size",-10}  {"get",-4}  license; source");
        foreach (EvalDataSet set in sets.Where(s => s.Required > 0))
        {
            string state = set.State == "partial" ? $"partial {set.Found}/{set.Required}" : set.State;
            string size = set.Bytes == 0 ? "unknown" : (set.HasUnknownSize ? "> " : "") + DownloadLine.Size(set.Bytes);
            Terminal.WriteWrapped(
                text, $"{set.Name.PadRight(name)}  {state,-13}  {size,-10}  {set.Download,-4}  ",
                $"{Few(set.Licenses)}; {Few(set.Sources)}", width);
        }
        Terminal.WriteWrapped(
            text, "No data needed: ", string.Join(", ", sets.Where(s => s.Required == 0).Select(s => s.Name)), width);
        text.WriteLine("'farsight eval data get NAME' downloads all, part or none of the files, and prints the commands for the others.");
        text.WriteLine("'farsight eval data --task NAME' lists the files.");
        return text.ToString();
    }

    static string Few(IReadOnlyList<string> texts)
    {
        const int Shown = 2;
        return string.Join(", ", texts.Take(Shown)) + (texts.Count > Shown ? $" and {texts.Count - Shown} more" : "");
    }

    static string Text(EvalData data, IReadOnlyList<EvalDataState> states)
    {
        if (states.Count == 0)
        {
            return "The named tasks need no data: they generate their examples.\n";
        }
        StringWriter text = new() { NewLine = "\n" };
        text.WriteLine(Heading(data));
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

    static string Heading(EvalData data) =>
        data.Root is null ? $"No data folder. Name one with --data or {EvalData.Variable}." : $"Data folder: {data.Root}";

    static string Uses(IReadOnlyList<string> tasks) =>
        tasks.Count <= 3 ? string.Join(", ", tasks) : $"{tasks[0]}, {tasks[1]} and {tasks.Count - 2} more";

    static IReadOnlyList<IEvalTask> Find(string[] names) => [.. names.SelectMany(EvalTaskCatalog.Find).Distinct()];
}
