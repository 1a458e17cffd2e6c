using System.CommandLine;
using Farsight.Alignment.Data.Exchange;
using Farsight.Alignment.Synthesis.Card;
using Farsight.Cli.Output;
using Farsight.Text.Tokenizers;

namespace Farsight.Cli.Commands;

/// <summary><c>farsight data merge</c>: shards become the dataset that one process would have made.</summary>
static class DataMergeCommand
{
    static readonly Argument<string> s_out = new("out") { Description = "The .jsonl file to write." };
    static readonly Argument<string[]> s_shards = new("shard")
    {
        Description = "Finished shards, each with its .summary.json beside it.",
        Arity = ArgumentArity.OneOrMore,
    };
    static readonly Option<bool> s_allowMissing = new("--allow-missing")
    {
        Description = "Put together what is there, though shards are missing.",
    };

    static readonly Option<string?> s_tokenizer = new("--tokenizer")
    {
        Description =
            "The model that the dataset was made for: the card then counts errors by rule, for which it needs the text of the chunks.",
    };

    internal static Command Create()
    {
        Command command = new("merge", "Put the shards of a dataset together, and their summaries, and write its card.")
        {
            s_out,
            s_shards,
            s_allowMissing,
            s_tokenizer,
        };
        command.SetAction((parse, _) => Task.Run(() => Run(parse), CancellationToken.None));
        return command;
    }

    static int Run(ParseResult parse)
    {
        string output = parse.GetValue(s_out)!;
        Tokenizer? tokenizer = parse.GetValue(s_tokenizer) is { } path ? Tokenizer.Load(Bundled.Locate(path)) : null;
        MergeCounts counts = ShardMerge.Write(output, parse.GetValue(s_shards)!, parse.GetValue(s_allowMissing));
        _ = counts.Samples > 0 ? DatasetCardFiles.Write(output, tokenizer) : null;
        string missing = counts.Missing.Count == 0 ? "" : $"; missing shards: {string.Join(", ", counts.Missing)}";
        parse.InvocationConfiguration.Output.WriteLine($"{output}: {counts.Samples} samples{missing}");
        return ExitCode.Done;
    }
}
