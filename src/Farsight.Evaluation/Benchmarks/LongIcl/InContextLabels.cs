using Farsight.Evaluation.Metrics;
using Farsight.Evaluation.PythonCompat;

namespace Farsight.Evaluation.Benchmarks.LongIcl;

/// <summary>Counts labels of entities and of pairs for the micro F1 of LongICLBench, first called LIConBench (Li et al. 2024).</summary>
static class InContextLabels
{
    const double Tiny = 1e-8;

    /// <summary>Reads Few-NERD's lines "entity: type" at the start of a response, after the sentence if the response repeats it.</summary>
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

    /// <summary>Counts Few-NERD's entities: those named, those that exist, and those named with the right type.</summary>
    public static LabelCounts CountEntities(IReadOnlyDictionary<string, string> said, IReadOnlyDictionary<string, string> gold) =>
        new(said.Count, gold.Count, said.Count(e => gold.TryGetValue(e.Key, out string? type) && type == e.Value));

    /// <summary>Reads DialogRE's relations from the first line of a response, separated by commas; a repeated prompt is left out.</summary>
    /// <param name="response">The generated text.</param>
    /// <param name="dialogue">The dialogue of the prompt.</param>
    /// <param name="lead">The words that the prompt ends with.</param>
    public static IReadOnlyList<string> Relations(string response, string dialogue, string lead)
    {
        string text = PythonStrings.Strip(After(PythonStrings.Strip(After(response, dialogue)), lead));
        text = PythonStrings.Strip(PythonStrings.Before(PythonStrings.Strip(PythonStrings.Before(text, "dialogue")), "Dialogue"));
        text = PythonStrings.Before(PythonStrings.Strip(PythonStrings.Before(text, "\n")), "[/INST]");
        return [.. text.Split(',').Select(PythonStrings.Strip)];
    }

    /// <summary>
    /// Counts DialogRE's relations: the answers with a known relation, the labels, and the answers with the label of their place.
    /// </summary>
    public static LabelCounts CountRelations(IReadOnlyList<string> said, IReadOnlyList<string> gold, IEnumerable<string> known) => new(
        said.Count(s => known.Any(r => s.Contains(r, StringComparison.Ordinal))), gold.Count,
        said.Zip(gold).Count(p => p.First.Contains(p.Second, StringComparison.Ordinal)));

    /// <summary>Computes 2PR / (P + R) with the official programs' P and R, which add a hundred-millionth to each divisor.</summary>
    public static PrecisionRecall Micro(double said, double gold, double right)
    {
        double precision = right / (said + Tiny), recall = right / (gold + Tiny);
        return new(precision, recall, right == 0 ? 0 : 2 * precision * recall / (precision + recall));
    }

    /// <summary>
    /// Computes 2PR / (P + R) as DialogRE's and TacRED's programs do, which add a hundred-millionth to this divisor, too.
    /// </summary>
    public static PrecisionRecall MicroOfRelations(double said, double gold, double right)
    {
        PrecisionRecall micro = Micro(said, gold, right);
        return micro with { F1 = 2 * micro.Precision * micro.Recall / (micro.Precision + micro.Recall + Tiny) };
    }

    /// <summary>
    /// Returns the first line of an answer to one query: behind the last copy of the query and the marker after it, before the next item.
    /// </summary>
    /// <param name="response">The generated text.</param>
    /// <param name="query">The item's text.</param>
    /// <param name="marker">The end of the prompt.</param>
    /// <param name="next">The beginning of the next item; null where the program does not cut there.</param>
    public static string Line(string response, string query, string marker, string? next)
    {
        string text;
        if (query.Length == 0 || !response.Contains(query, StringComparison.Ordinal))
        {
            text = next is null ? response : PythonStrings.Before(response, next);
        }
        else
        {
            string[] parts = PythonStrings.Strip(After(response, query)).Split(marker);
            text = parts.Length == 1 ? parts[0] : next is null ? parts[1] : PythonStrings.Before(parts[1], next);
        }
        return PythonStrings.Strip(PythonStrings.Before(PythonStrings.Strip(text), "\n"));
    }

    static string After(string text, string mark)
    {
        int at = mark.Length == 0 ? -1 : text.LastIndexOf(mark, StringComparison.Ordinal);
        return at < 0 ? text : text[(at + mark.Length)..];
    }
}

/// <summary>Represents the number of labels named, the number that exist, and the number named correctly.</summary>
readonly record struct LabelCounts(int Said, int Gold, int Right);
