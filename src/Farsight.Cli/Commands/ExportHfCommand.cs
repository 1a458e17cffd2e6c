using System.CommandLine;
using System.Text.Json;
using Farsight.Alignment.Answering;
using Farsight.Alignment.Export;
using Farsight.Cli.Options;
using Farsight.Cli.Output;
using Farsight.Engine.Checkpoints;
using Farsight.Engine.Numerics;

namespace Farsight.Cli.Commands;

/// <summary>Exports a GGUF file to a Hugging Face directory (<c>farsight export hf</c>).</summary>
static class ExportHfCommand
{
    const long Megabyte = 1_000_000;

    static readonly Dictionary<string, NumberFormat> s_formats = new(StringComparer.Ordinal)
    {
        ["f32"] = NumberFormat.F32,
        ["bf16"] = NumberFormat.BF16,
    };

    static readonly Option<string> s_model = SharedOptions.Model("GGUF file.");
    static readonly Option<string> s_type = SharedOptions.WeightType("--type", [.. s_formats.Keys]);
    static readonly Option<string> s_out = SharedOptions.Out("Directory to write. An existing model is replaced.");
    static readonly ThreadsOption s_threads = new();
    static readonly Option<bool> s_json = SharedOptions.Json();

    internal static Command Create()
    {
        Command command = new("hf", "Export a GGUF file to a Hugging Face directory with tokenizer and chat template.")
        {
            s_model, s_type, s_out, s_threads, s_json,
        };
        command.SetAction((parse, cancel) => Task.Run(() => Run(parse, cancel), CancellationToken.None));
        return command;
    }

    static int Run(ParseResult parse, CancellationToken cancel)
    {
        s_threads.Apply(parse);
        Ending ending = new();
        string path = parse.GetValue(s_out)!;
        HuggingFaceExport export = new(BundledFiles.LocateModel(parse.GetValue(s_model)!), path, s_formats[parse.GetValue(s_type)!]);
        WrittenWeights written;
        using (ProgressLine line = ProgressLine.OnStandardError("megabyte"))
        {
            written = export.Write((done, total) => line.Report(done / Megabyte, total / Megabyte, ""), cancel);
        }
        foreach (string notice in ModelFileNotices.Of(export.Model))
        {
            parse.InvocationConfiguration.Error.WriteLine(notice);
        }
        string text = $"{path}: {written.ValueCount} parameters in {written.Files.Count} files, {written.ByteCount} bytes";
        parse.InvocationConfiguration.Output.WriteLine(parse.GetValue(s_json) ? Json(path, written) : text);
        ending.Write("", NextCommand.Evaluation(path, "--model", path));
        return ExitCode.Done;
    }

    static string Json(string path, WrittenWeights written) => JsonSerializer.Serialize(new
    {
        output = path,
        files = written.Files,
        bytes = written.ByteCount,
        parameters = written.ValueCount,
    });
}
