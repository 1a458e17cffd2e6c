using System.CommandLine;
using System.CommandLine.Invocation;
using Farsight.Alignment.Training;
using Farsight.Cli.Commands;
using Farsight.Cli.Output;
using Farsight.Engine;

namespace Farsight.Cli;

static class Program
{
    // After Ctrl-C a command finishes its step and saves, which takes as long as it takes.
    static readonly TimeSpan s_timeToSave = TimeSpan.FromDays(7);

    static Task<int> Main(string[] args) => RunAsync(args);

    /// <summary>The whole command line; tests read it too.</summary>
    internal static RootCommand CreateRoot() =>
        new("Aligns language models for long contexts: documents in, an adapter and a measured verdict out.")
        {
            BenchCommand.Create(),
            ChatCommand.Create(),
            CompareCommand.Create(),
            DataCommand.Create(),
            DemoCommand.Create(),
            DocumentsCommand.Create(),
            EvalCommand.Create(),
            EvolveCommand.Create(),
            GenerateCommand.Create(),
            ExportCommand.Create(),
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

    /// <summary>
    /// Reads a command line. "@FILE" is left to the options that take files: it is a prompt, not more of the command line.
    /// </summary>
    internal static ParseResult Parse(string[] args) => CreateRoot().Parse(args, new() { ResponseFileTokenReplacer = null });

    /// <summary>Runs one command line. The only place where exceptions become exit codes.</summary>
    internal static async Task<int> RunAsync(string[] args)
    {
        try
        {
            ParseResult parse = Parse(args);
            if (parse.Action is ParseErrorAction errors)
            {
                // a wrong option needs one sentence, a missing command the list
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
            // A full disk or an unreadable device is not a fault of the input.
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
