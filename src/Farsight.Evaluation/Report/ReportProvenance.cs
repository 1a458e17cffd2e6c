using System.Globalization;
using Farsight.Evaluation.Core;

namespace Farsight.Evaluation.Report;

/// <summary>Where the numbers of a variant come from, for its block at the end of a report.</summary>
static class ReportProvenance
{
    internal static Provenance Of(ReportVariant variant)
    {
        EvalResults results = variant.Results;
        string judges = string.Join(", ", results.Examples.Select(r => r.Judge).OfType<string>().Distinct());
        Setting[] facts =
        [
            new("model", results.Model),
            new("templates", Sum(results.Tasks.Select(t => t.Templates))),
            new("stop reasons", Sum(results.Tasks.Select(t => t.StopReasons))),
            new(
                "prompts cut",
                $"{results.Examples.Count(r => r.Cut is not null).ToString(CultureInfo.InvariantCulture)} of {results.Examples.Count.ToString(CultureInfo.InvariantCulture)}"
            ),
            new("haystack", results.Tasks.Any(t => t.Lengths.Count > 0) ? results.Haystack : ""),
            new("judge", judges),
            new("seed", results.Seed.ToString(CultureInfo.InvariantCulture)),
            new("tasks", string.Join(", ", results.Tasks.Select(t => $"{t.Task} v{t.Version}"))),
            new("Farsight", results.FarsightVersion),
            new("command", results.Command),
        ];
        return new(variant.Name, [.. facts.Where(f => f.Value.Length > 0)]);
    }

    static string Sum(IEnumerable<IReadOnlyDictionary<string, int>> counts) =>
        string.Join(
            "; ",
            counts
                .SelectMany(c => c)
                .GroupBy(c => c.Key)
                .OrderBy(c => c.Key, StringComparer.Ordinal)
                .Select(c => $"{(c.Key.Length > 0 ? c.Key : "none")} × {c.Sum(x => x.Value).ToString(CultureInfo.InvariantCulture)}"));
}
