using System.CommandLine;
using System.Globalization;
using Farsight.Alignment.Data.Exchange;
using Farsight.Alignment.Synthesis.Card;
using Farsight.Cli.Options;
using Farsight.Cli.Output;
using Farsight.Engine;
using Farsight.Text.Tokenizers;

namespace Farsight.Cli.Commands;

/// <summary>Mixes preference datasets in given shares (<c>farsight data mix</c>).</summary>
static class DataMixCommand
{
    static readonly Argument<string[]> s_datasets = new("dataset")
    {
        Description = "Datasets (.jsonl), each with its share of the samples: a.jsonl:2 b.jsonl:1. Without a share: 1.",
        Arity = ArgumentArity.OneOrMore,
    };
    static readonly Option<string> s_out = SharedOptions.Out("Dataset to write (.jsonl). It must not exist.");
    static readonly Option<int?> s_samples = new("--samples")
    {
        Description = "Number of samples. Default: as many as the shares allow.",
    };
    static readonly Option<int> s_seed = SharedOptions.Seed();
    static readonly Option<string> s_tokenizer = SharedOptions.Tokenizer(
        "Model directory of the datasets. Adds rule-based error counts to the card. Default: the card omits them.");

    internal static Command Create()
    {
        Command command = new("mix", "Mix preference datasets in given shares, and write the card of the result.")
        {
            s_datasets,
            s_out,
            s_samples,
            s_seed,
            s_tokenizer,
        };
        command.SetAction((parse, cancel) => Task.Run(() => Run(parse), CancellationToken.None).WaitAsync(cancel));
        return command;
    }

    static int Run(ParseResult parse)
    {
        string output = parse.GetValue(s_out)!;
        if (parse.GetValue(s_samples) is < 1 and var samples)
        {
            throw new InputException(FormattableString.Invariant($"--samples: {samples} is not a number of samples; use 1 or more."));
        }
        Tokenizer? tokenizer = parse.GetValue(s_tokenizer) is { } path ? Tokenizer.Load(BundledFiles.Locate(path)) : null;
        MixPart[] parts = [.. parse.GetValue(s_datasets)!.Select(Part)];
        IReadOnlyList<int> counts = DatasetMix.Draw(output, parts, parse.GetValue(s_samples), parse.GetValue(s_seed));
        DatasetCardFiles.Write(output, tokenizer);
        TextWriter text = parse.InvocationConfiguration.Output;
        text.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{output}: {counts.Sum()} samples"));
        foreach ((MixPart part, int count) in parts.Zip(counts))
        {
            text.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  {count} from {part.Path}"));
        }
        return ExitCode.Done;
    }

    /// <summary>Reads "a.jsonl:2". A colon that no number follows belongs to the path.</summary>
    static MixPart Part(string text)
    {
        int colon = text.LastIndexOf(':');
        return colon > 0 && double.TryParse(text.AsSpan(colon + 1), NumberStyles.Float, CultureInfo.InvariantCulture, out double share)
            ? new(text[..colon], share)
            : new(text, 1);
    }
}
