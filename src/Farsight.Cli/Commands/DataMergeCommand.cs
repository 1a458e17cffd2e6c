using System.CommandLine;
using Farsight.Alignment.Data.Exchange;
using Farsight.Cli.Output;

namespace Farsight.Cli.Commands;

/// <summary><c>farsight data merge</c>: shards become the dataset that one process would have made.</summary>
static class DataMergeCommand
{
    static readonly Argument<string> s_out = new("out") { Description = "The .jsonl file to write." };
    static readonly Argument<string[]> s_shards = new("shard") { Description = "Finished shards, each with its .summary.json beside it.", Arity = ArgumentArity.OneOrMore };
    static readonly Option<bool> s_allowMissing = new("--allow-missing") { Description = "Put together what is there, though shards are missing." };

    internal static Command Create()
    {
        Command command = new("merge", "Put the shards of a dataset together, and their summaries.") { s_out, s_shards, s_allowMissing };
        command.SetAction((parse, _) => Task.Run(() => Run(parse), CancellationToken.None));
        return command;
    }

    static int Run(ParseResult parse)
    {
        string output = parse.GetValue(s_out)!;
        MergeCounts counts = ShardMerge.Write(output, parse.GetValue(s_shards)!, parse.GetValue(s_allowMissing));
        string missing = counts.Missing.Count == 0 ? "" : $"; missing shards: {string.Join(", ", counts.Missing)}";
        parse.InvocationConfiguration.Output.WriteLine($"{output}: {counts.Samples} samples{missing}");
        return ExitCode.Done;
    }
}
