using Farsight.Evaluation.Core;

namespace Farsight.Tests.Evaluation.Core;

/// <summary>
/// Keeps the table of all benchmarks in docs/evaluation.md as the cards, benchmark-facts.json and eval-data.json have it;
/// FARSIGHT_UPDATE_GOLDEN=1 writes it.
/// </summary>
public sealed class BenchmarkTableTests
{
    const string Begin = "<!-- benchmarks: written by BenchmarkTableTests -->\n", End = "<!-- end of benchmarks -->\n";

    static readonly IReadOnlyList<IGrouping<string, EvalTaskCard>> s_benchmarks =
    [
        .. EvalTaskCatalog.All.Select(t => t.Card)
            .GroupBy(c => BenchmarkFacts.KeyOf(c.Benchmark.Length > 0 ? c.Benchmark : c.Name))
            .OrderBy(g => g.Key, StringComparer.Ordinal),
    ];

    [Fact]
    public void Every_benchmark_has_facts_and_all_facts_belong_to_one() =>
        Assert.Equal(s_benchmarks.Select(b => b.Key), BenchmarkFacts.Names.Order(StringComparer.Ordinal));

    [Fact]
    public void The_page_shows_all_benchmarks_as_they_are()
    {
        string path = Path.Combine(Repository.Root, "docs/evaluation.md"), page = File.ReadAllText(path).ReplaceLineEndings("\n");
        int from = page.IndexOf(Begin, StringComparison.Ordinal) + Begin.Length, to = page.IndexOf(End, StringComparison.Ordinal);
        string expected = Table(), actual = page[from..to];
        if (Environment.GetEnvironmentVariable("FARSIGHT_UPDATE_GOLDEN") == "1")
        {
            File.WriteAllText(path, page[..from] + expected + page[to..]);
        }

        Assert.Equal(expected, actual);
    }

    static string Table() =>
        "\n| benchmark | tasks | source | size | data license | what is exact | what differs |\n|---|--:|---|---|---|---|---|\n"
        + string.Concat(s_benchmarks.Select(Row)) + "\n";

    static string Row(IGrouping<string, EvalTaskCard> benchmark)
    {
        BenchmarkFacts facts = BenchmarkFacts.Of(benchmark.Key) ?? new("–", "–", "–");
        string[] licenses =
        [
            .. benchmark.SelectMany(c => c.Data).Where(f => !f.IsOptional).Select(f => EvalDataSources.All.Of(f).License).Distinct()
                .Order(StringComparer.Ordinal),
        ];
        string[] cells =
        [
            $"`{benchmark.Key}`", $"{benchmark.Count()}", string.Join("; ", benchmark.Select(c => c.Source).Distinct()), facts.Size,
            licenses.Length > 0 ? string.Join(", ", licenses) : "no data", facts.Exact, facts.Differs,
        ];
        return $"| {string.Join(" | ", cells.Select(c => c.Replace("|", "\\|", StringComparison.Ordinal)))} |\n";
    }
}
