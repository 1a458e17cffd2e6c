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

    static readonly Option<string?> s_documents = new("--documents")
    {
        Description = "File or folder with documents. Default: generated documents in each format, for a table of the formats.",
    };
    static readonly Option<int> s_count = SharedOptions.Count("--count", "Generated documents per format.", 50);
    static readonly Option<int> s_words = SharedOptions.Count("--words", "Words per generated document.", 3000);
    static readonly Option<int> s_passes = SharedOptions.Count("--passes", "Number of passes; the fastest counts.", 3);
    static readonly Option<bool> s_json = SharedOptions.Json();
    static readonly CorpusFlags s_corpus = new(nearDuplicates: 0.8);

    internal static Command Create()
    {
        Command command = new("documents", "Time the reading of documents on one thread: parsing, repair, near-duplicate detection.")
        {
            s_documents,
            s_count,
            s_words,
            s_passes,
            s_json,
        };
        s_corpus.AddTo(command);
        command.SetAction((parse, cancel) => Task.Run(() => Run(parse, cancel), CancellationToken.None));
        return command;
    }

    static int Run(ParseResult parse, CancellationToken cancel)
    {
        TextWriter output = parse.InvocationConfiguration.Output;
        bool isJson = parse.GetValue(s_json);
        int passes = parse.GetValue(s_passes);
        if (parse.GetValue(s_documents) is { } documents)
        {
            DocumentBenchmarkResult r = DocumentBenchmark.Run(s_corpus.Options(parse, documents, seed: 1, tokens: null), passes, cancel);
            output.WriteLine(isJson ? Json(r).ToJsonString() : Text(r));
            return ExitCode.Done;
        }
        IReadOnlyList<FormatSpeed> formats = FormatBenchmark.Run(parse.GetValue(s_count), parse.GetValue(s_words), passes, cancel);
        output.WriteLine(isJson ? new JsonArray([.. formats.Select(Json)]).ToJsonString() : Table(formats));
        return ExitCode.Done;
    }

    static JsonObject Json(FormatSpeed f) => new()
    {
        ["format"] = f.Format,
        ["documents"] = f.Documents,
        ["file_bytes"] = f.FileBytes,
        ["text_bytes"] = f.TextBytes,
        ["documents_per_second"] = Math.Round(f.Documents / f.Seconds, 1),
        ["file_mb_per_second"] = Math.Round(f.FileBytes / f.Seconds / Mega, 2),
        ["text_mb_per_second"] = Math.Round(f.TextBytes / f.Seconds / Mega, 2),
    };

    /// <summary>Returns a Markdown table.</summary>
    static string Table(IReadOnlyList<FormatSpeed> formats) => string.Join(
        '\n',
        formats.Select(f => string.Create(
            CultureInfo.InvariantCulture,
            $"| {f.Format} | {f.Documents / f.Seconds:N0} | {f.TextBytes / f.Seconds / Mega:N2} | {f.FileBytes / f.Seconds / Mega:N2} |"))
            .Prepend("|---|--:|--:|--:|").Prepend("| format | documents/s | MB/s of text | MB/s of files |"));

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
