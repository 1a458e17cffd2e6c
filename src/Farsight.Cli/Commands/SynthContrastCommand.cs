using System.CommandLine;
using Farsight.Alignment.Synthesis;
using Farsight.Alignment.Synthesis.Contrast;
using Farsight.Cli.Options;
using Farsight.Cli.Output;
using Farsight.Text.Tokenizers;

namespace Farsight.Cli.Commands;

/// <summary><c>farsight synth contrast</c>: preference data whose rejected responses are the mistakes that long contexts invite.</summary>
static class SynthContrastCommand
{
    static readonly ContrastOptions s_defaults = new("", "", 1, 0, "");
    static readonly Option<string> s_model = new("--model")
    {
        Description = "Directory of the model that will be trained and that writes rejected responses.",
        Required = true,
    };
    static readonly Option<string> s_documents = new("--documents")
    {
        Description = "Folder or file with .txt, .md or .jsonl documents.",
        Required = true,
    };
    static readonly Option<int> s_samples = new("--samples") { Description = "Samples to write, of all kinds together.", Required = true };
    static readonly Option<int> s_seed = new("--seed") { Description = "Decides every random choice.", Required = true };
    static readonly Option<string> s_out = new("--out")
    {
        Description = "The .jsonl file to write. The same command continues it after a stop.",
        Required = true,
    };
    static readonly Option<ContrastKind[]> s_kind = new("--kind")
    {
        Description =
            "One or several, which take turns: distractors (the right fact among near ones), unanswerable (half of the questions have no answer in the text), entities (all facts of a kind, and none that is not there), instructions (the form of the answer). By default all.",
        AllowMultipleArgumentsPerToken = true,
        CustomParser = result => [.. result.Tokens.Select(t => Enum.Parse<ContrastKind>(t.Value, ignoreCase: true))],
    };
    static readonly Option<string?> s_shard = new("--shard")
    {
        Description = "i/n: makes the i-th of n parts, as DATA.shard-i-of-n.jsonl; all parts merged are the whole file.",
    };
    static readonly Option<int?> s_chunkTokens = new("--chunk-tokens")
    {
        Description = "Tokens of a chunk; by default a sixteenth of the model's window, at most 512.",
    };
    static readonly Option<int> s_chunks = new("--chunks") { Description = "Chunks of a context.", DefaultValueFactory = _ => s_defaults.Chunks };
    static readonly Option<double> s_temperature = new("--temperature")
    {
        Description = "Of the rejected responses that the model writes.",
        DefaultValueFactory = _ => s_defaults.Temperature,
    };
    static readonly ThreadsOption s_threads = new();
    static readonly CorpusFlags s_corpus = new(nearDuplicates: 0.8);

    internal static Command Create()
    {
        Command command = new(
            "contrast",
            "Preferred are right answers, rejected are mistakes: the wrong fact of several, one that is not in the text, the wrong form.")
        {
            s_model, s_documents, s_samples, s_seed, s_out, s_kind, s_shard, s_chunkTokens, s_chunks, s_temperature, s_threads,
        };
        s_kind.AcceptOnlyFromAmong([.. Enum.GetNames<ContrastKind>().Select(n => n.ToLowerInvariant())]);
        s_corpus.AddTo(command);
        command.SetAction((parse, cancel) => Task.Run(() => Run(parse, cancel), CancellationToken.None));
        return command;
    }

    static int Run(ParseResult parse, CancellationToken cancel)
    {
        s_threads.Apply(parse);
        return SynthWork.Run(parse, Options, null, made => ($"{made.ChunkTokens} tokens", made.Kind), cancel);
    }

    static ContrastOptions Options(ParseResult parse)
    {
        (string model, string documents, int seed) = (
            Bundled.Locate(parse.GetValue(s_model)!),
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
