using System.CommandLine;
using Farsight.Alignment.Runs;
using Farsight.Cli.Options;
using Farsight.Cli.Output;
using Farsight.Engine;
using Farsight.Engine.Files;
using Farsight.Evaluation.Core;
using Farsight.Evaluation.Report;
using Farsight.Workflows.Reports;

namespace Farsight.Cli.Commands;

/// <summary>Writes a report of training runs or evaluations (<c>farsight report</c>).</summary>
static class ReportCommand
{
    static readonly Argument<string[]> s_runs = new("run")
    {
        Description = "Run directories of train or pretrain, finished or not; or evaluation directories or results.json files. "
            + "The first one is the baseline.",
        Arity = new ArgumentArity(1, 100),
    };
    static readonly Option<string> s_out = SharedOptions.Out(
        "HTML file to write. Files of the same name that end in .md, and in .csv (runs) or .json (evaluations), are written next to it. "
            + $"Default: {RunReport.PageName} in the run directory, if there is a single training run.",
        required: false);
    static readonly Option<string[]> s_names = new("--name")
    {
        Description = "Names of the runs or evaluations, in order. Default: the names of their directories.",
        AllowMultipleArgumentsPerToken = true,
    };
    static readonly Option<string?> s_title = new("--title") { Description = "Heading of the report. Default: the names." };

    /// <summary>Files that mark a folder with a report of its own.</summary>
    static readonly (string Mark, string Kind)[] s_ownReports = [("study.json", "study"), ("demo.json", "demo")];

    internal static Command Create()
    {
        Command command = new(
            "report",
            "Write a report of training runs (curves, alarms, recipe, answers) or of evaluations (tables, heat maps, differences).")
        {
            s_runs,
            s_out,
            s_names,
            s_title,
        };
        command.SetAction(Run);
        return command;
    }

    static int Run(ParseResult parse)
    {
        string[] paths = parse.GetValue(s_runs)!;
        string page = parse.GetValue(s_out)
            ?? (paths is [var only] && RunDirectory.IsRun(only)
                ? Path.Combine(only, RunReport.PageName)
                : throw new InputException(
                    paths is [var one] && !Path.Exists(one)
                        ? $"{one} does not exist. Name the folder of a training run or of an evaluation."
                        : paths.FirstOrDefault(p => OtherKind(p) is not null) is { } other ? OtherKind(other)!
                        : "--out is missing. Name the HTML file to write; it is optional for a single training run."));
        string files = Write(page, paths, parse.GetValue(s_names) ?? [], parse.GetValue(s_title));
        parse.InvocationConfiguration.Output.WriteLine(files);
        return ExitCode.Done;
    }

    /// <summary>Writes the report of training runs or of evaluations, and returns the names of its files.</summary>
    /// <exception cref="InputException">A path is neither, or both kinds are given, or the names do not fit.</exception>
    internal static string Write(string page, string[] paths, string[] given, string? title)
    {
        if (!page.EndsWith(".html", StringComparison.OrdinalIgnoreCase))
        {
            throw new InputException($"--out: the file name '{page}' must end in .html.");
        }
        string[] names = Names(paths, given);
        bool areRuns = AreRuns(paths);
        if (areRuns)
        {
            RunReport.Write(page, [.. paths.Select((p, i) => TrainedRun.Read(p, names[i]))], title);
        }
        else
        {
            ReportVariant[] variants = [.. paths.Select((p, i) => new ReportVariant(names[i], EvalFiles.ReadResults(p)))];
            title ??= variants.Length == 1 ? $"{names[0]}: evaluation" : $"{string.Join(", ", names[1..])} against {names[0]}";
            string subject = InputHash.OfText(string.Join('\n', paths.Select(Path.GetFullPath)))[..16];
            ReportWriter.RequireOwn(page, subject, ".md", ".json");
            ReportWriter.Write(page, EvalReport.Of(title, "", variants) with { Subject = subject });
            AtomicFile.WriteText(Path.ChangeExtension(page, ".json"), ReportJson.Of(title, variants));
        }
        return $"{page}, {Path.ChangeExtension(page, ".md")} and {Path.ChangeExtension(page, areRuns ? ".csv" : ".json")}";
    }

    /// <summary>Tells whether the paths are training runs; false for evaluations.</summary>
    /// <exception cref="InputException">A path is neither, or both kinds are given.</exception>
    internal static bool AreRuns(string[] paths)
    {
        if (paths.FirstOrDefault(p => !Path.Exists(p) && !p.EndsWith(".json", StringComparison.OrdinalIgnoreCase)) is { } missing)
        {
            throw new InputException($"{missing} does not exist; name the folder of a training run or an evaluation.");
        }
        foreach (string path in paths)
        {
            if (OtherKind(path) is { } refusal)
            {
                throw new InputException(refusal);
            }
        }
        string? run = paths.FirstOrDefault(RunDirectory.IsRun), other = paths.FirstOrDefault(p => !RunDirectory.IsRun(p));
        return run is null || other is null
            ? run is not null
            : throw new InputException($"{run} is a training run and {other} is an evaluation; use runs or evaluations, not both.");
    }

    /// <summary>
    /// Returns the sentence about a path that is neither a run nor an evaluation, with the report or the command for it; null for others.
    /// </summary>
    static string? OtherKind(string path)
    {
        if (File.Exists(path))
        {
            return path.EndsWith(".json", StringComparison.OrdinalIgnoreCase) ? null
                : $"{path} is {FileKind.Of(path) ?? "a file"}, not a training run or an evaluation. Name the --out folder of "
                    + "'farsight train', 'farsight pretrain' or 'farsight eval'; 'farsight inspect' describes other files.";
        }
        if (!Directory.Exists(path))
        {
            return null;
        }
        string? kind = s_ownReports.FirstOrDefault(m => File.Exists(Path.Combine(path, m.Mark))).Kind;
        if (kind is not null)
        {
            return $"{path} is the folder of a {kind}, whose report is {Path.Combine(path, "report.html")}; name one of its runs or "
                + "evaluations.";
        }
        bool isKnown = RunDirectory.IsRun(path)
            || File.Exists(Path.Combine(path, EvalFiles.ResultsName))
            || File.Exists(Path.Combine(path, EvalFiles.ExamplesName));
        return isKnown ? null
            : $"{path} is neither a training run (it has no recipe.resolved.json) nor an evaluation (it has no {EvalFiles.ResultsName}); "
                + "name the --out folder of 'farsight train', 'farsight pretrain' or 'farsight eval'.";
    }

    /// <summary>Returns the given names, or the directory names, or the paths if directory names are not unique.</summary>
    internal static string[] Names(string[] paths, string[] given)
    {
        if (given.Length > 0 && given.Length != paths.Length)
        {
            throw new InputException($"--name has {given.Length} names for {paths.Length} runs. Name all of them or none.");
        }
        string[] own = given.Length > 0 ? given : [.. paths.Select(Own)];
        if (own.Distinct().Count() < own.Length && given.Length > 0)
        {
            throw new InputException("--name contains a name twice. Use a different name for each run.");
        }
        return own.Distinct().Count() == own.Length ? own
            : paths.Distinct().Count() == paths.Length ? paths
            : throw new InputException("A run is listed twice. List each one once.");
    }

    static string Own(string path)
    {
        string directory = Directory.Exists(path) ? Path.GetFullPath(path) : Path.GetDirectoryName(Path.GetFullPath(path))!;
        return Path.GetFileName(Path.TrimEndingDirectorySeparator(directory));
    }
}
