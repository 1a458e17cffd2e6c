using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using Farsight.Alignment.Inspection;
using Farsight.Alignment.Synthesis.Card;
using Farsight.Evaluation.Report;
using Farsight.Workflows.Reports;

namespace Farsight.Server.Dashboard;

/// <summary>Draws the card and the distributions of a dataset.</summary>
static class DatasetParts
{
    const int Bins = 24, Width = 520, Height = 180, Left = 8, Bottom = 34, Top = 22;

    /// <summary>Returns the facts of a card, its sizes, and what synthesis dropped.</summary>
    internal static string Card(DatasetCard card)
    {
        StringBuilder html = new("<h2>Card</h2>\n");
        html.Append(Html.Facts(
        [
            ("samples", Number(card.Samples)),
            ("documents", Number(card.Documents)),
            ("responses by", string.Join("; ", card.Generators)),
            ("questions about inserted facts", Number(card.InsertedFacts)),
            (
                "rejected responses per question",
                string.Join(", ", card.RejectedPerSample.Select(r => $"{r.Key} in {Number(r.Value)} samples"))),
            ("judge", string.Join(", ", card.Judged.Select(j => $"{Number(j.Value)} {j.Key}"))),
            ("seeds", string.Join(", ", card.Seeds.Take(20).Select(s => s.ToString(CultureInfo.InvariantCulture)))),
            ("size", ReportText.Bytes(card.Bytes)),
            ("SHA-256", card.Sha256),
        ]));
        html.Append(ReportWriter.Table(DatasetSizes.Table(card, hasScores: true)));
        if (card.Synthesis is { } synthesis)
        {
            html.Append("<details><summary>Settings and counts of the synthesis</summary>\n").Append(Html.Facts(Flat("", synthesis)));
            html.Append("</details>\n");
        }
        return html.ToString();
    }

    /// <summary>Draws how many samples have how many tokens, chunks and characters.</summary>
    internal static string Histograms(IReadOnlyList<IndexedSample> samples) => samples.Count < 2 ? "" :
        "<h2>Distributions</h2>\n<div class=\"figures\">\n"
            + Histogram("Context tokens", [.. samples.Select(s => (double)s.Tokens)])
            + Histogram("Chunks", [.. samples.Select(s => (double)s.Chunks)])
            + Histogram("Characters of the chosen response", [.. samples.Select(s => (double)s.ChosenCharacters)])
            + "</div>\n";

    static string Histogram(string title, double[] values)
    {
        double low = values.Min(), high = values.Max();
        if (low == high)
        {
            return $"<figure>\n<figcaption>{Html.Escape(title)}</figcaption>\n{Html.Note($"{Number(low)} in every sample.")}</figure>\n";
        }
        int[] counts = new int[Bins];
        foreach (double value in values)
        {
            counts[Math.Min(Bins - 1, (int)(Bins * (value - low) / (high - low)))]++;
        }
        double bar = (Width - 2.0 * Left) / Bins, most = counts.Max();
        double peak = Edge(Array.IndexOf(counts, counts.Max()) + 0.5);
        string label = $"{title}: {Number(low)} to {Number(high)}, most often near {Number(peak)}";
        StringBuilder svg = new();
        svg.Append(CultureInfo.InvariantCulture, $"<svg class=\"lines bars s1\" viewBox=\"0 0 {Width} {Height}\" ");
        svg.Append(CultureInfo.InvariantCulture, $"width=\"{Width}\" height=\"{Height}\" ");
        svg.Append($"role=\"img\" aria-label=\"{Html.Escape(label)}\">\n<title>{Html.Escape(label)}</title>\n");
        for (int i = 0; i < Bins; i++)
        {
            double height = (Height - Top - Bottom) * counts[i] / most;
            svg.Append(CultureInfo.InvariantCulture, $"<rect x=\"{Left + i * bar + 1:0.#}\" y=\"{Height - Bottom - height:0.#}\" ");
            svg.Append(CultureInfo.InvariantCulture, $"width=\"{bar - 2:0.#}\" height=\"{height:0.#}\"><title>");
            svg.Append($"{Number(Edge(i))} to {Number(Edge(i + 1))}: {Number(counts[i])} samples</title></rect>\n");
        }
        svg.Append(CultureInfo.InvariantCulture, $"<line class=\"base\" x1=\"{Left}\" x2=\"{Width - Left}\" ");
        svg.Append(CultureInfo.InvariantCulture, $"y1=\"{Height - Bottom}\" y2=\"{Height - Bottom}\"/>");
        svg.Append(CultureInfo.InvariantCulture, $"<text x=\"{Left}\" y=\"13\">up to {counts.Max()} samples per bar</text>");
        svg.Append(CultureInfo.InvariantCulture, $"<text x=\"{Left}\" y=\"{Height - 12}\">{Number(low)}</text>");
        svg.Append(CultureInfo.InvariantCulture, $"<text class=\"end\" x=\"{Width - Left}\" y=\"{Height - 12}\">{Number(high)}</text>");
        svg.Append("</svg>\n");
        return $"<figure>\n<figcaption>{Html.Escape(title)}</figcaption>\n{svg}</figure>\n";

        double Edge(double bin) => low + bin * (high - low) / Bins;
    }

    static IEnumerable<(string, string)> Flat(string path, JsonNode? node) => node switch
    {
        JsonObject o => o.SelectMany(p => Flat(path.Length == 0 ? p.Key : $"{path}.{p.Key}", p.Value)),
        _ => [(path, node?.ToString() ?? "none")],
    };

    static string Number(double value) => value.ToString("#,0.#", CultureInfo.InvariantCulture);
}
