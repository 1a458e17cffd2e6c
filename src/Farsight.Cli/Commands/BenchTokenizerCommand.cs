using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using Farsight.Cli.Options;
using Farsight.Cli.Output;
using Farsight.Workflows.Timing;

namespace Farsight.Cli.Commands;

/// <summary>Measures how fast a tokenizer encodes text (<c>farsight bench tokenizer</c>).</summary>
static class BenchTokenizerCommand
{
    const double Mega = 1e6;

    static readonly Option<string> s_tokenizer = SharedOptions.Tokenizer(required: true);
    static readonly Option<string> s_documents = SharedOptions.Documents();
    static readonly Option<int> s_passes = SharedOptions.Count("--passes", "Number of passes; the fastest counts.", 3);
    static readonly Option<bool> s_json = SharedOptions.Json();

    internal static Command Create()
    {
        Command command = new("tokenizer", "Time a tokenizer on one thread.") { s_tokenizer, s_documents, s_passes, s_json };
        command.SetAction((parse, cancel) => Task.Run(() => Run(parse, cancel), CancellationToken.None));
        return command;
    }

    static int Run(ParseResult parse, CancellationToken cancel)
    {
        TokenizerBenchmarkResult r = TokenizerBenchmark.Run(
            BundledFiles.LocateModel(parse.GetValue(s_tokenizer)!),
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
            encoding   {r.BytesPerSecond / Mega:F1} MB/s, {r.Tokens / r.Seconds.Min() / Mega:F2} M tokens/s (best of {r.Seconds.Count})
            first pass {r.Seconds[0]:F2} s
            text       {r.Documents} documents, {r.Bytes / Mega:F1} MB, {r.Tokens} tokens
            memory     +{r.GrownBytes / Mega:F0} MB
            """);
}
