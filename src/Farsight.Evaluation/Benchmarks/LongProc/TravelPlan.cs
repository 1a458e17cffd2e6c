using System.Buffers;
using System.Globalization;
using System.Numerics;
using System.Text.RegularExpressions;
using Farsight.Evaluation.PythonCompat;

namespace Farsight.Evaluation.Benchmarks.LongProc;

/// <summary>Scores travel plans and the search for them (LongProc, Ye et al. 2025; the plan's rule is Natural Plan's).</summary>
/// <remarks>Source: princeton-pli/LongProc @78e873a, longproc/travel_planning_evaluator.py.</remarks>
static partial class TravelPlan
{
    const string Procedure = "<Solving Procedure>", Request = "Output the plan in the required format:";

    static readonly SearchValues<char> s_punctuation = SearchValues.Create(PythonCharacters.Punctuation);
    static readonly string[] s_articles = ["a", "an", "the"];

    /// <summary>
    /// Returns cities and days of a plan. Lines with "1-4" give stays, lines with "Day 4 … from A to B" flights; a stay lasts from one
    /// flight to the next. Names of cities with a space are read up to it.
    /// </summary>
    internal static IReadOnlyList<(string City, BigInteger Days)> Parse(string plan)
    {
        List<string> stays = [];
        List<(BigInteger Day, string From, string To)> flights = [];
        BigInteger? total = null;
        foreach (string line in plan.Split('\n'))
        {
            if (Total().Match(line) is { Success: true } days)
            {
                total = Number(days.Groups[1].Value);
            }
            if (Stay().Match(line) is { Success: true } stay)
            {
                stays.Add(stay.Value);
                if (End(stay.Value) == total)
                {
                    break;
                }
            }
            if (Flight().Match(line) is { Success: true } flight)
            {
                flights.Add((Number(flight.Groups[1].Value), flight.Groups[2].Value, flight.Groups[3].Value));
            }
        }
        if (stays.Count == 0 || flights.Count == 0)
        {
            return [];
        }
        string[] cities = [flights[0].From, .. flights.Select(f => f.To)];
        BigInteger[] bounds = [1, .. flights.Select(f => f.Day), End(stays[^1])];
        return [.. cities.Select((c, i) => (c, bounds[i + 1] - bounds[i] + 1))];
    }

    /// <summary>
    /// Determines whether a plan visits the cities in their order for their days. Surplus cities at the end do not count.
    /// </summary>
    /// <param name="plan">The plan.</param>
    /// <param name="cities">"Riga**Turin**Porto".</param>
    /// <param name="durations">"4**3**5".</param>
    internal static bool IsRight(string plan, string cities, string durations)
    {
        string[] stays = cities.Split("**", StringSplitOptions.RemoveEmptyEntries);
        BigInteger[] days = [.. durations.Split("**", StringSplitOptions.RemoveEmptyEntries).Select(Number)];
        IReadOnlyList<(string City, BigInteger Days)> parsed = Parse(plan);
        return parsed.Count >= stays.Length && stays.Index().All(s => parsed[s.Index] == (s.Item, days[s.Index]));
    }

    /// <summary>
    /// Computes the share of the procedure's lines before the first one that differs. A line counts if it contains the reference's, without
    /// case, punctuation and articles. Official: the index of the last compared line, so all lines right score less than 1. Clean: the
    /// number of right lines.
    /// </summary>
    internal static double Progress(string output, string reference, Metrics.MetricMode mode = Metrics.MetricMode.Official)
    {
        string[] gold = Lines(FromProcedure(Without(reference))), said = Lines(FromProcedure(Without(output)));
        int compared = Math.Min(gold.Length, said.Length);
        int right = Enumerable.Range(0, compared)
            .TakeWhile(i => Normalize(said[i]).Contains(Normalize(gold[i]), StringComparison.Ordinal))
            .Count();
        int index = mode == Metrics.MetricMode.Clean ? right : Math.Max(0, Math.Min(right, compared - 1));
        return (double)index / gold.Length;

        static string Without(string text) => text.Replace(Request, "", StringComparison.Ordinal);
    }

    static string FromProcedure(string text)
    {
        string[] parts = text.Split(Procedure);
        return parts.Length > 1 ? Procedure + parts[1] : text;
    }

    static string[] Lines(string text) => [.. PythonStrings.Strip(text).Split('\n').Where(l => PythonStrings.Strip(l).Length > 0)];

    static string Normalize(string line) => PythonStrings.CollapseSpaces(
        PythonStrings.ReplaceWords(PythonStrings.Remove(PythonStrings.Lower(line), s_punctuation), s_articles, " "));

    static BigInteger End(string stay) => Number(stay.Split('-')[1]);

    static BigInteger Number(string digits) =>
        PythonNumbers.TryParseInt(digits, out BigInteger number) ? number : throw new FormatException($"'{digits}' is not a number.");

    [GeneratedRegex(@"\d+-\d+")]
    private static partial Regex Stay();

    [GeneratedRegex(@".*Day (\d+).*from (\w+) to (\w+)")]
    private static partial Regex Flight();

    [GeneratedRegex(@"European cities for (\d+) days")]
    private static partial Regex Total();
}
