using System.CommandLine;
using System.Text.Json;
using Farsight.Alignment.Answering;
using Farsight.Alignment.Export;
using Farsight.Cli.Options;
using Farsight.Cli.Output;
using Farsight.Engine;
using Farsight.Engine.Numerics;

namespace Farsight.Cli.Commands;

/// <summary>Exports a model or an adapter to GGUF, the format of llama.cpp (<c>farsight export gguf</c>).</summary>
static class ExportGgufCommand
{
    const long Megabyte = 1_000_000;

    static readonly Dictionary<string, NumberFormat> s_formats = new(StringComparer.Ordinal)
    {
        ["f32"] = NumberFormat.F32,
        ["f16"] = NumberFormat.F16,
        ["bf16"] = NumberFormat.BF16,
        ["q8_0"] = NumberFormat.Q8_0,
        ["q4_0"] = NumberFormat.Q4_0,
    };

    static readonly Option<string> s_model = SharedOptions.ModelOrAdapters();
    static readonly Option<string> s_adapter = SharedOptions.Adapter(
        "Adapter directory in PEFT format. Merged into the weights, unless --lora is given. Default: none.");
    static readonly Option<bool> s_lora = new("--lora")
    {
        Description = "Export only the adapter, for llama.cpp to apply to the exported model.",
    };
    static readonly Option<string> s_type = SharedOptions.WeightType("--type", [.. s_formats.Keys]);
    static readonly Option<string> s_out = SharedOptions.Out("File to write (.gguf). An existing file is replaced.");
    static readonly ThreadsOption s_threads = new();
    static readonly Option<bool> s_json = SharedOptions.Json();

    internal static Command Create()
    {
        Command command = new("gguf", "Export weights, tokenizer and chat template to one GGUF file for llama.cpp.")
        {
            s_model, s_adapter, s_lora, s_type, s_out, s_threads, s_json,
        };
        command.SetAction((parse, cancel) => Task.Run(() => Run(parse, cancel), CancellationToken.None));
        return command;
    }

    static int Run(ParseResult parse, CancellationToken cancel)
    {
        s_threads.Apply(parse);
        Ending ending = new();
        string model = SharedOptions.LocateModel(parse, s_model, s_adapter), path = parse.GetValue(s_out)!;
        GgufExportResult exported = parse.GetValue(s_lora)
            ? new GgufLoraExport(
                model,
                parse.GetValue(s_adapter) ?? throw new InputException("--lora requires --adapter. Name the adapter directory."),
                path
            ).Write()
            : Model(new(model, path, s_formats[parse.GetValue(s_type)!], parse.GetValue(s_adapter)), cancel);
        foreach (string notice in ModelFileNotices.Of(model).Concat(exported.Notices).Distinct())
        {
            parse.InvocationConfiguration.Error.WriteLine(notice);
        }
        parse.InvocationConfiguration.Output.WriteLine(parse.GetValue(s_json) ? Json(path, exported) : Text(path, exported));
        ending.Write("", ["inspect", path]);
        return ExitCode.Done;
    }

    static GgufExportResult Model(GgufExport export, CancellationToken cancel)
    {
        using ProgressLine line = ProgressLine.OnStandardError("megabyte");
        return export.Write((done, total) => line.Report(done / Megabyte, total / Megabyte, ""), cancel);
    }

    static string Text(string path, GgufExportResult exported)
    {
        string size = $"{path}: {exported.TensorCount} tensors, {exported.ByteCount} bytes";
        if (exported.KeptInF16.Count == 0)
        {
            return size;
        }
        string names = string.Join(", ", exported.KeptInF16.Take(3)) + (exported.KeptInF16.Count > 3 ? ", …" : "");
        return $"{size}; {exported.KeptInF16.Count} tensors in F16, because their rows are not a multiple of the block size: {names}";
    }

    static string Json(string path, GgufExportResult exported) => JsonSerializer.Serialize(new
    {
        output = path,
        bytes = exported.ByteCount,
        tensors = exported.TensorCount,
        kept_in_f16 = exported.KeptInF16,
        notices = exported.Notices,
    });
}
