using Farsight.Evaluation.Metrics;
using Farsight.Evaluation.PythonCompat;

namespace Farsight.Evaluation.Benchmarks.LongIcl;

/// <summary>LongICLBench, first called LIConBench (Li et al. 2024): labels of entities and of pairs, counted for a micro F1.</summary>
public static class InContextLabels
{
    const double Tiny = 1e-8;

    /// <summary>Few-NERD: the lines "entity: type" that a response begins with, after the sentence if it repeats that.</summary>
    public static IReadOnlyDictionary<string, string> Entities(string response, string sentence)
    {
        Dictionary<string, string> entities = new(StringComparer.Ordinal);
        IEnumerable<string> lines = PythonStrings
            .Strip(After(response, sentence))
            .Split('\n')
            .TakeWhile(l =>
                l.Contains(": ", StringComparison.Ordinal)
                && !l.StartsWith("Sentence", StringComparison.Ordinal)
                && !l.StartsWith("sentence", StringComparison.Ordinal));
        foreach (string[] parts in lines.Select(l => l.Split(": ")))
        {
            entities[parts[0]] = parts[1];
        }
        return entities;
    }

    /// <summary>Few-NERD: the entities said, those there are, and those said with the right type.</summary>
    public static LabelCounts CountEntities(IReadOnlyDictionary<string, string> said, IReadOnlyDictionary<string, string> gold) =>
        new(said.Count, gold.Count, said.Count(e => gold.TryGetValue(e.Key, out string? type) && type == e.Value));

    /// <summary>
    /// DialogRE: the relations that a response names, parted by commas, in its first line; what it repeats of the prompt is left out.
    /// </summary>
    /// <param name="response">What was generated.</param>
    /// <param name="dialogue">Of the prompt.</param>
    /// <param name="lead">The words that the prompt ends with.</param>
    public static IReadOnlyList<string> Relations(string response, string dialogue, string lead)
    {
        string text = PythonStrings.Strip(After(PythonStrings.Strip(After(response, dialogue)), lead));
        text = PythonStrings.Strip(PythonStrings.Before(PythonStrings.Strip(PythonStrings.Before(text, "dialogue")), "Dialogue"));
        text = PythonStrings.Before(PythonStrings.Strip(PythonStrings.Before(text, "\n")), "[/INST]");
        return [.. text.Split(',').Select(PythonStrings.Strip)];
    }

    /// <summary>DialogRE: the answers that hold a known relation, the labels, and the answers that hold the label of their place.</summary>
    public static LabelCounts CountRelations(IReadOnlyList<string> said, IReadOnlyList<string> gold, IEnumerable<string> known) => new(
        said.Count(s => known.Any(r => s.Contains(r, StringComparison.Ordinal))), gold.Count,
        said.Zip(gold).Count(p => p.First.Contains(p.Second, StringComparison.Ordinal)));

    /// <summary>
    /// 2PR / (P + R), with P and R as the official programs compute them: a hundred-millionth is added to each count they divide by.
    /// </summary>
    public static PrecisionRecall Micro(double said, double gold, double right)
    {
        double precision = right / (said + Tiny), recall = right / (gold + Tiny);
        return new(precision, recall, right == 0 ? 0 : 2 * precision * recall / (precision + recall));
    }

    static string After(string text, string mark)
    {
        int at = mark.Length == 0 ? -1 : text.LastIndexOf(mark, StringComparison.Ordinal);
        return at < 0 ? text : text[(at + mark.Length)..];
    }
}
