using System.CommandLine;
using Farsight.Alignment.Synthesis.LongWriter;
using Farsight.Cli.Options;

namespace Farsight.Cli.Commands;

/// <summary>Synthesizes long texts that are planned and written in parts (<c>farsight synth longwriter</c>).</summary>
static class SynthLongWriterCommand
{
    static readonly LongWriterOptions s_defaults = new("", "", 1, 0, "");
    static readonly SynthFlags s_flags = new(
        "Directory of the model to train, which also writes the texts. With --endpoint only its tokenizer and config are read.",
        samples: "Number of samples to write, at most the number of instructions.",
        documents: "File or folder whose documents are writing instructions, such as the records of a .jsonl file.");
    static readonly Option<int> s_paragraphs = new("--paragraphs")
    {
        Description = "Maximum paragraphs of a plan; a longer plan is dropped.",
        DefaultValueFactory = _ => s_defaults.Paragraphs,
    };
    static readonly Option<double> s_temperature = new("--temperature")
    {
        Description = "Sampling temperature; 0 is greedy.",
        DefaultValueFactory = _ => s_defaults.Temperature,
    };
    static readonly Option<int?> s_maxNewTokens = new("--max-new-tokens")
    {
        Description = "Maximum tokens of a plan or of a paragraph. Default: half of the model's window, at most 2048.",
    };

    internal static Command Create()
    {
        Command command = s_flags.Create(
            "longwriter",
            "Synthesize LongWriter data (AgentWrite): long texts that the model plans and writes paragraph by paragraph.",
            [s_paragraphs, s_temperature, s_maxNewTokens],
            (parse, input) => new LongWriterOptions(input.Model, input.Documents, input.Samples, input.Seed, input.Out)
            {
                Corpus = input.Corpus,
                Shard = input.Shard,
                Paragraphs = parse.GetValue(s_paragraphs),
                Temperature = parse.GetValue(s_temperature),
                MaxNewTokens = parse.GetValue(s_maxNewTokens),
            },
            _ => ("one instruction each", "the documents, as writing instructions"));
        SharedOptions.Limit(command, (s_paragraphs, 1000), (s_maxNewTokens, 1 << 24));
        return command;
    }
}
