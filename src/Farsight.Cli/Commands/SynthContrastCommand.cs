using System.CommandLine;
using Farsight.Alignment.Synthesis.Contrast;
using Farsight.Cli.Options;

namespace Farsight.Cli.Commands;

/// <summary>Synthesizes data whose rejected responses are typical long-context mistakes (<c>farsight synth contrast</c>).</summary>
static class SynthContrastCommand
{
    static readonly ContrastOptions s_defaults = new("", "", 1, 0, "");
    static readonly SynthFlags s_flags = new("Directory of the model to train, which also writes rejected responses.", hasEndpoint: false);
    static readonly Option<ContrastKind[]> s_kind = new("--kind")
    {
        Description =
            "Kinds of samples, in rotation: distractors (the right fact among similar ones), "
            + "unanswerable (no answer in the text for half of the questions), "
            + "entities (all facts of a kind and no others), instructions (the form of the answer). Default: all.",
        AllowMultipleArgumentsPerToken = true,
        CustomParser = result => [.. result.Tokens.Select(t => Enum.Parse<ContrastKind>(t.Value, ignoreCase: true))],
    };
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

    internal static Command Create()
    {
        s_kind.AcceptOnlyFromAmong([.. Enum.GetNames<ContrastKind>().Select(n => n.ToLowerInvariant())]);
        Command command = s_flags.Create(
            "contrast",
            "Synthesize contrast data: correct chosen responses, rejected ones with a wrong fact, an invented fact or a wrong form.",
            [s_kind, s_chunkTokens, s_chunks, s_temperature],
            Options,
            made => ($"at most {made.ChunkTokens} tokens", made.Kind));
        SharedOptions.Limit(command, (s_chunkTokens, 1 << 24), (s_chunks, 1 << 16));
        return command;
    }

    static ContrastOptions Options(ParseResult parse, SynthInput input) =>
        new(input.Model, input.Documents, input.Samples, input.Seed, input.Out)
        {
            Corpus = input.Corpus,
            Shard = input.Shard,
            ChunkTokens = parse.GetValue(s_chunkTokens),
            Chunks = parse.GetValue(s_chunks),
            Temperature = parse.GetValue(s_temperature),
            Kinds = parse.GetValue(s_kind) is { Length: > 0 } kinds ? kinds : null,
        };
}
