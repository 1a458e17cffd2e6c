using System.Globalization;
using System.Text;
using Farsight.Engine.Models;
using Farsight.Evaluation.Core;

namespace Farsight.Evaluation.Report;

/// <summary>
/// Draws a <see cref="HeadMap"/>: heads from left to right, layers from top to bottom, blue for a head that copies the whole needle.
/// </summary>
static class HeadMapSvg
{
    const int Left = 46, Top = 6, Bottom = 44, Room = 430, MostRows = 640;

    // Both ends are light enough for dark figures at a contrast above 4.5 : 1.
    static readonly (double R, double G, double B) s_none = (238, 240, 242), s_all = (96, 160, 225);

    /// <summary>Returns a caption such as "mean of the ten best 42 %, 5 of 24 heads are retrieval heads, 36 runs".</summary>
    internal static string Caption(HeadScores scores) =>
        string.Create(
            CultureInfo.InvariantCulture,
            $"mean of the ten best {ReportText.Percent(scores.Retrieval)} %, {scores.RetrievalHeads.Count} of {scores.Ranking.Count} "
                + $"are retrieval heads, {scores.Runs} {(scores.Runs == 1 ? "run" : "runs")}");

    internal static string Draw(HeadMap map)
    {
        HeadScores scores = map.Scores;
        int cell = Math.Clamp(Room / scores.Heads, 8, 72), row = Math.Clamp(MostRows / scores.Layers, 8, 32);
        int width = Left + cell * scores.Heads + 4, height = Top + row * scores.Layers + Bottom;
        string label = $"{map.Variant}: retrieval score in percent by layer and head";

        StringBuilder svg = new();
        svg.Append($"<svg class=\"heat\" viewBox=\"0 0 {width} {height}\" width=\"{width}\" height=\"{height}\" role=\"img\" ");
        svg.Append($"aria-label=\"{ReportText.Escape(label)}\">\n");
        svg.Append($"<title>{ReportText.Escape(label)}</title>\n");
        foreach ((AttentionHead head, double score) in scores.Ranking.OrderBy(r => r.Head.Layer).ThenBy(r => r.Head.Head))
        {
            Cell(svg, head, score, Left + cell * head.Head, Top + row * head.Layer, cell, row);
        }
        Axes(svg, scores, cell, row);
        return svg.Append("</svg>\n").ToString();
    }

    static void Cell(StringBuilder svg, AttentionHead head, double score, int x, int y, int width, int height)
    {
        string percent = ReportText.Percent(score);
        svg.Append($"<g><title>layer {head.Layer}, head {head.Head}: {percent} %</title>");
        svg.Append($"<rect x=\"{x + 1}\" y=\"{y + 1}\" width=\"{width - 2}\" height=\"{height - 2}\" ");
        svg.Append($"rx=\"{Math.Min(4, width / 6)}\" fill=\"{Color(score)}\"/>");
        if (width >= 28 && height >= 20)
        {
            svg.Append($"<text class=\"cell\" x=\"{x + width / 2}\" y=\"{y + height / 2 + 5}\">{percent}</text>");
        }
        svg.Append("</g>\n");
    }

    static void Axes(StringBuilder svg, HeadScores scores, int cell, int row)
    {
        int everyLayer = (16 + row - 1) / row, everyHead = (28 + cell - 1) / cell, bottom = Top + row * scores.Layers;
        for (int layer = 0; layer < scores.Layers; layer += everyLayer)
        {
            svg.Append($"<text class=\"tick end\" x=\"{Left - 6}\" y=\"{Top + row * layer + row / 2 + 4}\">{layer}</text>\n");
        }
        for (int head = 0; head < scores.Heads; head += everyHead)
        {
            svg.Append($"<text class=\"tick mid\" x=\"{Left + cell * head + cell / 2}\" y=\"{bottom + 17}\">{head}</text>\n");
        }
        svg.Append($"<text class=\"axis mid\" x=\"{Left + cell * scores.Heads / 2}\" y=\"{bottom + 37}\">");
        svg.Append("head (rows: layers, first on top)</text>\n");
    }

    static string Color(double score)
    {
        double t = Math.Clamp(score, 0, 1);
        return $"#{Mix(s_none.R, s_all.R):x2}{Mix(s_none.G, s_all.G):x2}{Mix(s_none.B, s_all.B):x2}";

        int Mix(double a, double b) => (int)Math.Round(a + (b - a) * t);
    }
}
