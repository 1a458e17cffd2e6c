using System.CommandLine;
using Farsight.Alignment.Training.Reference;
using Farsight.Cli.Options;
using Farsight.Cli.Output;

namespace Farsight.Cli.Commands;

/// <summary><c>farsight synth reference</c>: log-probabilities of a dataset's responses after their short contexts.</summary>
static class SynthReferenceCommand
{
    static readonly Option<string> s_model = new("--model")
    {
        Description = "Directory of the reference: the model before training.",
        Required = true,
    };
    static readonly Option<string> s_data = new("--data") { Description = "The .jsonl file that synthesis wrote.", Required = true };
    static readonly Option<int> s_batchTokens = new("--batch-tokens")
    {
        Description = "Most tokens that are computed together; bounds the memory.",
        DefaultValueFactory = _ => 8192,
    };
    static readonly ThreadsOption s_threads = new();

    internal static Command Create()
    {
        Command command = new(
            "reference",
            "Compute once what LongPO's reference thinks of a dataset's responses, and keep it beside the dataset.")
        {
            s_model,
            s_data,
            s_batchTokens,
            s_threads,
        };
        command.SetAction((parse, cancel) => Task.Run(() => Run(parse, cancel), CancellationToken.None));
        return command;
    }

    static int Run(ParseResult parse, CancellationToken cancel)
    {
        s_threads.Apply(parse);
        ShortReferenceOptions options = new(Bundled.Locate(parse.GetValue(s_model)!), parse.GetValue(s_data)!)
        {
            BatchTokens = parse.GetValue(s_batchTokens),
        };
        using ProgressLine line = ProgressLine.OnStandardError("sample");
        Console.WriteLine(ShortReference.Make(options, (done, all) => line.Report(done, all, ""), cancel));
        return ExitCode.Done;
    }
}
