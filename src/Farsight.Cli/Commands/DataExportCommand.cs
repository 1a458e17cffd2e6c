using System.CommandLine;
using Farsight.Alignment.Data.Exchange;
using Farsight.Cli.Options;
using Farsight.Cli.Output;
using Farsight.Text.Tokenizers;

namespace Farsight.Cli.Commands;

/// <summary>Exports preference data for other trainers (<c>farsight data export</c>).</summary>
static class DataExportCommand
{
    static readonly Dictionary<string, ExchangeFormat> s_formats = new(StringComparer.Ordinal)
    {
        ["trl"] = ExchangeFormat.Trl,
        ["trl-text"] = ExchangeFormat.TrlText,
        ["llama-factory"] = ExchangeFormat.LlamaFactory,
        ["ms-swift"] = ExchangeFormat.MsSwift,
        ["openai"] = ExchangeFormat.OpenAi,
        ["openai-messages"] = ExchangeFormat.OpenAiMessages,
    };

    static readonly Argument<string> s_dataset = new("dataset") { Description = "Preference dataset (.jsonl)." };
    static readonly Option<string> s_format = new("--format")
    {
        Description = "Target format: trl (messages), trl-text (text), llama-factory, ms-swift, openai (preferences) or openai-messages "
            + "(chosen responses only).",
        Required = true,
    };
    static readonly Option<string> s_out = SharedOptions.Out("File to write (.jsonl or .parquet). It must not exist.");
    static readonly Option<string> s_tokenizer = SharedOptions.Tokenizer(
        "Model directory of the dataset. Required only for samples without a readable prompt.");

    internal static Command Create()
    {
        s_format.AcceptOnlyFromAmong([.. s_formats.Keys]);
        Command command = new("export", "Export a preference dataset for another trainer, one line per question and rejected response.")
        {
            s_dataset,
            s_format,
            s_out,
            s_tokenizer,
        };
        command.SetAction((parse, cancel) => Task.Run(() => Run(parse), CancellationToken.None).WaitAsync(cancel));
        return command;
    }

    static int Run(ParseResult parse)
    {
        FileKind.RequireDataset(parse.GetValue(s_dataset)!);
        Tokenizer? tokenizer = parse.GetValue(s_tokenizer) is { } path ? Tokenizer.Load(BundledFiles.LocateModel(path)) : null;
        string output = parse.GetValue(s_out)!;
        ExportCounts counts = PreferenceExport.Write(
            parse.GetValue(s_dataset)!,
            output,
            s_formats[parse.GetValue(s_format)!],
            tokenizer is null ? null : tokens => tokenizer.Decode(tokens));
        parse.InvocationConfiguration.Output.WriteLine($"{output}: {counts.Lines} {(counts.Lines == 1 ? "line" : "lines")} "
            + $"from {counts.Samples} {(counts.Samples == 1 ? "sample" : "samples")}");
        if (counts.Index is { } index)
        {
            parse.InvocationConfiguration.Output.WriteLine(
                $"{index}: describes it to LLaMA-Factory as '{Path.GetFileNameWithoutExtension(output)}'");
        }
        return ExitCode.Done;
    }
}
