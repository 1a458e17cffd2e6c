using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;
using System.CommandLine.Parsing;
using System.Globalization;
using System.Text.RegularExpressions;
using Farsight.Alignment.Corpus.Formats;
using Farsight.Alignment.Training;
using Farsight.Cli.Commands;
using Farsight.Cli.Output;
using Farsight.Engine;
using Farsight.Engine.Files;

namespace Farsight.Cli;

static partial class Program
{
    // After Ctrl-C a command finishes and saves its step, which may take hours.
    static readonly TimeSpan s_timeToSave = TimeSpan.FromDays(7);

    // The argument of a process that reads document formats; no command, because only this program starts it.
    const string FormatReading = "read-formats";

    // One tree for all threads, because creating it adds validators to options that commands share.
    static readonly Lazy<RootCommand> s_root = new(CreateRoot);

    static Task<int> Main(string[] args)
    {
        if (args is [FormatReading])
        {
            Console.CancelKeyPress += (_, e) => e.Cancel = true; // the program that started it decides when it ends
            FormatProcess.Serve(Console.OpenStandardInput(), Console.OpenStandardOutput());
            return Task.FromResult(ExitCode.Done);
        }
        string program = Environment.ProcessPath!;
        bool isHost = Path.GetFileNameWithoutExtension(program) == "dotnet";
        FormatProcess.Command = isHost ? [program, typeof(Program).Assembly.Location, FormatReading] : [program, FormatReading];
        return RunAsync(args);
    }

    /// <summary>The command tree.</summary>
    internal static RootCommand Root => s_root.Value;

    static RootCommand CreateRoot()
    {
        RootCommand root = new("Align language models for long contexts: synthesize preference data, train adapters and evaluate them.")
        {
            BenchCommand.Create(),
            ChatCommand.Create(),
            CompareCommand.Create(),
            CompletionCommand.Create(),
            DashboardCommand.Create(),
            DataCommand.Create(),
            DemoCommand.Create(),
            DoctorCommand.Create(),
            DocumentsCommand.Create(),
            EvalCommand.Create(),
            EvolveCommand.Create(),
            ExportCommand.Create(),
            FetchCommand.Create(),
            GenerateCommand.Create(),
            InspectCommand.Create(),
            MergeCommand.Create(),
            NewCommand.Create(),
            PlanCommand.Create(),
            PretrainCommand.Create(),
            RankCommand.Create(),
            RecipeCommand.Create(),
            ReportCommand.Create(),
            ServeCommand.Create(),
            StudyCommand.Create(),
            SynthCommand.Create(),
            TrainCommand.Create(),
        };
        HelpOption help = root.Options.OfType<HelpOption>().Single();
        help.Action = new GroupedHelp((SynchronousCommandLineAction)help.Action!);
        return root;
    }

    /// <summary>Parses a command line. "@FILE" is not a response file, because options such as --prompt read files.</summary>
    internal static ParseResult Parse(string[] args) => Root.Parse(args, new() { ResponseFileTokenReplacer = null });

    /// <summary>Runs one command line. Foreign text is written with its control characters made visible.</summary>
    internal static Task<int> RunAsync(string[] args) => VisibleWriter.During(() => RunVisibly(args));

    /// <summary>Runs one command line. Exceptions become exit codes only here.</summary>
    static async Task<int> RunVisibly(string[] args)
    {
        try
        {
            ParseResult parse = Parse(args);
            if (parse.Action is ParseErrorAction errors)
            {
                string[] wrong = [.. parse.Errors.Select(e => WrongValue(e)).OfType<string>()];
                if (wrong.Length > 0)
                {
                    Console.Error.WriteLine(string.Join('\n', wrong));
                    return ExitCode.BadInput;
                }
                string[] mistyped = [.. parse.UnmatchedTokens.Select(t => Mistyped(t, parse.CommandResult)).OfType<string>()];
                if (mistyped.Length > 0)
                {
                    Console.Error.WriteLine(string.Join('\n', mistyped));
                    return ExitCode.BadInput;
                }
                errors.ShowTypoCorrections = false;
                // a wrong option is explained by one sentence, a missing command by the list of commands
                errors.ShowHelp = false;
                if (parse.CommandResult.Command is { Action: null, Subcommands.Count: > 0 } group)
                {
                    await parse.InvokeAsync();
                    Parse([.. PathOf(group), "--help"]).Invoke(new() { Output = Console.Error });
                    return ExitCode.BadInput;
                }
            }
            int code = await parse.InvokeAsync(new() { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = s_timeToSave });
            // Help comes before the errors of arguments that are still missing.
            return parse.Action is ParseErrorAction ? ExitCode.BadInput : code;
        }
        catch (Exception e) when (Known(e) is { } known)
        {
            if (known.Message.Length > 0)
            {
                Console.Error.WriteLine(known.Message);
            }
            return known.Code;
        }
    }

    /// <summary>Returns the message and exit code of an exception that is not a bug; null for a bug.</summary>
    internal static (string Message, int Code)? Known(Exception exception) => exception switch
    {
        InputException e => (e.Message, ExitCode.BadInput),
        OperationCanceledException => ("", ExitCode.Cancelled),
        TrainingStoppedException e => (e.Message, ExitCode.Failed),
        OutOfMemoryException => (
            "The memory is exhausted. Use shorter contexts or fewer tokens per pass, or a machine with more memory; "
                + "farsight plan shows what training needs.",
            ExitCode.Failed),
        UnauthorizedAccessException e => ($"{Sentence(e)} Use a path that you may read and write.", ExitCode.BadInput),
        FileNotFoundException or DirectoryNotFoundException or PathTooLongException =>
            ($"{Sentence(exception)} Check the path.", ExitCode.BadInput),
        IOException e when AtomicFile.IsFullDisk(e) =>
            ($"{Sentence(e)} Free some space and rerun the command; files that were complete are kept.", ExitCode.Failed),
        IOException e when IsClosedPipe(e) => (Sentence(e), ExitCode.Failed),
        IOException e => ($"{Sentence(e)} Use another path, or correct this one.", ExitCode.BadInput),
        ArgumentException { Source: "System.Private.CoreLib", ParamName: "path" or "path1" or "path2" or "fileName" } =>
            ("A path is empty or has a character that no path can have. Check the paths of the command.", ExitCode.BadInput),
        AggregateException e when e.Flatten().InnerExceptions is [var only] => Known(only),
        _ => null,
    };

    /// <summary>Returns the words that name a command.</summary>
    static string[] PathOf(Command command) =>
        command is RootCommand ? [] : [.. command.Parents.OfType<Command>().SelectMany(PathOf), command.Name];

    /// <summary>
    /// Returns the sentence for an unknown word, or for a value of the wrong type without the name of a .NET type; null for another error.
    /// </summary>
    static string? WrongValue(ParseError error)
    {
        if (UnknownWord().Match(error.Message) is { Success: true } unknown)
        {
            string[] known = [.. unknown.Groups["known"].Captures.Select(c => c.Value)];
            string name = error.SymbolResult is OptionResult { Option: var option } ? $"{option.Name}: " : "";
            string word = unknown.Groups["word"].Value;
            return $"{name}'{word}' is unknown; use one of {string.Join(", ", known)}.{Suggestion.Question(word, known)}";
        }
        Match match = TypeError().Match(error.Message);
        string expected = match.Groups["type"].Value switch
        {
            nameof(Int32) => $"a whole number from {int.MinValue} to {int.MaxValue}",
            nameof(Int64) => "a whole number",
            nameof(Double) or nameof(Single) or nameof(Decimal) => "a number",
            _ => "a value of this option; --help lists the values",
        };
        if (!match.Success)
        {
            return null;
        }
        string value = match.Groups["value"].Value;
        string instead = expected.StartsWith("a whole", StringComparison.Ordinal) && Kilo(value) is { } number ? $" Write {number}." : "";
        return $"{match.Groups["option"].Value}: '{value}' is not {expected}.{instead}";
    }

    /// <summary>Returns the sentence for a word that is near to a command or an option; null for another word.</summary>
    static string? Mistyped(string word, CommandResult command)
    {
        List<string> options = [];
        for (SymbolResult? result = command; result is CommandResult { Command: var owner }; result = result.Parent)
        {
            options.AddRange(owner.Options.Where(o => result == command || o.Recursive).SelectMany(o => o.Aliases.Prepend(o.Name)));
        }
        bool isOption = word.StartsWith('-');
        string name = string.Join(' ', ["farsight", .. PathOf(command.Command)]);
        return Suggestion.Nearest(word, isOption ? options : command.Command.Subcommands.Select(c => c.Name)) is { } near
            ? $"'{word}' is not {(isOption ? "an option" : "a command")} of '{name}'. Did you mean '{near}'?"
            : null;
    }

    /// <summary>Returns the number that "8K" or "1M" stands for; null for another text.</summary>
    static string? Kilo(string text) =>
        text is [.., 'k' or 'K' or 'm' or 'M']
        && long.TryParse(text[..^1], NumberStyles.None, CultureInfo.InvariantCulture, out long count) && count is > 0 and < 1 << 20
            ? (text[^1] is 'k' or 'K' ? count << 10 : count << 20).ToString(CultureInfo.InvariantCulture)
            : null;

    [GeneratedRegex(
        @"^Cannot parse argument '(?<value>.*)' for option '(?<option>.*)' as expected type '.*?(?<type>\w+)['\]]",
        RegexOptions.Singleline)]
    private static partial Regex TypeError();

    [GeneratedRegex(@"^Argument '(?<word>.*)' not recognized\. Must be one of:(\s+'(?<known>[^']*)')+", RegexOptions.Singleline)]
    private static partial Regex UnknownWord();

    static string Sentence(Exception e) => e.Message.TrimEnd('.') + ".";

    /// <summary>Tells a closed pipe from a path that cannot be used.</summary>
    static bool IsClosedPipe(IOException e) => (e.InnerException as IOException ?? e).HResult is 32; // EPIPE
}
