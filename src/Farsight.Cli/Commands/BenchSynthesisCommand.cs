using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using Farsight.Cli.Output;
using Farsight.Workflows.Timing;

namespace Farsight.Cli.Commands;

/// <summary><c>farsight bench synthesis</c>: how fast the pipeline is beside the model that it waits for.</summary>
static class BenchSynthesisCommand
{
    const double Mega = 1e6;

    static readonly Option<string> s_model = new("--model")
    {
        Description = "Directory with a tokenizer and a chat template.",
        Required = true,
    };
    static readonly Option<string> s_documents = new("--documents")
    {
        Description = "A folder or file with long documents.",
        Required = true,
    };
    static readonly Option<int> s_samples = new("--samples") { Description = "Samples to make.", DefaultValueFactory = _ => 200 };
    static readonly Option<bool> s_json = new("--json") { Description = "One line of JSON on stdout." };

    internal static Command Create()
    {
        Command command = new("synthesis", "Time cutting documents and making samples on one thread, with a model that answers at once.")
        {
            s_model,
            s_documents,
            s_samples,
            s_json,
        };
        s_samples.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<int>() < 1)
            {
                result.AddError("--samples: use 1 or more.");
            }
        });
        command.SetAction((parse, cancel) => Task.Run(() => Run(parse, cancel), CancellationToken.None));
        return command;
    }

    static int Run(ParseResult parse, CancellationToken cancel)
    {
        SynthesisBenchmarkResult r = SynthesisBenchmark.Run(
            Bundled.Locate(parse.GetValue(s_model)!),
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
            cutting    {r.Bytes / r.CutSeconds / Mega:F1} MB/s: reading, hashing, encoding; {r.Bytes / Mega:F1} MB
            samples    {r.Samples / r.SampleSeconds * 3600:F0} an hour; {r.SampleBytes
                / r.SampleSeconds
                / Mega:F1} MB/s of scored text, {r.SampleBytes / Mega / r.Samples:F2} MB a sample
            """);
}
