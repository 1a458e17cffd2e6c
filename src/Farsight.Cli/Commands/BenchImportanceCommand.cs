using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Farsight.Alignment.Synthesis.Scoring;
using Farsight.Cli.Options;
using Farsight.Cli.Output;
using Farsight.Evaluation.Core;
using Farsight.Workflows.Timing.Importance;

namespace Farsight.Cli.Commands;

/// <summary>Measures how well and how fast chunk scorers find the evidence for a question (<c>farsight bench importance</c>).</summary>
static class BenchImportanceCommand
{
    const double Mega = 1e6;

    static readonly JsonSerializerOptions s_snake = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower };

    static readonly Option<string?> s_data = new("--data")
    {
        Description = $"Folder with the benchmark files. Default: the {EvalData.Variable} variable.",
    };
    static readonly Option<bool> s_json = SharedOptions.Json("Print one line of JSON per result.");

    internal static Command Create()
    {
        Command command = new(
            "importance",
            "Measure the accuracy of chunk scorers on benchmarks with known evidence, and their speed on one thread.")
        {
            s_data,
            s_json,
        };
        command.SetAction((parse, cancel) => Task.Run(() => Run(parse, cancel), CancellationToken.None));
        return command;
    }

    static int Run(ParseResult parse, CancellationToken cancel)
    {
        string data = parse.GetValue(s_data) ?? Environment.GetEnvironmentVariable(EvalData.Variable)
            ?? throw new Engine.InputException($"The benchmark files are missing. Name their folder with --data or {EvalData.Variable}.");
        bool json = parse.GetValue(s_json);
        if (!json)
        {
            Console.WriteLine($"{"",-51}top-1  top-3  top-5    MRR  relevant irrelevant, chunks marked relevant");
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
            $"{r.Set,-20}{r.Scorer,-10}{(r.WithAnswer ? "question and answer" : "question alone"),-21}"
                + $"{Percent(r.Quality.Top1)} {Percent(r.Quality.Top3)} {Percent(r.Quality.Top5)}  {r.Quality.MeanReciprocalRank:F3}  "
                + $"{Percent(r.Quality.CalledRelevant)} {Percent(r.Quality.CalledIrrelevant)} "
                + $"{r.Quality.RelevantPerQuestion,5:F1}  of {r.Quality.Chunks}");

    static string Text(SpanQuality q) =>
        string.Create(
            CultureInfo.InvariantCulture,
            $"names               exact match: precision {100 * q.Precision:F1}, recall {100 * q.Recall:F1}, F1 {100 * q.F1:F1}; "
                + $"partial match: {100.0 * q.FoundTouched / q.Found:F1} and {100.0 * q.MarkedTouched / q.Marked:F1}; "
                + $"{q.Marked} names in {q.Sentences} sentences");

    static string Percent(double share) => (100 * share).ToString("F1", CultureInfo.InvariantCulture).PadLeft(5);
}
