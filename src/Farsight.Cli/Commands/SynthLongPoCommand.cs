using System.CommandLine;
using Farsight.Alignment.Synthesis;
using Farsight.Alignment.Synthesis.LongPo;
using Farsight.Cli.Options;

namespace Farsight.Cli.Commands;

/// <summary>Synthesizes data in which only the context length separates the responses (<c>farsight synth longpo</c>).</summary>
static class SynthLongPoCommand
{
    static readonly LongPoOptions s_defaults = new("", "", 1, 0, "");
    static readonly SynthFlags s_flags = new(
        "Directory of the model to train, which also writes the data. With --endpoint only its tokenizer and config are read.");
    static readonly Option<QuestionSubject?> s_questions = SharedOptions.Questions();
    static readonly Option<int?> s_chunkTokens = new("--chunk-tokens")
    {
        Description = "Maximum tokens per chunk, the short context. Default: a quarter of the document, at most 30000.",
    };
    static readonly Option<int?> s_minChunkTokens = new("--min-chunk-tokens")
    {
        Description = "Minimum tokens of a chunk with a question. Default: 8/15 of the maximum, as 16000 of 30000.",
    };
    static readonly Option<int?> s_documentTokens = new("--document-tokens")
    {
        Description =
            "Maximum tokens per document, the long context; longer documents are split. "
            + "Default: twice the model's window; with --endpoint, what fits in the window.",
    };
    static readonly Option<int> s_chunksPerDocument = new("--chunks-per-document")
    {
        Description = "Maximum chunks per document in the first round.",
        DefaultValueFactory = _ => s_defaults.ChunksPerDocument,
    };
    static readonly Option<int> s_turns = new("--turns")
    {
        Description = "Questions per sample, each about a different chunk of the document: 1 to 4.",
        DefaultValueFactory = _ => s_defaults.Turns,
    };
    static readonly Option<double> s_temperature = new("--temperature")
    {
        Description = "Sampling temperature of the first attempt. Unusable responses are resampled at 0.8 or more.",
        DefaultValueFactory = _ => s_defaults.Temperature,
    };
    static readonly Option<int?> s_maxNewTokens = new("--max-new-tokens")
    {
        Description = "Maximum tokens per response. Default: a sixteenth of the model's window, between 64 and 1024.",
    };

    internal static Command Create()
    {
        Command command = s_flags.Create(
            "longpo",
            "Synthesize LongPO data: chosen responses from a chunk of a long document, rejected ones from the whole document.",
            [
                s_questions, s_chunkTokens, s_minChunkTokens, s_documentTokens, s_chunksPerDocument, s_turns, s_temperature,
                s_maxNewTokens,
            ],
            Options,
            made => ($"{made.MinChunkTokens} to {made.ChunkTokens} tokens", QuestionPlan.Describe(made.Questions)));
        SharedOptions.Limit(command, (s_chunkTokens, 1 << 24), (s_maxNewTokens, 1 << 24));
        return command;
    }

    static LongPoOptions Options(ParseResult parse, SynthInput input) =>
        new(input.Model, input.Documents, input.Samples, input.Seed, input.Out)
        {
            Corpus = input.Corpus,
            Shard = input.Shard,
            Questions = parse.GetValue(s_questions),
            ChunkTokens = parse.GetValue(s_chunkTokens),
            MinChunkTokens = parse.GetValue(s_minChunkTokens),
            DocumentTokens = parse.GetValue(s_documentTokens),
            ChunksPerDocument = parse.GetValue(s_chunksPerDocument),
            Turns = parse.GetValue(s_turns),
            Temperature = parse.GetValue(s_temperature),
            MaxNewTokens = parse.GetValue(s_maxNewTokens),
        };
}
