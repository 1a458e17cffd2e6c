using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Farsight.Cli.Options;
using Farsight.Cli.Output;
using Farsight.Engine;
using Farsight.Engine.Checkpoints;
using Farsight.Engine.Numerics;

namespace Farsight.Cli.Commands;

/// <summary>Merges an adapter into its model (<c>farsight merge</c>).</summary>
static class MergeCommand
{
    const long Megabyte = 1_000_000;

    static readonly Option<string> s_model = SharedOptions.Model();
    static readonly Option<string> s_adapter = SharedOptions.Adapter("Adapter directory in PEFT format.", required: true);
    static readonly Option<string> s_out = SharedOptions.Out("Directory of the merged model. An existing model is replaced.");
    static readonly Option<string> s_type = SharedOptions.WeightType("--type", "bf16", "f32");
    static readonly Option<string> s_shard = new("--shard-size")
    {
        Description = "Maximum size per weights file, as in 5GB or 800MB.",
        DefaultValueFactory = _ => "5GB",
    };
    static readonly ThreadsOption s_threads = new();
    static readonly Option<bool> s_json = SharedOptions.Json();

    internal static Command Create()
    {
        Command command = new("merge", "Merge an adapter into its model and write the merged model.")
        {
            s_model, s_adapter, s_out, s_type, s_shard, s_threads, s_json,
        };
        command.SetAction((parse, cancel) => Task.Run(() => Run(parse, cancel), CancellationToken.None));
        return command;
    }

    static int Run(ParseResult parse, CancellationToken cancel)
    {
        s_threads.Apply(parse);
        AdapterMerge merge = new(
            BundledFiles.Locate(parse.GetValue(s_model)!), parse.GetValue(s_adapter)!, parse.GetValue(s_out)!,
            parse.GetValue(s_type) == "f32" ? NumberFormat.F32 : NumberFormat.BF16, Bytes(parse.GetValue(s_shard)!));
        MergedModel merged;
        using (ProgressLine line = ProgressLine.OnStandardError("megabyte"))
        {
            merged = merge.Write((done, total) => line.Report(done / Megabyte, total / Megabyte, ""), cancel);
        }
        foreach (string notice in merged.Notices)
        {
            Console.Error.WriteLine(notice);
        }
        parse.InvocationConfiguration.Output.WriteLine(parse.GetValue(s_json) ? Json(merge, merged) : Summary(merge, merged));
        return ExitCode.Done;
    }

    static long Bytes(string text)
    {
        (string Unit, long Factor)[] units = [("GB", 1_000_000_000), ("MB", Megabyte), ("KB", 1000)];
        (string unit, long factor) = units.FirstOrDefault(u => text.EndsWith(u.Unit, StringComparison.OrdinalIgnoreCase), ("", 1));
        return
            double.TryParse(
                text.AsSpan(0, text.Length - unit.Length),
                NumberStyles.AllowDecimalPoint,
                CultureInfo.InvariantCulture,
                out double number
            ) && number * factor is >= 1 and < 1e15
            ? (long)(number * factor)
            : throw new InputException($"--shard-size {text} is not a size. Write a number and a unit, as in 5GB or 800MB.");
    }

    static string Summary(AdapterMerge merge, MergedModel merged) =>
        string.Create(
            CultureInfo.InvariantCulture,
            $"{merge.Output}: {merged.Weights.ValueCount} parameters in {merged.Weights.Files.Count} files, "
                + $"{merged.UpdatedLayers} layers updated, {merged.ReplacedModules} modules replaced, "
                + $"{merged.Config.RopeScaling.GetType().Name} RoPE, window {merged.Config.MaxPositionEmbeddings}");

    static string Json(AdapterMerge merge, MergedModel merged) => JsonSerializer.Serialize(new
    {
        output = merge.Output,
        type = merge.Format.ToString(),
        files = merged.Weights.Files,
        bytes = merged.Weights.ByteCount,
        parameters = merged.Weights.ValueCount,
        updated_layers = merged.UpdatedLayers,
        replaced_modules = merged.ReplacedModules,
        tied = merged.Config.TieWordEmbeddings,
        rope = merged.Config.RopeScaling.GetType().Name,
        max_position_embeddings = merged.Config.MaxPositionEmbeddings,
    });
}
