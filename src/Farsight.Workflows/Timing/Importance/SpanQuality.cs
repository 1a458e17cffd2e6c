using System.Text.Json;
using Farsight.Alignment.Synthesis.Scoring;
using Farsight.Engine;

namespace Farsight.Workflows.Timing.Importance;

/// <summary>Measures how well the recognizer's names match those that people marked.</summary>
/// <param name="Sentences">Sentences read.</param>
/// <param name="Marked">Entities that people marked, each once a sentence.</param>
/// <param name="Found">Names that the recognizer found, each once a sentence.</param>
/// <param name="Exact">Found ones that are marked, character for character.</param>
/// <param name="MarkedTouched">Marked ones of which a found one is a part or the whole, or the other way round.</param>
/// <param name="FoundTouched">Found ones of which the same holds.</param>
public sealed record SpanQuality(int Sentences, int Marked, int Found, int Exact, int MarkedTouched, int FoundTouched)
{
    /// <summary>Exact of the found.</summary>
    public double Precision => (double)Exact / Found;

    /// <summary>Exact of the marked.</summary>
    public double Recall => (double)Exact / Marked;

    /// <summary>Harmonic mean of both.</summary>
    public double F1 => 2.0 * Exact / (Found + Marked);

    /// <summary>Measures on Few-NERD in the form of LongICLBench: a list of sentences with entities and their types.</summary>
    /// <param name="path">fewnerd….json or fewnerd….json.gz.</param>
    /// <exception cref="InputException">The file is missing or of another form.</exception>
    public static SpanQuality OfFewNerd(string path)
    {
        using JsonDocument json = RankSets.Json(path);
        SpanQuality sum = new(0, 0, 0, 0, 0, 0);
        foreach (JsonElement sentence in json.RootElement.EnumerateArray())
        {
            string text = sentence.GetProperty("sentence").GetString()!;
            sum = sum.With(Names(text), [.. sentence.GetProperty("entities").EnumerateObject().Select(e => e.Name)]);
        }
        return sum;
    }

    static HashSet<string> Names(string text) =>
        [.. EntityRecognizer.Spans(text).Where(s => s.Kind is EntityKind.Name or EntityKind.Acronym).Select(s => text[s.Start..s.End])];

    SpanQuality With(HashSet<string> found, HashSet<string> marked) => new(
        Sentences + 1, Marked + marked.Count, Found + found.Count, Exact + found.Count(marked.Contains),
        MarkedTouched + marked.Count(m => found.Any(f => Touch(f, m))), FoundTouched + found.Count(f => marked.Any(m => Touch(f, m))));

    static bool Touch(string a, string b) => a.Contains(b, StringComparison.Ordinal) || b.Contains(a, StringComparison.Ordinal);
}
