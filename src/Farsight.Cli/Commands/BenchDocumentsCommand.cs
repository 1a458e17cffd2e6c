using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using Farsight.Cli.Options;
using Farsight.Cli.Output;
using Farsight.Workflows.Timing;

namespace Farsight.Cli.Commands;

/// <summary>Measures how fast a corpus is read (<c>farsight bench documents</c>).</summary>
static class BenchDocumentsCommand
{
    const double Mega = 1e6;

    static readonly Option<string> s_documents = SharedOptions.Documents();
    static readonly Option<int> s_passes = SharedOptions.Count("--passes", "Number of passes; the fastest counts.", 3);
    static readonly Option<bool> s_json = SharedOptions.Json();
    static readonly CorpusFlags s_corpus = new(nearDuplicates: 0.8);

    internal static Command Create()
    {
        Command command = new("documents", "Time the reading of documents on one thread: parsing, repair, near-duplicate detection.")
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
        repair     {Speed(r, r.RepairSeconds):F1} MB/s, including reading
        MinHash    {Speed(r, r.AllSeconds):F1} MB/s, including reading and repair
        """);
}
