using System.CommandLine;
using Farsight.Alignment.Data.Exchange;
using Farsight.Cli.Output;
using Farsight.Engine;
using Farsight.Text.Conversations;
using Farsight.Text.Tokenizers;

namespace Farsight.Cli.Commands;

/// <summary><c>farsight data import</c>: preference data of other programs.</summary>
static class DataImportCommand
{
    static readonly Argument<string> s_file = new("file") { Description = "A .jsonl file of preferences as TRL or OpenAI have them." };
    static readonly Option<string> s_model = new("--model")
    {
        Description = "Directory of the model that will be trained: its tokenizer and chat format.",
        Required = true,
    };
    static readonly Option<string> s_out = new("--out") { Description = "The dataset to write.", Required = true };
    static readonly Option<int> s_chunkTokens = new("--chunk-tokens")
    {
        Description = "Tokens of a chunk of the context.",
        DefaultValueFactory = _ => 512,
    };

    internal static Command Create()
    {
        Command command = new(
            "import",
            "Make a preference dataset of a TRL or OpenAI file: a prompt's last paragraph is the question, the rest its context.")
        {
            s_file,
            s_model,
            s_out,
            s_chunkTokens,
        };
        command.SetAction((parse, _) => Task.Run(() => Run(parse), CancellationToken.None));
        return command;
    }

    static int Run(ParseResult parse)
    {
        string model = Bundled.Locate(parse.GetValue(s_model)!), output = parse.GetValue(s_out)!;
        int chunkTokens = parse.GetValue(s_chunkTokens);
        if (chunkTokens < 1)
        {
            throw new InputException($"--chunk-tokens is {chunkTokens}; use 1 or more.");
        }
        ImportCounts counts = PreferenceImport.Write(
            parse.GetValue(s_file)!,
            output,
            ChatFormat.Load(model, Tokenizer.Load(model)),
            chunkTokens);
        TextWriter text = parse.InvocationConfiguration.Output;
        text.WriteLine($"{output}: {counts.Samples} samples from {counts.Lines} lines, {counts.WithoutDocument} without a document");
        foreach ((string reason, int lines) in counts.Dropped)
        {
            text.WriteLine($"dropped    {reason}: {lines} lines");
        }
        return ExitCode.Done;
    }
}
