using System.Text.Json;

namespace Farsight.Evaluation.Core;

/// <summary>Represents what is known about a benchmark beside its tasks; benchmark-facts.json lists all.</summary>
/// <param name="Size">Number of its examples.</param>
/// <param name="Exact">What follows the official program exactly.</param>
/// <param name="Differs">What differs from it; empty for nothing.</param>
public sealed record BenchmarkFacts(string Size, string Exact, string Differs)
{
    static readonly JsonSerializerOptions s_json = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower };

    static readonly Lazy<Dictionary<string, BenchmarkFacts>> s_all = new(() =>
    {
        using Stream stream = typeof(BenchmarkFacts).Assembly.GetManifestResourceStream("benchmark-facts.json")!;
        return JsonSerializer.Deserialize<Dictionary<string, BenchmarkFacts>>(stream, s_json)!;
    });

    /// <summary>The names of all benchmarks with facts.</summary>
    internal static IReadOnlyCollection<string> Names => s_all.Value.Keys;

    /// <summary>Returns the facts of a benchmark, or of a task without a benchmark; null where there are none.</summary>
    internal static BenchmarkFacts? Of(string benchmark) => s_all.Value.GetValueOrDefault(KeyOf(benchmark));

    /// <summary>Returns the name under which the facts are listed: that of the benchmark, or of a task up to a slash.</summary>
    internal static string KeyOf(string benchmark) => s_all.Value.ContainsKey(benchmark) ? benchmark : benchmark.Split('/')[0];
}
