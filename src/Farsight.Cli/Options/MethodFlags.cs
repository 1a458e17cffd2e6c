using System.CommandLine;
using Farsight.Alignment.Answering;
using Farsight.Alignment.Synthesis;
using Farsight.Alignment.Synthesis.Methods;

namespace Farsight.Cli.Options;

/// <summary>Represents the options of the methods whose model writes questions and answers about chunks of documents.</summary>
sealed class MethodFlags
{
    const int MaxTokens = 1 << 24;

    readonly SynthFlags _flags;
    readonly Option<int?> _chunkTokens;
    readonly Option<string?> _length = new("--length")
    {
        Description = "Context tokens, as a number or a range of which each length is equally likely. Default: an eighth of the model's "
            + "window up to the window.",
    };
    readonly Option<double> _temperature;
    readonly Option<int?> _maxNewTokens = new("--max-new-tokens")
    {
        Description = "Maximum tokens per reply of the model. Default: an eighth of its window, between 48 and 512.",
    };

    /// <summary>Creates the options.</summary>
    /// <param name="flags">The options of every method.</param>
    /// <param name="defaults">Options with the method's defaults.</param>
    internal MethodFlags(SynthFlags flags, MethodOptions defaults)
    {
        _flags = flags;
        _chunkTokens = new("--chunk-tokens")
        {
            Description = $"Tokens per chunk. Default: {defaults.UsualChunkTokens}, at most a quarter of the model's window.",
        };
        _temperature = new("--temperature")
        {
            Description = "Sampling temperature of questions and answers; 0 is greedy.",
            DefaultValueFactory = _ => defaults.Temperature,
        };
    }

    /// <summary>Creates the command.</summary>
    /// <param name="name">Name below synth.</param>
    /// <param name="description">Description.</param>
    /// <param name="own">The method's own options.</param>
    /// <param name="read">Reads the method's own options.</param>
    /// <param name="withJudge">Puts the judge into the options; null for a method without a judge.</param>
    internal Command Create(
        string name,
        string description,
        IReadOnlyList<Option> own,
        Func<ParseResult, SynthInput, MethodOptions> read,
        Func<SynthesisOptions<MethodSettings>, ILanguageModel, SynthesisOptions<MethodSettings>>? withJudge = null)
    {
        Command command = _flags.Create(
            name,
            description,
            [.. own, _chunkTokens, _length, _temperature, _maxNewTokens],
            (parse, input) => read(parse, input) with
            {
                Corpus = input.Corpus,
                Shard = input.Shard,
                ChunkTokens = parse.GetValue(_chunkTokens),
                Length = parse.GetValue(_length),
                Temperature = parse.GetValue(_temperature),
                MaxNewTokens = parse.GetValue(_maxNewTokens),
            },
            made => ($"at most {made.ChunkTokens} tokens", "written by the model"),
            withJudge);
        SharedOptions.Limit(command, (_chunkTokens, MaxTokens), (_maxNewTokens, MaxTokens));
        return command;
    }
}
