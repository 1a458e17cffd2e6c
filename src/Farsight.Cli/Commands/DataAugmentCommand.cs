using System.CommandLine;
using System.Globalization;
using Farsight.Alignment;
using Farsight.Alignment.Synthesis;
using Farsight.Alignment.Synthesis.Knots;
using Farsight.Cli.Options;
using Farsight.Cli.Output;
using Farsight.Engine;

namespace Farsight.Cli.Commands;

/// <summary>Augments documents for pre-training (<c>farsight data augment</c>).</summary>
static class DataAugmentCommand
{
    static readonly Option<string> s_documents = SharedOptions.Documents();
    static readonly Option<string> s_tokenizer = SharedOptions.Tokenizer(required: true);
    static readonly Option<string> s_out = SharedOptions.Out("Documents to write (.jsonl). Rerun the same command to resume.");
    static readonly Option<int> s_length = new("--length") { Description = "Tokens per sequence.", Required = true };
    static readonly Option<double> s_probability = new("--probability")
    {
        Description = "Probability, 0 to 1, that a sequence is tied. The others are documents in sequence.",
        DefaultValueFactory = _ => 0.3,
    };
    static readonly Option<int> s_maxPieces = new("--max-pieces")
    {
        Description = "Maximum pieces per document; each number from 1 is equally likely.",
        DefaultValueFactory = _ => 3,
    };
    static readonly Option<bool> s_keepOrder = new("--keep-order")
    {
        Description = "Keep the order of each document's pieces, so that documents are interleaved only.",
    };
    static readonly Option<int> s_seed = SharedOptions.Seed();
    static readonly Option<string> s_shard = SharedOptions.Shard();
    static readonly CorpusFlags s_corpus = new(nearDuplicates: 0);

    internal static Command Create()
    {
        Command knots = new(
            "knots",
            "Augment documents as Untie the Knots does: split, shuffle and interleave them, with tasks about the order of the pieces.")
        {
            s_documents, s_tokenizer, s_out, s_length, s_probability, s_maxPieces, s_keepOrder, s_seed, s_shard,
        };
        s_corpus.AddTo(knots);
        SharedOptions.Limit(knots, (s_length, 1 << 28), (s_maxPieces, 1 << 16));
        knots.SetAction((parse, cancel) => Task.Run(() => Run(parse, cancel), CancellationToken.None));
        return new("augment", "Augment documents for pre-training.") { knots };
    }

    static int Run(ParseResult parse, CancellationToken cancel)
    {
        (string documents, int seed, string output) = (parse.GetValue(s_documents)!, parse.GetValue(s_seed), parse.GetValue(s_out)!);
        KnotOptions options = new(
            s_corpus.Options(parse, documents, seed, tokens: null), BundledFiles.LocateModel(parse.GetValue(s_tokenizer)!), output,
            parse.GetValue(s_length), seed)
        {
            Probability = parse.GetValue(s_probability),
            MaxPieces = parse.GetValue(s_maxPieces),
            KeepsOrder = parse.GetValue(s_keepOrder),
            Shard = parse.GetValue(s_shard) is { } shard ? SynthesisShard.Parse(shard) : null,
        };
        Ending ending = new();
        KnotCounts counts;
        using (ProgressLine line = ProgressLine.OnStandardError("sequence"))
        {
            counts = DataSelectCommand.WithFlags(() => KnotAugmentation.Write(options, cancel, new PackedSequences(line)));
        }
        parse.InvocationConfiguration.Output.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{options.File}: {counts.Sequences} sequences, {counts.Tied} of them tied; "
                + $"{counts.CutCharacters} characters cut off at the length"
                + $"{(counts.WithMarks > 0 ? $"; {counts.WithMarks} documents left out, which contain a mark" : "")}"));
        ending.Write("", $"name {options.File} in the domains of a recipe, and train with 'farsight pretrain RECIPE --from MODEL'");
        return ExitCode.Done;
    }

    /// <summary>Shows the number of packed sequences.</summary>
    sealed class PackedSequences(ProgressLine line) : IProgress<int>
    {
        public void Report(int value) => line.Report(value, 0, "packed");
    }
}
