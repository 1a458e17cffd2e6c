using System.CommandLine;
using Farsight.Cli.Options;
using Farsight.Cli.Output;
using Farsight.Evaluation.Core;

namespace Farsight.Cli.Commands;

/// <summary>Writes results in the layout of lm-evaluation-harness (<c>farsight eval harness</c>).</summary>
static class EvalHarnessCommand
{
    static readonly Argument<string> s_directory = new("directory")
    {
        Description = "Output folder of an evaluation.",
    };
    static readonly Option<string> s_out = SharedOptions.Out("Folder for the results and samples.", required: true);

    internal static Command Create()
    {
        Command command = new("harness", "Export results and samples in the JSON layout of lm-evaluation-harness.") { s_directory, s_out };
        command.SetAction(Run);
        return command;
    }

    static int Run(ParseResult parse)
    {
        EvalResults results = EvalFiles.ReadResults(parse.GetValue(s_directory)!);
        string path = HarnessResults.Write(parse.GetValue(s_out)!, results, TimeProvider.System.GetUtcNow());
        parse.InvocationConfiguration.Output.WriteLine($"Results: {path}");
        return ExitCode.Done;
    }
}
