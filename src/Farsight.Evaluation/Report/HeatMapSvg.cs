using System.Text;

namespace Farsight.Evaluation.Report;

/// <summary>Draws a <see cref="HeatMap"/>: lengths from left to right, depths from top to bottom, light green for 1 to red for 0.</summary>
static class HeatMapSvg
{
    const int Left = 46, Top = 6, Bottom = 44, RowHeight = 32, Room = 430;

    // Both ends and the middle are light enough for dark figures at a contrast above 4.5 : 1.
    static readonly (double R, double G, double B) s_bad = (233, 122, 108), s_middle = (246, 217, 122), s_good = (158, 220, 156);

    internal static string Draw(HeatMap map, IReadOnlyList<int> lengths, IReadOnlyList<double> depths)
    {
        int cell = Math.Clamp(Room / lengths.Count, 8, 72), width = Left + cell * lengths.Count + 4;
        int height = Top + RowHeight * depths.Count + Bottom;
        string label = $"{map.Variant}: score in percent by context length and needle depth";

        StringBuilder svg = new();
        svg.Append($"<svg class=\"heat\" viewBox=\"0 0 {width} {height}\" width=\"{width}\" height=\"{height}\" role=\"img\" ");
        svg.Append($"aria-label=\"{ReportText.Escape(label)}\">\n");
        svg.Append($"<title>{ReportText.Escape(label)}</title>\n");
        foreach (HeatCell c in map.Cells)
        {
            Cell(svg, c, Left + cell * IndexOf(lengths, c.Length), Top + RowHeight * IndexOf(depths, c.Depth), cell);
        }
        DepthAxis(svg, depths);
        LengthAxis(svg, lengths, cell, Top + RowHeight * depths.Count);
        return svg.Append("</svg>\n").ToString();
    }

    static void Cell(StringBuilder svg, HeatCell cell, int x, int y, int width)
    {
        string percent = ReportText.Percent(cell.Score);
        svg.Append($"<g><title>{cell.Length} tokens, depth {ReportText.Percent(cell.Depth)} %: {percent} % of {cell.N}</title>");
        svg.Append($"<rect x=\"{x + 1}\" y=\"{y + 1}\" width=\"{width - 2}\" height=\"{RowHeight - 2}\" ");
        svg.Append($"rx=\"{Math.Min(4, width / 6)}\" fill=\"{Color(cell.Score)}\"/>");
        if (width >= 28)
        {
            svg.Append($"<text class=\"cell\" x=\"{x + width / 2}\" y=\"{y + RowHeight / 2 + 5}\">{percent}</text>");
        }
        svg.Append("</g>\n");
    }

    static void DepthAxis(StringBuilder svg, IReadOnlyList<double> depths)
    {
        for (int i = 0; i < depths.Count; i++)
        {
            int y = Top + RowHeight * i + RowHeight / 2 + 4;
            svg.Append($"<text class=\"tick end\" x=\"{Left - 6}\" y=\"{y}\">{ReportText.Percent(depths[i])} %</text>\n");
        }
    }

    static void LengthAxis(StringBuilder svg, IReadOnlyList<int> lengths, int cell, int y)
    {
        int every = (34 + cell - 1) / cell; // a label needs some 34 units
        for (int i = 0; i < lengths.Count; i += every)
        {
            svg.Append(
                $"<text class=\"tick mid\" x=\"{Left + cell * i + cell / 2}\" y=\"{y + 17}\">{ReportText.Tokens(lengths[i])}</text>\n");
        }
        svg.Append($"<text class=\"axis mid\" x=\"{Left + cell * lengths.Count / 2}\" y=\"{y + 37}\">context length (tokens)</text>\n");
    }

    /// <summary>Mixes red, yellow and light green in equal parts.</summary>
    internal static string Color(double score)
    {
        double t = Math.Clamp(score, 0, 1) * 2;
        (double R, double G, double B) from = t < 1 ? s_bad : s_middle, to = t < 1 ? s_middle : s_good;
        double f = t < 1 ? t : t - 1;
        return $"#{Mix(from.R, to.R):x2}{Mix(from.G, to.G):x2}{Mix(from.B, to.B):x2}";

        int Mix(double a, double b) => (int)Math.Round(a + (b - a) * f);
    }

    static int IndexOf<T>(IReadOnlyList<T> items, T item) where T : struct
    {
        for (int i = 0; i < items.Count; i++)
        {
            if (items[i].Equals(item))
            {
                return i;
            }
        }
        throw new ArgumentException($"{item} is not on the axis.", nameof(item));
    }
}
