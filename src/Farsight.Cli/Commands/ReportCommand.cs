using System.CommandLine;
using Farsight.Cli.Output;
using Farsight.Engine;
using Farsight.Engine.Files;
using Farsight.Evaluation.Core;
using Farsight.Evaluation.Report;

namespace Farsight.Cli.Commands;

/// <summary><c>farsight report</c>: evaluations as one page, with Markdown and JSON beside it.</summary>
static class ReportCommand
{
    static readonly Argument<string[]> s_runs = new("run")
    {
        Description = "Directories of evaluations (or their results.json), the one to compare with first.",
        Arity = new ArgumentArity(1, 100),
    };
    static readonly Option<string> s_out = new("--out")
    {
        Description = "The page to write, ending in .html; Markdown and JSON go beside it.",
        Required = true,
    };
    static readonly Option<string[]> s_names = new("--name")
    {
        Description = "What to call the evaluations, in their order; their directories' names if left out.",
        AllowMultipleArgumentsPerToken = true,
    };
    static readonly Option<string?> s_title = new("--title") { Description = "The page's heading." };

    internal static Command Create()
    {
        Command command = new("report", "Show evaluations on one page: tables, heat maps, curves, differences and the worst answers.")
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
            throw new InputException($"--out {page}: the page's name must end in .html; .md and .json are written beside it.");
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

    /// <summary>The user's names, or the directories' own, or whole paths where those are not enough to tell them apart.</summary>
    static string[] Names(string[] paths, string[] given)
    {
        if (given.Length > 0 && given.Length != paths.Length)
        {
            throw new InputException($"--name gives {given.Length} names for {paths.Length} evaluations; name each or none.");
        }
        string[] own = given.Length > 0 ? given : [.. paths.Select(Own)];
        if (own.Distinct().Count() < own.Length && given.Length > 0)
        {
            throw new InputException("--name gives two evaluations one name; give each its own.");
        }
        return own.Distinct().Count() == own.Length ? own
            : paths.Distinct().Count() == paths.Length ? paths
            : throw new InputException("An evaluation is given twice; give each once.");
    }

    static string Own(string path)
    {
        string directory = Directory.Exists(path) ? Path.GetFullPath(path) : Path.GetDirectoryName(Path.GetFullPath(path))!;
        return Path.GetFileName(Path.TrimEndingDirectorySeparator(directory));
    }
}
