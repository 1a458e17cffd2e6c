using System.CommandLine;
using Farsight.Cli.Options;
using Farsight.Cli.Output;
using Farsight.Engine;
using Farsight.Engine.Files;
using Farsight.Evaluation.Core;
using Farsight.Evaluation.Report;

namespace Farsight.Cli.Commands;

/// <summary>Writes a report of evaluations as HTML, Markdown and JSON (<c>farsight report</c>).</summary>
static class ReportCommand
{
    static readonly Argument<string[]> s_runs = new("run")
    {
        Description = "Evaluation directories or results.json files. The first one is the baseline.",
        Arity = new ArgumentArity(1, 100),
    };
    static readonly Option<string> s_out = SharedOptions.Out("HTML file to write. The Markdown and JSON files are written next to it.");
    static readonly Option<string[]> s_names = new("--name")
    {
        Description = "Names of the evaluations, in order. Default: the names of their directories.",
        AllowMultipleArgumentsPerToken = true,
    };
    static readonly Option<string?> s_title = new("--title") { Description = "Heading of the report. Default: the evaluation names." };

    internal static Command Create()
    {
        Command command = new("report", "Write a report of evaluations with tables, heat maps, curves, differences and the worst answers.")
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
        string page = parse.GetValue(s_out)!;
        string[] paths = parse.GetValue(s_runs)!, names = Names(paths, parse.GetValue(s_names) ?? []);
        if (!page.EndsWith(".html", StringComparison.OrdinalIgnoreCase))
        {
            throw new InputException($"--out: the file name '{page}' must end in .html.");
        }
        ReportVariant[] variants = [.. paths.Select((p, i) => new ReportVariant(names[i], EvalFiles.ReadResults(p)))];
        string title =
            parse.GetValue(s_title)
            ?? (variants.Length == 1 ? $"{names[0]}: evaluation" : $"{string.Join(", ", names[1..])} against {names[0]}");
        ReportWriter.Write(page, EvalReport.Of(title, "", variants));
        AtomicFile.WriteText(Path.ChangeExtension(page, ".json"), ReportJson.Of(title, variants));
        parse.InvocationConfiguration.Output.WriteLine(
            $"{page}, {Path.ChangeExtension(page, ".md")} and {Path.ChangeExtension(page, ".json")}");
        return ExitCode.Done;
    }

    /// <summary>Returns the given names, or the directory names, or the paths if directory names are not unique.</summary>
    static string[] Names(string[] paths, string[] given)
    {
        if (given.Length > 0 && given.Length != paths.Length)
        {
            throw new InputException($"--name has {given.Length} names for {paths.Length} evaluations. Name all of them or none.");
        }
        string[] own = given.Length > 0 ? given : [.. paths.Select(Own)];
        if (own.Distinct().Count() < own.Length && given.Length > 0)
        {
            throw new InputException("--name contains a name twice. Use a different name for each evaluation.");
        }
        return own.Distinct().Count() == own.Length ? own
            : paths.Distinct().Count() == paths.Length ? paths
            : throw new InputException("An evaluation is listed twice. List each one once.");
    }

    static string Own(string path)
    {
        string directory = Directory.Exists(path) ? Path.GetFullPath(path) : Path.GetDirectoryName(Path.GetFullPath(path))!;
        return Path.GetFileName(Path.TrimEndingDirectorySeparator(directory));
    }
}
