using System.Text;
using Farsight.Engine.Checkpoints;

namespace Farsight.Alignment.Evaluation.Report;

/// <summary>Writes a report as one HTML file that opens from disk: no scripts, no other files, drawings as SVG.</summary>
/// <remarks>The same model gives the same bytes. Every string of the model is escaped.</remarks>
public static class ReportWriter
{
    /// <summary>Writes the file, whole or not at all.</summary>
    /// <exception cref="IOException">It could not be written.</exception>
    public static void Write(string path, ReportModel model) => AtomicFile.WriteText(path, Html(model));

    /// <summary>The whole page.</summary>
    public static string Html(ReportModel model)
    {
        string title = ReportText.Escape(model.Title);
        string[] names = Names(model);
        StringBuilder page = new();
        page.Append("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n");
        page.Append("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n");
        page.Append($"<title>{title}</title>\n<style>\n{ReportStyle.Css}\n</style>\n</head>\n<body>\n<main>\n<header>\n<h1>{title}</h1>\n");
        page.Append($"<p class=\"lead\">{ReportText.Escape(model.Lead)}</p>\n</header>\n");

        Headlines(page, model.Headlines);
        foreach (HeatMapGroup group in model.HeatMaps)
        {
            HeatMaps(page, group);
        }
        Heads(page, model.Heads);
        Charts(page, "Perplexity", "Lower is better. Lines that stay flat or fall keep their sense of language as the context grows.", model.Perplexity, names);
        Charts(page, "Training", "Faint lines are single steps, bold ones a moving mean.", model.Training, names);
        Samples(page, model.Samples);
        Settings(page, model.Settings);
        return page.Append("</main>\n</body>\n</html>\n").Replace("\r\n", "\n").ToString();
    }

    static string[] Names(ReportModel model) =>
    [
        .. model.HeatMaps.SelectMany(g => g.Maps.Select(m => m.Variant))
            .Concat(model.Perplexity.Concat(model.Training).SelectMany(c => c.Series.Select(s => s.Name)))
            .Distinct(),
    ];

    static void Headlines(StringBuilder page, IReadOnlyList<Headline> headlines)
    {
        if (headlines.Count == 0)
        {
            return;
        }
        page.Append("<div class=\"headlines\">\n");
        foreach (Headline h in headlines)
        {
            page.Append($"<div><span class=\"value\">{ReportText.Escape(h.Value)}</span><span class=\"label\">{ReportText.Escape(h.Label)}</span>");
            page.Append($"<span class=\"small\">{ReportText.Escape(h.Note)}</span></div>\n");
        }
        page.Append("</div>\n");
    }

    static void HeatMaps(StringBuilder page, HeatMapGroup group)
    {
        HeatCell[] cells = [.. group.Maps.SelectMany(m => m.Cells)];
        int[] lengths = [.. cells.Select(c => c.Length).Distinct().Order()];
        double[] depths = [.. cells.Select(c => c.Depth).Distinct().Order()];

        string rows = cells.Length > 0 ? " Rows are depths: 0 % before the text, 100 % after it." : "";
        page.Append($"<section>\n<h2>{ReportText.Escape(group.Title)}</h2>\n<p class=\"note\">{ReportText.Escape(group.Note)}{rows}</p>\n");
        if (cells.Length > 0)
        {
            page.Append("<div class=\"figures\">\n");
            foreach (HeatMap map in group.Maps)
            {
                page.Append($"<figure>\n<figcaption>{ReportText.Escape(map.Variant)}</figcaption>\n{HeatMapSvg.Draw(map, lengths, depths)}</figure>\n");
            }
            page.Append("</div>\n<p class=\"scale\"><span>0 %</span><i></i><span>100 %</span></p>\n");
        }
        Table(page, group.Table);
        page.Append("</section>\n");
    }

    static void Heads(StringBuilder page, IReadOnlyList<HeadMap> maps)
    {
        if (maps.Count == 0)
        {
            return;
        }
        page.Append("<section>\n<h2>Heads</h2>\n<p class=\"note\">The share of the needle that each attention head copied, over the runs in which the model found it. Heads above 10 % are retrieval heads.</p>\n<div class=\"figures\">\n");
        foreach (HeadMap map in maps)
        {
            page.Append($"<figure>\n<figcaption>{ReportText.Escape(map.Variant)}: {HeadMapSvg.Caption(map.Scores)}</figcaption>\n{HeadMapSvg.Draw(map)}</figure>\n");
        }
        page.Append("</div>\n</section>\n");
    }

    static void Table(StringBuilder page, ReportTable table)
    {
        page.Append("<div class=\"scroll\"><table>\n<thead><tr>");
        page.AppendJoin("", table.Columns.Select(c => $"<th scope=\"col\">{ReportText.Escape(c)}</th>"));
        page.Append("</tr></thead>\n<tbody>\n");
        foreach (IReadOnlyList<TableCell> row in table.Rows)
        {
            page.Append($"<tr><th scope=\"row\">{ReportText.Escape(row[0].Text)}</th>");
            page.AppendJoin("", row.Skip(1).Select(Cell)).Append("</tr>\n");
        }
        page.Append("</tbody>\n</table></div>\n");

        static string Cell(TableCell cell)
        {
            string text = ReportText.Escape(cell.Text), note = cell.Note.Length > 0 ? $"<small>{ReportText.Escape(cell.Note)}</small>" : "";
            return $"<td>{(cell.Strong ? $"<strong>{text}</strong>" : text)}{note}</td>";
        }
    }

    static void Charts(StringBuilder page, string title, string note, IReadOnlyList<LineChart> charts, string[] names)
    {
        if (charts.Count == 0)
        {
            return;
        }
        page.Append($"<section>\n<h2>{title}</h2>\n<p class=\"note\">{note}</p>\n<div class=\"figures\">\n");
        foreach (LineChart chart in charts)
        {
            page.Append($"<figure>\n<figcaption>{ReportText.Escape(chart.Title)}</figcaption>\n<ul class=\"legend\">\n");
            foreach (ChartSeries series in chart.Series)
            {
                page.Append($"<li class=\"s{LineChartSvg.Index(names, series.Name)}\"><svg width=\"26\" height=\"8\" aria-hidden=\"true\"><polyline points=\"1,4 25,4\"/></svg><span>{ReportText.Escape(series.Name)}</span></li>\n");
            }
            page.Append($"</ul>\n{LineChartSvg.Draw(chart, names)}</figure>\n");
        }
        page.Append("</div>\n</section>\n");
    }

    static void Samples(StringBuilder page, IReadOnlyList<SampleAnswer> samples)
    {
        if (samples.Count == 0)
        {
            return;
        }
        page.Append("<section>\n<h2>What they answered</h2>\n<p class=\"note\">The first example of each depth at the longest context; none was picked by hand.</p>\n<div class=\"samples\">\n");
        foreach (SampleAnswer sample in samples)
        {
            page.Append($"<article class=\"sample\">\n<h3>{ReportText.Escape(sample.Heading)}</h3>\n<p class=\"question\">{ReportText.Escape(sample.Question)}</p>\n<dl>\n");
            page.Append($"<dt>right answer</dt><dd>{ReportText.Escape(sample.Answer)}</dd>\n");
            foreach (VariantAnswer answer in sample.Completions)
            {
                string text = answer.Completion.Length > 0 ? ReportText.Escape(answer.Completion) : "<span class=\"none\">nothing</span>";
                page.Append($"<dt>{ReportText.Escape(answer.Variant)}</dt><dd>{Mark(answer.Score)} {text}</dd>\n");
            }
            page.Append("</dl>\n</article>\n");
        }
        page.Append("</div>\n</section>\n");
    }

    static string Mark(double score) => score switch
    {
        1 => "<span class=\"right\" role=\"img\" aria-label=\"right\">✓</span>",
        0 => "<span class=\"wrong\" role=\"img\" aria-label=\"wrong\">✗</span>",
        _ => $"<span class=\"part\">{ReportText.Percent(score)} %</span>",
    };

    static void Settings(StringBuilder page, IReadOnlyList<Setting> settings)
    {
        if (settings.Count == 0)
        {
            return;
        }
        page.Append("<section>\n<h2>Settings</h2>\n<dl>\n");
        foreach (Setting setting in settings)
        {
            page.Append($"<dt>{ReportText.Escape(setting.Name)}</dt><dd>{ReportText.Escape(setting.Value)}</dd>\n");
        }
        page.Append("</dl>\n</section>\n");
    }
}
