using System.CommandLine;
using Farsight.Alignment.Synthesis;
using Farsight.Alignment.Synthesis.Contrast;
using Farsight.Cli.Options;
using Farsight.Cli.Output;
using Farsight.Text.Tokenizers;

namespace Farsight.Cli.Commands;

/// <summary>Synthesizes data whose rejected responses are typical long-context mistakes (<c>farsight synth contrast</c>).</summary>
static class SynthContrastCommand
{
    static readonly ContrastOptions s_defaults = new("", "", 1, 0, "");
    static readonly Option<string> s_model = SharedOptions.Model("Directory of the model to train, which also writes rejected responses.");
    static readonly Option<string> s_documents = SharedOptions.Documents();
    static readonly Option<int> s_samples = new("--samples") { Description = "Number of samples to write.", Required = true };
    static readonly Option<int> s_seed = SharedOptions.Seed(required: true);
    static readonly Option<string> s_out = SharedOptions.Out("Dataset to write (.jsonl). Rerun the same command to resume.");
    static readonly Option<ContrastKind[]> s_kind = new("--kind")
    {
        Description =
            "Kinds of samples, in rotation: distractors (the right fact among similar ones), "
            + "unanswerable (no answer in the text for half of the questions), "
            + "entities (all facts of a kind and no others), instructions (the form of the answer). Default: all.",
        AllowMultipleArgumentsPerToken = true,
        CustomParser = result => [.. result.Tokens.Select(t => Enum.Parse<ContrastKind>(t.Value, ignoreCase: true))],
    };
    static readonly Option<string> s_shard = SharedOptions.Shard();
    static readonly Option<int?> s_chunkTokens = new("--chunk-tokens")
    {
        Description = "Maximum tokens per chunk. Default: a sixteenth of the model's window, at most 512.",
    };
    static readonly Option<int> s_chunks = new("--chunks")
    {
        Description = "Chunks per context.",
        DefaultValueFactory = _ => s_defaults.Chunks,
    };
    static readonly Option<double> s_temperature = new("--temperature")
    {
        Description = "Sampling temperature for rejected responses of the model.",
        DefaultValueFactory = _ => s_defaults.Temperature,
    };
    static readonly ThreadsOption s_threads = new();
    static readonly CorpusFlags s_corpus = new(nearDuplicates: 0.8);

    internal static Command Create()
    {
        Command command = new(
            "contrast",
            "Synthesize contrast data: correct chosen responses, rejected ones with a wrong fact, an invented fact or a wrong form.")
        {
            s_model, s_documents, s_samples, s_seed, s_out, s_kind, s_shard, s_chunkTokens, s_chunks, s_temperature, s_threads,
        };
        s_kind.AcceptOnlyFromAmong([.. Enum.GetNames<ContrastKind>().Select(n => n.ToLowerInvariant())]);
        s_corpus.AddTo(command);
        SharedOptions.Limit(command, (s_samples, 10_000_000), (s_chunkTokens, 1 << 24), (s_chunks, 1 << 16));
        command.SetAction((parse, cancel) => Task.Run(() => Run(parse, cancel), CancellationToken.None));
        return command;
    }

    static int Run(ParseResult parse, CancellationToken cancel)
    {
        s_threads.Apply(parse);
        return SynthWork.Run(parse, Options, null, made => ($"at most {made.ChunkTokens} tokens", made.Kind), cancel);
    }

    static ContrastOptions Options(ParseResult parse)
    {
        (string model, string documents, int seed) = (
            BundledFiles.LocateModel(parse.GetValue(s_model)!),
            parse.GetValue(s_documents)!,
            parse.GetValue(s_seed));
        Lazy<Tokenizer> tokenizer = new(() => Tokenizer.Load(model));
        return new(model, documents, parse.GetValue(s_samples), seed, parse.GetValue(s_out)!)
        {
            Corpus = s_corpus.Options(parse, documents, seed, text => tokenizer.Value.Count(text)),
            Shard = parse.GetValue(s_shard) is { } shard ? SynthesisShard.Parse(shard) : null,
            ChunkTokens = parse.GetValue(s_chunkTokens),
            Chunks = parse.GetValue(s_chunks),
            Temperature = parse.GetValue(s_temperature),
            Kinds = parse.GetValue(s_kind) is { Length: > 0 } kinds ? kinds : null,
        };
    }
}
