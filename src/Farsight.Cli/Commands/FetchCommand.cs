using System.CommandLine;
using Farsight.Alignment.Hub;
using Farsight.Cli.Options;
using Farsight.Cli.Output;

namespace Farsight.Cli.Commands;

/// <summary>Downloads a model from the Hugging Face hub (<c>farsight fetch</c>).</summary>
static class FetchCommand
{
    static readonly Argument<string> s_name = new("model")
    {
        Description = "Name of the model on the hub, as in HuggingFaceTB/SmolLM2-135M-Instruct, or with a revision after @.",
    };
    static readonly Option<string> s_file = new("--file")
    {
        Description = "File to download, such as a GGUF file. Default: configuration, tokenizer and safetensors.",
    };
    static readonly Option<string> s_out = SharedOptions.Out(
        "Output folder. Rerun the same command to resume. Default: the Hugging Face cache.", required: false);

    internal static Command Create()
    {
        Command command = new(
            "fetch",
            "Download a model from the Hugging Face hub. Private and gated models need a token in HF_TOKEN or from 'hf auth login'.")
        {
            s_name,
            s_file,
            s_out,
        };
        command.SetAction(Run);
        return command;
    }

    static async Task<int> Run(ParseResult parse, CancellationToken cancel)
    {
        HubName name = HubName.Parse(parse.GetValue(s_name)!);
        HubDownload download = new(name) { FileName = parse.GetValue(s_file), Output = parse.GetValue(s_out) };
        DownloadedModel model;
        using DownloadLine line = new();
        try
        {
            model = await download.Run(line, cancel);
        }
        catch (OperationCanceledException)
        {
            line.Note("Stopped. Rerun the command to resume.");
            throw;
        }
        string size = $"{(model.Files == 1 ? "1 file" : $"{model.Files} files")}, {DownloadLine.Size(model.Bytes)}";
        string done = model.Downloaded == 0 ? ", nothing to download" : $", downloaded in {ProgressLine.Duration(line.Elapsed)}";
        parse.InvocationConfiguration.Output.WriteLine($"{model.Path}: {size}{done}\nNext: {Next(name, download, model.Path)}");
        return ExitCode.Done;
    }

    static string Next(HubName name, HubDownload download, string path) =>
        File.Exists(Path.Combine(path, "adapter_config.json")) ? $"farsight inspect {path}"
        : download is { FileName: null, Output: null } ? $"farsight chat --model {name}" // the name leads to the cache
        : $"farsight chat --model {path}";
}
