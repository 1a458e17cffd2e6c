using System.CommandLine;
using Farsight.Alignment.Data.Exchange;
using Farsight.Alignment.Synthesis.Card;
using Farsight.Alignment.Synthesis.Knots;
using Farsight.Cli.Options;
using Farsight.Cli.Output;
using Farsight.Text.Tokenizers;

namespace Farsight.Cli.Commands;

/// <summary>Merges shards into the dataset that one process would have written (<c>farsight data merge</c>).</summary>
static class DataMergeCommand
{
    static readonly Argument<string> s_out = new("out") { Description = "Dataset to write (.jsonl)." };
    static readonly Argument<string[]> s_shards = new("shard")
    {
        Description = "Finished shards (.jsonl), each next to its .summary.json.",
        Arity = ArgumentArity.OneOrMore,
    };
    static readonly Option<bool> s_allowMissing = new("--allow-missing")
    {
        Description = "Merge even if shards are missing.",
    };

    static readonly Option<string> s_tokenizer = SharedOptions.Tokenizer(
        "Model directory of the dataset. Adds rule-based error counts to the card. Default: the card omits them.");

    internal static Command Create()
    {
        Command command = new("merge", "Merge the shards of a dataset and their summaries, and write its card.")
        {
            s_out,
            s_shards,
            s_allowMissing,
            s_tokenizer,
        };
        command.SetAction((parse, cancel) => Task.Run(() => Run(parse), CancellationToken.None).WaitAsync(cancel));
        return command;
    }

    static int Run(ParseResult parse)
    {
        string output = parse.GetValue(s_out)!;
        Tokenizer? tokenizer = parse.GetValue(s_tokenizer) is { } path ? Tokenizer.Load(BundledFiles.LocateModel(path)) : null;
        MergeCounts counts = ShardMerge.Write(output, parse.GetValue(s_shards)!, parse.GetValue(s_allowMissing));
        if (KnotCard.Describes(output))
        {
            KnotCard.Write(output);
        }
        else if (counts.Samples > 0)
        {
            DatasetCardFiles.Write(output, tokenizer);
        }
        string missing = counts.Missing.Count == 0 ? "" : $"; missing shards: {string.Join(", ", counts.Missing)}";
        parse.InvocationConfiguration.Output.WriteLine($"{output}: {counts.Samples} samples{missing}");
        return ExitCode.Done;
    }
}
