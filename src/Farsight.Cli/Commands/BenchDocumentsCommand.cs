using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using Farsight.Cli.Options;
using Farsight.Cli.Output;
using Farsight.Workflows.Timing;

namespace Farsight.Cli.Commands;

/// <summary><c>farsight bench documents</c>: how fast a corpus is read.</summary>
static class BenchDocumentsCommand
{
    const double Mega = 1e6;

    static readonly Option<string> s_documents = new("--documents") { Description = "What to read: a folder or file.", Required = true };
    static readonly Option<int> s_passes = new("--passes")
    {
        Description = "How often; the fastest pass counts.",
        DefaultValueFactory = _ => 3,
    };
    static readonly Option<bool> s_json = new("--json") { Description = "One line of JSON on stdout." };
    static readonly CorpusFlags s_corpus = new(nearDuplicates: 0.8);

    internal static Command Create()
    {
        s_passes.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<int>() < 1)
            {
                result.AddError("--passes: use 1 or more.");
            }
        });
        Command command = new("documents", "Time reading documents on one thread: parsing, repair, near-duplicates.")
        {
            s_documents,
            s_passes,
            s_json,
        };
        s_corpus.AddTo(command);
        command.SetAction((parse, cancel) => Task.Run(() => Run(parse, cancel), CancellationToken.None));
        return command;
    }

    static int Run(ParseResult parse, CancellationToken cancel)
    {
        DocumentBenchmarkResult r = DocumentBenchmark.Run(
            s_corpus.Options(parse, parse.GetValue(s_documents)!, seed: 1, tokens: null),
            parse.GetValue(s_passes),
            cancel);
        Console.WriteLine(parse.GetValue(s_json) ? Json(r).ToJsonString() : Text(r));
        return ExitCode.Done;
    }

    static double Speed(DocumentBenchmarkResult r, double seconds) => Math.Round(r.Bytes / seconds / Mega, 1);

    static JsonObject Json(DocumentBenchmarkResult r) => new()
    {
        ["documents"] = r.Documents,
        ["bytes"] = r.Bytes,
        ["read_mb_per_second"] = Speed(r, r.ReadSeconds),
        ["repair_mb_per_second"] = Speed(r, r.RepairSeconds),
        ["near_duplicates_mb_per_second"] = Speed(r, r.AllSeconds),
    };

    static string Text(DocumentBenchmarkResult r) => string.Create(
        CultureInfo.InvariantCulture,
        $"""
        text       {r.Documents} documents, {r.Bytes / Mega:F1} MB
        read       {Speed(r, r.ReadSeconds):F1} MB/s
        repair     {Speed(r, r.RepairSeconds):F1} MB/s, reading included
        MinHash    {Speed(r, r.AllSeconds):F1} MB/s, reading and repair included
        """);
}
