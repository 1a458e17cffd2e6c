using System.Text.Encodings.Web;
using System.Text.Json;
using Farsight.Evaluation.Core;

namespace Farsight.Cli.Output;

/// <summary>Lists evaluation tasks as text or JSON.</summary>
static class EvalListing
{
    static readonly JsonSerializerOptions s_indented = new()
    {
        WriteIndented = true,
        NewLine = "\n",
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    internal static string Of(IReadOnlyList<IEvalTask> tasks, bool json) => json ? Json(tasks) : Text(tasks);

    static string Text(IReadOnlyList<IEvalTask> tasks)
    {
        StringWriter text = new() { NewLine = "\n" };
        int name = tasks.Max(t => t.Card.Name.Length), benchmark = tasks.Max(t => t.Card.Benchmark.Length);
        foreach (EvalTaskCard card in tasks.Select(t => t.Card))
        {
            string suites = string.Join(' ', card.Suites);
            string id = $"{card.Name.PadRight(name)}  v{card.Version}  {card.Benchmark.PadRight(benchmark)}";
            text.WriteLine($"{id}  {suites,-10}  {card.Title}; {card.Metric}");
        }
        return text.ToString();
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
            source = t.Card.Source,
            data = t.Card.Data.Select(d => d.Path),
        }),
        s_indented) + "\n";
}
