using System.CommandLine;
using System.CommandLine.Invocation;
using Farsight.Alignment.Training;
using Farsight.Cli.Commands;
using Farsight.Cli.Output;
using Farsight.Engine;

namespace Farsight.Cli;

static class Program
{
    // After Ctrl-C a command finishes and saves its step, which may take hours.
    static readonly TimeSpan s_timeToSave = TimeSpan.FromDays(7);

    static Task<int> Main(string[] args) => RunAsync(args);

    /// <summary>Creates the command tree.</summary>
    internal static RootCommand CreateRoot() =>
        new("Align language models for long contexts: synthesize preference data, train adapters and evaluate them.")
        {
            BenchCommand.Create(),
            ChatCommand.Create(),
            CompareCommand.Create(),
            CompletionCommand.Create(),
            DataCommand.Create(),
            DemoCommand.Create(),
            DoctorCommand.Create(),
            DocumentsCommand.Create(),
            EvalCommand.Create(),
            EvolveCommand.Create(),
            ExportCommand.Create(),
            GenerateCommand.Create(),
            InspectCommand.Create(),
            MergeCommand.Create(),
            PlanCommand.Create(),
            PretrainCommand.Create(),
            RecipeCommand.Create(),
            ReportCommand.Create(),
            StudyCommand.Create(),
            SynthCommand.Create(),
            TrainCommand.Create(),
        };

    /// <summary>Parses a command line. "@FILE" is not a response file, because options such as --prompt read files.</summary>
    internal static ParseResult Parse(string[] args) => CreateRoot().Parse(args, new() { ResponseFileTokenReplacer = null });

    /// <summary>Runs one command line. Exceptions become exit codes only here.</summary>
    internal static async Task<int> RunAsync(string[] args)
    {
        try
        {
            ParseResult parse = Parse(args);
            if (parse.Action is ParseErrorAction errors)
            {
                // a wrong option is explained by one sentence, a missing command by the list of commands
                errors.ShowHelp = parse.CommandResult.Command.Subcommands.Count > 0;
            }
            int code = await parse.InvokeAsync(new() { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = s_timeToSave });
            return parse.Errors.Count > 0 ? ExitCode.BadInput : code;
        }
        catch (InputException e)
        {
            Console.Error.WriteLine(e.Message);
            return ExitCode.BadInput;
        }
        catch (IOException e)
        {
            // a full disk or an unreadable device is not invalid input
            Console.Error.WriteLine(e.Message);
            return ExitCode.Failed;
        }
        catch (TrainingStoppedException e)
        {
            Console.Error.WriteLine(e.Message);
            return ExitCode.Failed;
        }
        catch (OperationCanceledException)
        {
            return ExitCode.Cancelled;
        }
    }
}
