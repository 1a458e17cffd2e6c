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
    const long Megabyte = 1_000_000, DefaultShardBytes = 5_000 * Megabyte;

    static readonly Option<string> s_model = SharedOptions.ModelOrAdapters();
    static readonly Option<string> s_adapter = SharedOptions.Adapter("Adapter directory in PEFT format.", required: true);
    static readonly Option<string> s_out = SharedOptions.Out("Directory of the merged model. An existing model is replaced.");
    static readonly Option<string> s_type = SharedOptions.WeightType("--type", "bf16", "f32");
    static readonly SizeOption s_shard = new("--shard-size", "Maximum size per weights file, as in 800MB. Default: 5GB.");
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
        Ending ending = new();
        AdapterMerge merge = new(
            SharedOptions.LocateModel(parse, s_model, s_adapter), parse.GetValue(s_adapter)!, parse.GetValue(s_out)!,
            parse.GetValue(s_type) == "f32" ? NumberFormat.F32 : NumberFormat.BF16, parse.GetValue(s_shard) ?? DefaultShardBytes);
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
        ending.Write("", NextCommand.Evaluation(merge.Output, "--model", merge.Output));
        return ExitCode.Done;
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
