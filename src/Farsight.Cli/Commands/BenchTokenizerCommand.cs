using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using Farsight.Cli.Output;
using Farsight.Workflows.Timing;

namespace Farsight.Cli.Commands;

/// <summary><c>farsight bench tokenizer</c>: how fast text becomes tokens.</summary>
static class BenchTokenizerCommand
{
    const double Mega = 1e6;

    static readonly Option<string> s_tokenizer = new("--tokenizer")
    {
        Description = "A tokenizer.json, or a model directory.",
        Required = true,
    };
    static readonly Option<string> s_documents = new("--documents")
    {
        Description = "What to encode: a folder or file of .txt, .md or .jsonl.",
        Required = true,
    };
    static readonly Option<int> s_passes = new("--passes")
    {
        Description = "How often everything is encoded; the fastest pass counts.",
        DefaultValueFactory = _ => 3,
    };
    static readonly Option<bool> s_json = new("--json") { Description = "One line of JSON on stdout." };

    internal static Command Create()
    {
        s_passes.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<int>() < 1)
            {
                result.AddError("--passes: use 1 or more.");
            }
        });
        Command command = new("tokenizer", "Time a tokenizer on one thread.") { s_tokenizer, s_documents, s_passes, s_json };
        command.SetAction((parse, cancel) => Task.Run(() => Run(parse, cancel), CancellationToken.None));
        return command;
    }

    static int Run(ParseResult parse, CancellationToken cancel)
    {
        TokenizerBenchmarkResult r = TokenizerBenchmark.Run(
            parse.GetValue(s_tokenizer)!,
            parse.GetValue(s_documents)!,
            parse.GetValue(s_passes),
            cancel);
        Console.WriteLine(parse.GetValue(s_json) ? Json(r).ToJsonString() : Text(r));
        return ExitCode.Done;
    }

    static JsonObject Json(TokenizerBenchmarkResult r) => new()
    {
        ["documents"] = r.Documents,
        ["bytes"] = r.Bytes,
        ["tokens"] = r.Tokens,
        ["seconds_load"] = Math.Round(r.LoadSeconds, 4),
        ["seconds"] = new JsonArray([.. r.Seconds.Select(s => JsonValue.Create(Math.Round(s, 4)))]),
        ["mb_per_second"] = Math.Round(r.BytesPerSecond / Mega, 2),
        ["grown_mb"] = Math.Round(r.GrownBytes / Mega, 1),
        ["sha256"] = r.Sha256,
    };

    static string Text(TokenizerBenchmarkResult r) =>
        string.Create(
            CultureInfo.InvariantCulture,
            $"""
            loading    {r.LoadSeconds:F2} s
            encoding   {r.BytesPerSecond / Mega:F1} MB/s, {r.Tokens
                / r.Seconds.Min()
                / Mega:F2} M tokens/s at best of {r.Seconds.Count}; the first pass took {r.Seconds[0]:F2} s
            text       {r.Documents} documents, {r.Bytes / Mega:F1} MB, {r.Tokens} tokens
            memory     grew by {r.GrownBytes / Mega:F0} MB
            """);
}
