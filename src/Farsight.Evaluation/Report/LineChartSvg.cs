using System.Text;

namespace Farsight.Evaluation.Report;

/// <summary>Draws a <see cref="LineChart"/>. Long series are drawn faintly, with a bold moving mean.</summary>
static class LineChartSvg
{
    const int Width = 520, Height = 290, Left = 58, Right = 14, Top = 26, Bottom = 46;
    const int MostMarked = 24, MostUnsmoothed = 60;

    internal static string Draw(LineChart chart, IReadOnlyList<string> names)
    {
        ChartPoint[] all = [.. chart.Series.SelectMany(s => s.Points)];
        Axis x = new(all.Select(p => p.X), chart.LogX, Left, Width - Right, round: false);
        Axis y = new(
            chart.Series.SelectMany(s => Extent([.. s.Points], chart.Smoothing)).Concat(chart.MustShow),
            chart.LogY,
            Height - Bottom,
            Top,
            round: true);
        string label = $"{chart.Title}: {chart.YLabel} by {chart.XLabel}, for {string.Join(", ", chart.Series.Select(s => s.Name))}";

        StringBuilder svg = new();
        svg.Append($"<svg class=\"lines\" viewBox=\"0 0 {Width} {Height}\" width=\"{Width}\" height=\"{Height}\" role=\"img\" ");
        svg.Append($"aria-label=\"{ReportText.Escape(label)}\">\n");
        svg.Append($"<title>{ReportText.Escape(label)}</title>\n");
        VerticalAxis(svg, y, chart.YLabel);
        HorizontalAxis(svg, x, chart.LogX ? XTicks(all, x) : x.Ticks(), chart);
        if (chart.Chance is { } chance)
        {
            string at = ReportText.Number(y.At(chance));
            svg.Append($"<line class=\"chance\" x1=\"{Left}\" x2=\"{Width - Right}\" y1=\"{at}\" y2=\"{at}\"/>");
            svg.Append($"<text class=\"tick end\" x=\"{Width - Right}\" y=\"{ReportText.Number(y.At(chance) - 5)}\">chance</text>\n");
        }
        for (int i = 0; i < chart.Series.Count; i++)
        {
            Line(svg, chart.Series[i], Style(names, chart.Series[i]), Shift(chart, i), x, y, chart);
        }
        Marks(svg, chart.Marks, x);
        return svg.Append("</svg>\n").ToString();
    }

    /// <summary>Returns the color and dashes of a series: its own, or those of its name's place in the report.</summary>
    internal static int Style(IReadOnlyList<string> names, ChartSeries series) =>
        series.Style ?? Math.Max(0, names.ToList().IndexOf(series.Name)) % 8;

    /// <summary>Draws the vertical lines. One that is too close to the one before it has no label.</summary>
    static void Marks(StringBuilder svg, IReadOnlyList<ChartMark> marks, Axis x)
    {
        double labeled = double.NegativeInfinity;
        foreach (ChartMark mark in marks.OrderBy(m => m.X))
        {
            double at = x.At(mark.X);
            string place = ReportText.Number(at);
            svg.Append($"<line class=\"mark\" x1=\"{place}\" x2=\"{place}\" y1=\"{Top}\" y2=\"{Height - Bottom}\">");
            svg.Append($"<title>{ReportText.Escape(mark.Label)}: {ReportText.Number(mark.X)}</title></line>");
            if (at - labeled >= 60)
            {
                bool isRight = at > Width - 80;
                svg.Append($"<text class=\"mark{(isRight ? " end" : "")}\" x=\"{ReportText.Number(at + (isRight ? -4 : 4))}\" ");
                svg.Append($"y=\"{Top + 10}\">{ReportText.Escape(mark.Label)}</text>\n");
                labeled = at;
            }
        }
    }

    static void VerticalAxis(StringBuilder svg, Axis y, string label)
    {
        foreach (double tick in y.Ticks())
        {
            string at = ReportText.Number(y.At(tick));
            svg.Append($"<line class=\"grid\" x1=\"{Left}\" x2=\"{Width - Right}\" y1=\"{at}\" y2=\"{at}\"/>");
            svg.Append(
                $"<text class=\"tick end\" x=\"{Left - 8}\" y=\"{ReportText.Number(y.At(tick) + 4)}\">{ReportText.Number(tick)}</text>\n");
        }
        svg.Append($"<text class=\"axis\" x=\"4\" y=\"13\">{ReportText.Escape(label)}</text>\n");
    }

    static void HorizontalAxis(StringBuilder svg, Axis x, double[] ticks, LineChart chart)
    {
        svg.Append($"<line class=\"base\" x1=\"{Left}\" x2=\"{Width - Right}\" y1=\"{Height - Bottom}\" y2=\"{Height - Bottom}\"/>\n");
        foreach (double tick in ticks)
        {
            string text = chart.LogX ? ReportText.Tokens(tick) : ReportText.Number(tick);
            svg.Append($"<text class=\"tick mid\" x=\"{ReportText.Number(x.At(tick))}\" y=\"{Height - Bottom + 18}\">{text}</text>\n");
        }
        svg.Append(
            $"<text class=\"axis mid\" x=\"{(Left + Width - Right) / 2}\" y=\"{Height - 8}\">{ReportText.Escape(chart.XLabel)}</text>\n");
    }

    static double[] XTicks(ChartPoint[] points, Axis x)
    {
        List<double> ticks = [];
        foreach (double value in points.Select(p => p.X).Distinct().Order())
        {
            if (ticks.Count == 0 || x.At(value) - x.At(ticks[^1]) >= 36) // closer labels would touch
            {
                ticks.Add(value);
            }
        }
        return [.. ticks];
    }

    /// <summary>Returns the distance by which a series is moved to the side, so that the intervals of several series lie side by
    /// side.</summary>
    static double Shift(LineChart chart, int series)
    {
        const double Distance = 5;
        bool hasIntervals = !chart.Band && chart.Series.Any(s => s.Points.Any(p => p.Low is not null));
        return hasIntervals ? Distance * (series - (chart.Series.Count - 1) / 2.0) : 0;
    }

    static void Line(StringBuilder svg, ChartSeries series, int index, double shift, Axis x, Axis y, LineChart chart)
    {
        ChartPoint[] points = [.. series.Points.Where(p => double.IsFinite(p.Y) && (!chart.LogY || p.Y > 0))];
        string aside = shift == 0 ? "" : $" transform=\"translate({ReportText.Number(shift)} 0)\"";
        svg.Append($"<g class=\"s{index}\"{aside}><title>{ReportText.Escape(series.Name)}</title>\n");
        if (chart.Band)
        {
            Band(svg, points, x, y);
        }
        if (points.Length > MostUnsmoothed && chart.Smoothing > 0)
        {
            svg.Append($"<polyline class=\"raw\" points=\"{Path(Thinned(points), x, y)}\"/>\n");
            svg.Append($"<polyline points=\"{Path(Thinned(Smoothed(points, chart.Smoothing)), x, y)}\"/>\n");
        }
        else
        {
            svg.Append($"<polyline points=\"{Path(Thinned(points), x, y)}\"/>\n");
        }
        foreach (ChartPoint p in points.Length <= MostMarked && (!chart.Band || points.Length == 1) ? points : [])
        {
            Mark(svg, p, x, y);
        }
        svg.Append("</g>\n");
    }

    static void Band(StringBuilder svg, ChartPoint[] points, Axis x, Axis y)
    {
        ChartPoint[] all =
        [
            .. points.Where(p => p is { Low: double low, High: double high } && double.IsFinite(low) && double.IsFinite(high)),
        ];
        if (all.Length > 1)
        {
            string upper = Path(all.Select(p => p with { Y = p.High!.Value }), x, y);
            string lower = Path(all.Reverse().Select(p => p with { Y = p.Low!.Value }), x, y);
            svg.Append($"<polygon points=\"{upper} {lower}\"/>\n");
        }
    }

    static void Mark(StringBuilder svg, ChartPoint p, Axis x, Axis y)
    {
        string at = ReportText.Number(x.At(p.X));
        if (p is { Low: double low, High: double high } && double.IsFinite(low) && double.IsFinite(high))
        {
            string from = ReportText.Number(y.At(low)), to = ReportText.Number(y.At(high));
            svg.Append($"<line class=\"whisker\" x1=\"{at}\" x2=\"{at}\" y1=\"{from}\" y2=\"{to}\"/>");
        }
        svg.Append($"<circle cx=\"{at}\" cy=\"{ReportText.Number(y.At(p.Y))}\" r=\"3.5\">");
        svg.Append($"<title>{ReportText.Number(p.X)}: {ReportText.Number(p.Y)}</title></circle>\n");
    }

    static string Path(IEnumerable<ChartPoint> points, Axis x, Axis y) =>
        string.Join(
            ' ', points.Select(p => $"{ReportText.Number(x.At(p.X))},{ReportText.Number(Math.Clamp(y.At(p.Y), Top, Height - Bottom))}"));

    /// <summary>
    /// Yields the values that the vertical axis includes. Single steps of a long series may be far away from all others; the farthest
    /// ones end at the border, so that the mean stays readable.
    /// </summary>
    static IEnumerable<double> Extent(ChartPoint[] points, double smoothing)
    {
        const double Tail = 0.02;
        double[] sorted = [.. points.Select(p => p.Y).Where(double.IsFinite).Order()];
        if (sorted.Length <= MostUnsmoothed)
        {
            return points.SelectMany(p => (double[])[p.Y, p.Low ?? p.Y, p.High ?? p.Y]);
        }
        int tail = (int)(Tail * sorted.Length);
        return [sorted[tail], sorted[^(tail + 1)], .. Smoothed([.. points.Where(p => double.IsFinite(p.Y))], smoothing).Select(p => p.Y)];
    }

    /// <summary>Returns the mean over a share of the series to each side.</summary>
    static ChartPoint[] Smoothed(ChartPoint[] points, double share)
    {
        int half = Math.Max(2, (int)(points.Length * share));
        return
        [
            .. points.Select((p, i) =>
            {
                int from = Math.Max(0, i - half), to = Math.Min(points.Length, i + half + 1);
                return new ChartPoint(p.X, points[from..to].Average(q => q.Y));
            }),
        ];
    }

    // A screen has no more columns than this; the file stays small.
    static IEnumerable<ChartPoint> Thinned(ChartPoint[] points)
    {
        int every = Math.Max(1, points.Length / 500);
        return points.Where((_, i) => i % every == 0 || i == points.Length - 1);
    }
}
