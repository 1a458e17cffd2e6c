using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Farsight.Alignment.Synthesis.Scoring;
using Farsight.Cli.Output;
using Farsight.Workflows.Timing.Importance;

namespace Farsight.Cli.Commands;

/// <summary><c>farsight bench importance</c>: how well and how fast the chunks that answer a question are found.</summary>
static class BenchImportanceCommand
{
    const double Mega = 1e6;

    static readonly JsonSerializerOptions s_snake = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower };

    static readonly Option<string?> s_data = new("--data")
    {
        Description = "Folder with the benchmarks' files; FARSIGHT_EVALDATA where none is given.",
    };
    static readonly Option<bool> s_json = new("--json") { Description = "One line of JSON a result on stdout." };

    internal static Command Create()
    {
        Command command = new(
            "importance",
            "Rank chunks by every scorer where the place of the evidence is known, compare names with those that people marked, and time it all on one thread."
        )
        {
            s_data,
            s_json,
        };
        command.SetAction((parse, cancel) => Task.Run(() => Run(parse, cancel), CancellationToken.None));
        return command;
    }

    static int Run(ParseResult parse, CancellationToken cancel)
    {
        string data = parse.GetValue(s_data) ?? Environment.GetEnvironmentVariable("FARSIGHT_EVALDATA")
            ?? throw new Engine.InputException("bench importance needs the benchmarks' files; give --data DIR, or set FARSIGHT_EVALDATA.");
        bool json = parse.GetValue(s_json);
        if (!json)
        {
            Console.WriteLine($"{"",-51}first  of 3  of 5    MRR  relevant irrelevant, chunks called relevant");
        }
        IChunkScorer[] scorers = [.. ChunkScorers.Names.Select(n => ChunkScorers.Open(n))];
        foreach (ImportanceRow row in ImportanceBenchmark.Rank(data, scorers, cancel))
        {
            Console.WriteLine(json ? JsonSerializer.Serialize(row, s_snake) : Text(row));
        }
        SpanQuality names = SpanQuality.OfFewNerd(Path.Combine(data, "liconbench/fewnerd_test_1800.json.gz"));
        Console.WriteLine(json ? JsonSerializer.Serialize(names, s_snake) : Text(names));
        foreach ((string scorer, double speed) in ImportanceBenchmark.BytesPerSecond(scorers))
        {
            Console.WriteLine(json
                ? JsonSerializer.Serialize(new { scorer, MbPerSecond = Math.Round(speed / Mega, 1) }, s_snake)
                : string.Create(CultureInfo.InvariantCulture, $"{scorer,-10} {speed / Mega,6:F1} MB/s"));
        }
        return ExitCode.Done;
    }

    static string Text(ImportanceRow r) =>
        string.Create(
            CultureInfo.InvariantCulture,
            $"{r.Set,-20}{r.Scorer,-10}{(r.WithAnswer ? "question and answer" : "question alone"),-21}{Percent(r.Quality.Top1)} {Percent(r.Quality.Top3)} {Percent(r.Quality.Top5)}  {r.Quality.MeanReciprocalRank:F3}  {Percent(r.Quality.CalledRelevant)} {Percent(r.Quality.CalledIrrelevant)} {r.Quality.RelevantPerQuestion,5:F1}  of {r.Quality.Chunks}"
        );

    static string Text(SpanQuality q) =>
        string.Create(
            CultureInfo.InvariantCulture,
            $"names               precision {100 * q.Precision:F1}, recall {100 * q.Recall:F1}, F1 {100 * q.F1:F1} exactly; {100.0 * q.FoundTouched / q.Found:F1} and {100.0 * q.MarkedTouched / q.Marked:F1} at least in part; {q.Marked} names in {q.Sentences} sentences"
        );

    static string Percent(double share) => (100 * share).ToString("F1", CultureInfo.InvariantCulture).PadLeft(5);
}
