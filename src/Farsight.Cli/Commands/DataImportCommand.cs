using System.CommandLine;
using System.Globalization;
using Farsight.Alignment.Answering;
using Farsight.Alignment.Data.Exchange;
using Farsight.Cli.Options;
using Farsight.Cli.Output;
using Farsight.Text.Conversations;
using Farsight.Text.Tokenizers;

namespace Farsight.Cli.Commands;

/// <summary>Imports preference data of other programs (<c>farsight data import</c>).</summary>
static class DataImportCommand
{
    static readonly Argument<string> s_file = new("file")
    {
        Description = "File of preferences or answers (.jsonl or .parquet) in the format of TRL, LLaMA-Factory, ms-swift or OpenAI, or of "
            + "named entities (.bio or .conll), with a token and its BIO tag per line and -DOCSTART- before each document.",
    };
    static readonly Option<string> s_model = SharedOptions.Model(
        "Directory of the model to train; only its tokenizer and chat template are read.");
    static readonly Option<string> s_out = SharedOptions.Out("Dataset to write (.jsonl). It must not exist.");
    static readonly Option<int> s_chunkTokens = SharedOptions.Count("--chunk-tokens", "Maximum tokens per chunk of the context.", 512);

    internal static Command Create()
    {
        Command command = new(
            "import",
            "Import preferences or answers in the format of TRL, LLaMA-Factory, ms-swift or OpenAI, or named entities as BIO tags. The "
                + "last paragraph of a prompt becomes the question, the rest the context.")
        {
            s_file,
            s_model,
            s_out,
            s_chunkTokens,
        };
        command.SetAction((parse, cancel) => Task.Run(() => Run(parse), CancellationToken.None).WaitAsync(cancel));
        return command;
    }

    static int Run(ParseResult parse)
    {
        Ending ending = new();
        string model = BundledFiles.LocateModel(parse.GetValue(s_model)!), output = parse.GetValue(s_out)!;
        foreach (string notice in ModelFileNotices.Of(model))
        {
            parse.InvocationConfiguration.Error.WriteLine(notice);
        }
        ImportCounts counts = PreferenceImport.Write(
            parse.GetValue(s_file)!,
            output,
            ChatFormat.Load(model, Tokenizer.Load(model)),
            parse.GetValue(s_chunkTokens));
        TextWriter text = parse.InvocationConfiguration.Output;
        text.WriteLine(
            $"{output}: {Count(counts.Samples, "sample")} from {Count(counts.Lines, "line")}, {counts.WithoutDocument} without a context");
        foreach ((string name, DroppedLines dropped) in counts.Dropped)
        {
            string first = string.Join(", ", dropped.First), more = dropped.Lines > dropped.First.Count ? ", …" : "";
            string lines = dropped.Lines == 1 ? $"line {first}" : $"{dropped.Lines} lines ({first}{more})";
            text.WriteLine($"dropped    {name}: {lines}: {dropped.Reason}");
        }
        foreach ((string field, int lines) in counts.Unused)
        {
            text.WriteLine($"unused     {field}: {Count(lines, "line")}");
        }
        ending.Write("", NextCommand.Recipe(parse.GetValue(s_model)!, output, TrainTemplate.Logo));
        return ExitCode.Done;
    }

    static string Count(int number, string noun) =>
        string.Create(CultureInfo.InvariantCulture, $"{number} {noun}{(number == 1 ? "" : "s")}");
}
