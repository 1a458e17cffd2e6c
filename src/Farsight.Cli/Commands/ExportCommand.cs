using System.CommandLine;
using System.Text.Json;
using Farsight.Alignment.Export;
using Farsight.Cli.Options;
using Farsight.Cli.Output;
using Farsight.Engine;
using Farsight.Engine.Numerics;

namespace Farsight.Cli.Commands;

/// <summary><c>farsight export gguf</c>: a model or an adapter in the format of llama.cpp.</summary>
static class ExportCommand
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

    static readonly Option<string> s_model = new("--model")
    {
        Description = "Model directory in Hugging Face's layout, or a GGUF file.",
        Required = true,
    };
    static readonly Option<string?> s_adapter = new("--adapter")
    {
        Description = "Adapter directory in PEFT's layout; merged into the weights unless --lora.",
    };
    static readonly Option<bool> s_lora = new("--lora")
    {
        Description = "Export the adapter alone, for llama.cpp to apply to the exported model.",
    };
    static readonly Option<string> s_type = new("--type")
    {
        Description = "How weights are stored: f32, f16, bf16, q8_0 or q4_0.",
        DefaultValueFactory = _ => "bf16",
    };
    static readonly Option<string> s_out = new("--out") { Description = "The file; an older one is replaced.", Required = true };
    static readonly ThreadsOption s_threads = new();
    static readonly Option<bool> s_json = new("--json") { Description = "Print what was written as JSON." };

    internal static Command Create()
    {
        s_type.AcceptOnlyFromAmong([.. s_formats.Keys]);
        Command gguf = new("gguf", "One file with weights, tokenizer and chat template, as llama.cpp reads it.")
        {
            s_model, s_adapter, s_lora, s_type, s_out, s_threads, s_json,
        };
        gguf.SetAction((parse, cancel) => Task.Run(() => Run(parse, cancel), CancellationToken.None));
        return new("export", "Write a model in the format of another program.") { gguf };
    }

    static int Run(ParseResult parse, CancellationToken cancel)
    {
        s_threads.Apply(parse);
        string model = Bundled.Locate(parse.GetValue(s_model)!), path = parse.GetValue(s_out)!;
        GgufExported exported = parse.GetValue(s_lora)
            ? new GgufLoraExport(
                model,
                parse.GetValue(s_adapter) ?? throw new InputException("--lora exports an adapter; name it with --adapter."),
                path
            ).Write()
            : Model(new(model, path, s_formats[parse.GetValue(s_type)!], parse.GetValue(s_adapter)), cancel);
        parse.InvocationConfiguration.Output.WriteLine(parse.GetValue(s_json) ? Json(path, exported) : Text(path, exported));
        return ExitCode.Done;
    }

    static GgufExported Model(GgufExport export, CancellationToken cancel)
    {
        using ProgressLine line = ProgressLine.OnStandardError("megabyte");
        return export.Write((done, total) => line.Report(done / Megabyte, total / Megabyte, ""), cancel);
    }

    static string Text(string path, GgufExported exported) =>
        $"{path}: {exported.TensorCount} tensors, {exported.ByteCount} bytes"
        + (
            exported.KeptInF16.Count == 0
                ? ""
                : $"; {exported.KeptInF16.Count} of them in F16, because their rows are no whole blocks: {string.Join(", ", exported.KeptInF16.Take(3))}{(exported.KeptInF16.Count > 3 ? ", …" : "")}"
        );

    static string Json(string path, GgufExported exported) => JsonSerializer.Serialize(new
    {
        output = path,
        bytes = exported.ByteCount,
        tensors = exported.TensorCount,
        kept_in_f16 = exported.KeptInF16,
    });
}
