using System.Text.Encodings.Web;
using System.Text.Json;
using Farsight.Evaluation.Core;

namespace Farsight.Cli.Output;

/// <summary>Lists evaluation tasks as text or JSON.</summary>
static class EvalListing
{
    const string Generated = "generated examples", Single = "single tasks";

    static readonly JsonSerializerOptions s_indented = new()
    {
        WriteIndented = true,
        NewLine = "\n",
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    internal static string Of(IReadOnlyList<IEvalTask> tasks, bool json) => json ? Json(tasks) : Text(tasks);

    /// <summary>Lists a block per benchmark: its name, the files that it needs, and its tasks.</summary>
    static string Text(IReadOnlyList<IEvalTask> tasks)
    {
        StringWriter text = new() { NewLine = "\n" };
        int name = tasks.Max(t => t.Card.Name.Length), width = Terminal.Width;
        IEnumerable<IGrouping<string, EvalTaskCard>> benchmarks = tasks.Select(t => t.Card).GroupBy(Title);
        foreach (IGrouping<string, EvalTaskCard> benchmark in benchmarks.OrderBy(b => b.Key != Generated).ThenBy(b => b.Key != Single))
        {
            EvalTaskCard[] cards = [.. benchmark];
            Terminal.WriteWrapped(
                text, "", $"{benchmark.Key} ({cards.Length} {(cards.Length == 1 ? "task" : "tasks")}; {Data(cards)})", width);
            foreach (EvalTaskCard card in cards)
            {
                string suites = string.Join(' ', card.Suites);
                Terminal.WriteWrapped(
                    text, $"  {card.Name.PadRight(name)}  v{card.Version}  {suites,-10}  ", $"{card.Title}; {card.Metric}", width);
            }
        }
        text.WriteLine("'farsight eval data' lists all files with their sources and their state.");
        return text.ToString();
    }

    static string Title(EvalTaskCard card) =>
        card.Benchmark.Length > 0 ? card.Benchmark : card.Data.All(d => d.IsOptional) ? Generated : Single;

    /// <summary>Names the data that tasks cannot run without.</summary>
    static string Data(EvalTaskCard[] cards)
    {
        const int Named = 2;
        string[] files = [.. cards.SelectMany(c => c.Data).Where(d => !d.IsOptional).Select(d => d.Path).Distinct()];
        string more = files.Length > Named ? $" and {files.Length - Named} more" : "";
        return files.Length == 0 ? "no data needed" : $"data: {string.Join(", ", files.Take(Named))}{more}";
    }

    static string Json(IReadOnlyList<IEvalTask> tasks) => JsonSerializer.Serialize(
        tasks.Select(t => new
        {
            name = t.Card.Name,
            version = t.Card.Version,
            benchmark = t.Card.Benchmark,
            suites = t.Card.Suites,
            kind = t is IChoiceTask ? "choices" : t is IJudgedTask ? "judged" : "generated",
            title = t.Card.Title,
            metric = t.Card.Metric,
            chance = t.Card.Chance,
            dispersion = t.Card.Dispersion?.ToString().ToLowerInvariant(),
            scope = t.Card.Scope?.ToString().ToLowerInvariant(),
            source = t.Card.Source,
            size = t.Card.Facts?.Size,
            exact = t.Card.Facts?.Exact,
            differs = t.Card.Facts?.Differs,
            data = t.Card.Data.Select(d => d.Path),
        }),
        s_indented) + "\n";
}
