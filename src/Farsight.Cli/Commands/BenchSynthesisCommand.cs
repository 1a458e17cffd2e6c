using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using Farsight.Alignment.Synthesis;
using Farsight.Cli.Options;
using Farsight.Cli.Output;

namespace Farsight.Cli.Commands;

/// <summary>Measures the synthesis pipeline without the time of the model (<c>farsight bench synthesis</c>).</summary>
static class BenchSynthesisCommand
{
    const double Mega = 1e6;

    static readonly Option<string> s_model = SharedOptions.Model("Model directory; only its tokenizer and chat template are read.");
    static readonly Option<string> s_documents = SharedOptions.Documents();
    static readonly Option<int> s_samples = SharedOptions.Count("--samples", "Number of samples to synthesize.", 200);
    static readonly Option<bool> s_json = SharedOptions.Json();

    internal static Command Create()
    {
        Command command = new("synthesis", "Time document chunking and sample synthesis on one thread, with a stub model.")
        {
            s_model,
            s_documents,
            s_samples,
            s_json,
        };
        command.SetAction((parse, cancel) => Task.Run(() => Run(parse, cancel), CancellationToken.None));
        return command;
    }

    static int Run(ParseResult parse, CancellationToken cancel)
    {
        SynthesisBenchmarkResult r = SynthesisBenchmark.Run(
            BundledFiles.LocateModel(parse.GetValue(s_model)!),
            parse.GetValue(s_documents)!,
            parse.GetValue(s_samples),
            cancel);
        Console.WriteLine(parse.GetValue(s_json) ? Json(r).ToJsonString() : Text(r));
        return ExitCode.Done;
    }

    static JsonObject Json(SynthesisBenchmarkResult r) => new()
    {
        ["bytes"] = r.Bytes,
        ["cut_mb_per_second"] = Math.Round(r.Bytes / r.CutSeconds / Mega, 1),
        ["samples"] = r.Samples,
        ["samples_per_hour"] = Math.Round(r.Samples / r.SampleSeconds * 3600),
        ["scored_mb_per_second"] = Math.Round(r.SampleBytes / r.SampleSeconds / Mega, 1),
    };

    static string Text(SynthesisBenchmarkResult r) =>
        string.Create(
            CultureInfo.InvariantCulture,
            $"""
            chunking   {r.Bytes / r.CutSeconds / Mega:F1} MB/s (reading, hashing, encoding) of {r.Bytes / Mega:F1} MB
            samples    {r.Samples / r.SampleSeconds * 3600:F0} per hour
            scoring    {r.SampleBytes / r.SampleSeconds / Mega:F1} MB/s, {r.SampleBytes / Mega / r.Samples:F2} MB per sample
            """);
}
