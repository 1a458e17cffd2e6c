using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Farsight.Alignment.Endpoints;
using Farsight.Cli.Options;
using Farsight.Cli.Output;
using Farsight.Engine;
using Farsight.Engine.Files;
using Farsight.Evaluation.Core;
using Farsight.Evaluation.Core.Ranking;

namespace Farsight.Cli.Commands;

/// <summary>Ranks systems by pairwise comparisons of their stored answers (<c>farsight rank</c>).</summary>
static class RankCommand
{
    static readonly JsonSerializerOptions s_json = new()
    {
        WriteIndented = true,
        NewLine = "\n",
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
    };
    static readonly Argument<string[]> s_systems = new("systems")
    {
        Description = "Output folders of evaluations, or JSONL files with question and answer per line. At least two.",
        Arity = new ArgumentArity(2, 1000),
    };
    static readonly Option<string[]> s_tasks = new("--task")
    {
        Description = "Tasks to compare. Default: all that two systems share.",
        AllowMultipleArgumentsPerToken = true,
    };
    static readonly Option<int?> s_limit = new("--limit")
    {
        Description = "Maximum examples per task, evenly spaced. Default: all.",
    };
    static readonly Option<bool> s_byScore = new("--by-score")
    {
        Description = "Compare the stored scores instead of asking a judge. A higher score wins.",
    };
    static readonly Option<int> s_seed = SharedOptions.Seed("Random seed of the bootstrap.");
    static readonly Option<string> s_out = SharedOptions.Out(
        "JSON file to write as well, with the ranking and the result of every comparison. Default: none.", required: false);
    static readonly Option<bool> s_printJson = SharedOptions.Json();
    static readonly EndpointFlags s_judge = new("judge-", "the judge");

    internal static Command Create()
    {
        Command command = new(
            "rank", "Rank systems by pairwise comparisons of their answers, in both orders, with intervals.")
        {
            s_systems, s_tasks, s_limit, s_byScore, s_seed, s_out, s_printJson,
        };
        s_judge.AddTo(command);
        command.SetAction((parse, cancel) => Task.Run(() => Run(parse, cancel), CancellationToken.None));
        return command;
    }

    static int Run(ParseResult parse, CancellationToken cancel)
    {
        EndpointOptions? judge = s_judge.Of(parse);
        bool byScore = parse.GetValue(s_byScore);
        if (byScore == judge is not null)
        {
            throw new InputException(byScore
                ? "--by-score asks no judge; remove --judge-endpoint, or --by-score."
                : "--judge-endpoint is missing; give a judge, or compare the stored scores with --by-score.");
        }
        if (byScore && parse.GetValue(s_systems)!.Any(IsAnswerFile))
        {
            throw new InputException("A JSONL file has no scores, so --by-score cannot compare it; give a judge with --judge-endpoint.");
        }
        if (parse.GetValue(s_limit) < 1)
        {
            throw new InputException("--limit must be at least 1.");
        }
        (string Name, EvalResults Results)[] systems =
        [
            .. parse.GetValue(s_systems)!.Select(p => (
                Path.TrimEndingDirectorySeparator(p),
                IsAnswerFile(p) ? AnswerFile.Read(p) : EvalFiles.ReadResults(p))),
        ];
        if (systems.DistinctBy(s => s.Item1).Count() < systems.Length)
        {
            throw new InputException("A system is given twice; give each once.");
        }
        string[] tasks = parse.GetValue(s_tasks) ?? [];
        IReadOnlyList<AnswerPair> pairs = AnswerPair.Of(systems, tasks, parse.GetValue(s_limit));
        (List<PairOutcome> outcomes, int failed) = judge is null
            ? ([.. pairs.Select(p => p.ByScore())], 0)
            : Judged(pairs, judge, cancel);
        if (outcomes.Count == 0)
        {
            Console.Error.WriteLine("No comparison has a verdict.");
            return ExitCode.Failed;
        }
        PairwiseRanking ranking = PairwiseRanking.Of(outcomes, parse.GetValue(s_seed));
        string json = JsonSerializer.Serialize(new { ranking, failed, comparisons = outcomes }, s_json) + "\n";
        if (parse.GetValue(s_out) is { } file)
        {
            AtomicFile.WriteText(file, json);
        }
        parse.InvocationConfiguration.Output.Write(
            parse.GetValue(s_printJson) ? json : Table(ranking, failed, byScore ? "stored scores" : $"judge {judge!.Model}"));
        return ExitCode.Done;
    }

    static bool IsAnswerFile(string path) => path.EndsWith(".jsonl", StringComparison.Ordinal);

    static (List<PairOutcome> Outcomes, int Failed) Judged(IReadOnlyList<AnswerPair> pairs, EndpointOptions options,
        CancellationToken cancel)
    {
        using ProgressLine line = ProgressLine.OnStandardError("comparison");
        line.Note($"{pairs.Count} comparisons, {2 * pairs.Count} requests to the judge.");
        using EndpointSet endpoint = EndpointSet.Open(options, line.Note);
        List<PairOutcome> outcomes = [];
        int failed = 0;
        try
        {
            foreach ((AnswerPair pair, PairOutcome? outcome, string? failure) in new PairJudge(endpoint.AsLanguageModel()).Judge(pairs,
                cancel))
            {
                if (outcome is null)
                {
                    failed++;
                    line.Note($"{pair.Question}: no result: {failure}");
                }
                else
                {
                    outcomes.Add(outcome);
                }
                line.Report(outcomes.Count + failed, pairs.Count, pair.Question);
            }
        }
        finally
        {
            EndpointNotes.Write(line, "judge", endpoint);
        }
        return (outcomes, failed);
    }

    static string Table(PairwiseRanking ranking, int failed, string by)
    {
        StringWriter text = new(CultureInfo.InvariantCulture) { NewLine = "\n" };
        int width = Math.Max(6, ranking.Systems.Max(s => s.Name.Length));
        Write($"Ranking over {ranking.Questions} questions by {by}");
        text.WriteLine($"  {"system".PadRight(width)} {"strength",9}  {"95 % interval",-16} {"won",6} {"compared",9}");
        foreach (RankedSystem s in ranking.Systems)
        {
            string interval = $"{Signed(s.Low)} to {Signed(s.High)}";
            Write($"  {s.Name.PadRight(width)} {Signed(s.Strength),9}  {interval,-16} {100 * s.WinRate,5:0.0}% {s.Comparisons,9}");
        }
        text.WriteLine("Strength: natural logarithm, Bradley–Terry; the mean is 0. A difference of 1 means about 73 % wins.");
        Write($"Ties: {100 * ranking.Ties:0.0} %. Position bias: {100 * ranking.PositionBias:0.0} % of the pairs change with the order.");
        if (ranking.Prior > 0)
        {
            Write($"A system or group never lost to the rest, so a prior of {ranking.Prior:0.0} wins per side and pair was added.");
        }
        else if (ranking.PriorResamples > 0)
        {
            Write($"A prior was added in {100 * ranking.PriorResamples:0.0} % of the resamples, where a system never lost.");
        }
        if (failed > 0)
        {
            Write($"{failed} comparisons have no verdict and are left out.");
        }
        return text.ToString();

        void Write(FormattableString line) => text.WriteLine(FormattableString.Invariant(line));
    }

    static string Signed(double value) => value.ToString("+0.00;−0.00;0.00", CultureInfo.InvariantCulture);
}
