using System.CommandLine;
using Farsight.Alignment.Training.Reference;
using Farsight.Cli.Options;
using Farsight.Cli.Output;

namespace Farsight.Cli.Commands;

/// <summary>Computes the reference log-probabilities of LongPO (<c>farsight synth reference</c>).</summary>
static class SynthReferenceCommand
{
    static readonly Option<string> s_model = SharedOptions.Model("Directory of the reference model, the model before training.");
    static readonly Option<string> s_data = new("--data") { Description = "Preference dataset (.jsonl).", Required = true };
    static readonly Option<int> s_batchTokens = new("--batch-tokens")
    {
        Description = "Maximum tokens per batch. Limits the memory.",
        DefaultValueFactory = _ => 8192,
    };
    static readonly ThreadsOption s_threads = new();

    internal static Command Create()
    {
        Command command = new(
            "reference",
            "Compute the reference log-probabilities of a LongPO dataset and store them next to it.")
        {
            s_model,
            s_data,
            s_batchTokens,
            s_threads,
        };
        // Rank 0 computes alone.
        command.SetAction((parse, cancel) => Task.Run(
            () => Ranks.Run(parse, ranks => ranks.IsFirst ? Run(parse, cancel) : ExitCode.Done), CancellationToken.None));
        return command;
    }

    static int Run(ParseResult parse, CancellationToken cancel)
    {
        s_threads.Apply(parse);
        ShortReferenceOptions options = new(BundledFiles.LocateModel(parse.GetValue(s_model)!), parse.GetValue(s_data)!)
        {
            BatchTokens = parse.GetValue(s_batchTokens),
        };
        using ProgressLine line = ProgressLine.OnStandardError("sample");
        Console.WriteLine(ShortReference.Make(options, (done, all) => line.Report(done, all, ""), cancel, line.Note));
        return ExitCode.Done;
    }
}
