using System.Globalization;
using System.Text;
using Farsight.Engine.Files;

namespace Farsight.Evaluation.Report;

/// <summary>Writes a report as one HTML file that opens from disk: no scripts, no other files, drawings as SVG.</summary>
/// <remarks>The same model gives the same bytes. Every string of the model is escaped.</remarks>
public static class ReportWriter
{
    // More tasks than these are folded, with a list of them on top.
    const int MostOpen = 6;

    /// <summary>Writes the page, and the same in Markdown beside it; each as a whole or not at all.</summary>
    /// <param name="path">The page, ending in ".html".</param>
    /// <param name="model">The content of the page.</param>
    /// <exception cref="IOException">The page could not be written.</exception>
    public static void Write(string path, ReportModel model)
    {
        AtomicFile.WriteText(path, Html(model));
        AtomicFile.WriteText(Path.ChangeExtension(path, ".md"), ReportMarkdown.Of(model));
    }

    /// <summary>Returns the whole page.</summary>
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
        Contents(page, model);
        Tables(page, "All tasks", model.OverviewNote, model.Overview);
        Tables(page, "Differences", model.DifferencesNote, model.Differences);
        bool areOpen = model.Tasks.Count <= MostOpen;
        for (int i = 0; i < model.Tasks.Count; i++)
        {
            Section(page, model.Tasks[i], Anchor(i), areOpen, names);
        }
        Heads(page, model.Heads);
        Charts(page, "Training", model.TrainingNote, model.Training, names);
        Samples(page, model.Samples);
        WorstHtml.Append(page, model.Worst);
        Settings(page, "Failed", model.Failures);
        Settings(page, "Not run", model.NotRun);
        Settings(page, "Settings", model.Settings);
        Provenances(page, model.Provenance);
        return page.Append("</main>\n</body>\n</html>\n").Replace("\r\n", "\n").ToString();
    }

    // In the order of comparison, so that a variant has one color in all charts.
    static string[] Names(ReportModel model) =>
    [
        .. model.Provenance.Select(p => p.Variant)
            .Concat(model.Tasks.SelectMany(t => t.Maps.Select(m => m.Variant)))
            .Concat(model.Tasks.SelectMany(t => t.Charts).Concat(model.Training).SelectMany(c => c.Series.Select(s => s.Name)))
            .Distinct(),
    ];

    static string Anchor(int task) => string.Create(CultureInfo.InvariantCulture, $"task-{task + 1}");

    static void Contents(StringBuilder page, ReportModel model)
    {
        if (model.Tasks.Count <= MostOpen)
        {
            return;
        }
        page.Append("<nav aria-label=\"Tasks\">\n<ul>\n");
        page.AppendJoin("", model.Tasks.Select((t, i) => $"<li><a href=\"#{Anchor(i)}\">{ReportText.Escape(t.Title)}</a></li>\n"))
            .Append("</ul>\n</nav>\n");
    }

    static void Headlines(StringBuilder page, IReadOnlyList<Headline> headlines)
    {
        if (headlines.Count == 0)
        {
            return;
        }
        page.Append("<div class=\"headlines\">\n");
        foreach (Headline h in headlines)
        {
            page.Append(
                $"<div><span class=\"value\">{ReportText.Escape(h.Value)}</span><span class=\"label\">{ReportText.Escape(h.Label)}</span>");
            page.Append($"<span class=\"small\">{ReportText.Escape(h.Note)}</span></div>\n");
        }
        page.Append("</div>\n");
    }

    static void Tables(StringBuilder page, string title, string note, IReadOnlyList<ReportTable> tables)
    {
        if (tables.Count == 0)
        {
            return;
        }
        page.Append($"<section>\n<h2>{title}</h2>\n<p class=\"note\">{ReportText.Escape(note)}</p>\n");
        foreach (ReportTable table in tables)
        {
            TableHtml.Append(page, table);
        }
        page.Append("</section>\n");
    }

    static void Heads(StringBuilder page, IReadOnlyList<HeadMap> maps)
    {
        if (maps.Count == 0)
        {
            return;
        }
        page.Append(
            "<section>\n<h2>Heads</h2>\n<p class=\"note\">The share of the needle that each attention head copied, over the runs "
            + "in which the model found it. Heads above 10 % are retrieval heads.</p>\n<div class=\"figures\">\n");
        foreach (HeadMap map in maps)
        {
            page.Append($"<figure>\n<figcaption>{ReportText.Escape(map.Variant)}: {HeadMapSvg.Caption(map.Scores)}</figcaption>\n");
            page.Append($"{HeadMapSvg.Draw(map)}</figure>\n");
        }
        page.Append("</div>\n</section>\n");
    }

    static void Section(StringBuilder page, TaskSection section, string anchor, bool isOpen, string[] names)
    {
        page.Append($"<section>\n<details class=\"task\" id=\"{anchor}\"{(isOpen ? " open" : "")}>\n");
        page.Append($"<summary><h2>{ReportText.Escape(section.Title)}</h2></summary>\n");
        string rows = section.Maps.Any(m => m.Cells.Count > 0) ? " Rows of the maps are depths: 0 % before the text, 100 % after it." : "";
        page.Append($"<p class=\"note\">{ReportText.Escape(section.Note)}{rows}</p>\n");
        HeatMaps(page, section.Maps);
        Figures(page, section.Charts, names);
        foreach (ReportTable table in section.Tables)
        {
            TableHtml.Append(page, table);
        }
        page.Append("</details>\n</section>\n");
    }

    static void HeatMaps(StringBuilder page, IReadOnlyList<HeatMap> maps)
    {
        HeatCell[] cells = [.. maps.SelectMany(m => m.Cells)];
        if (cells.Length == 0)
        {
            return;
        }
        int[] lengths = [.. cells.Select(c => c.Length).Distinct().Order()];
        double[] depths = [.. cells.Select(c => c.Depth).Distinct().Order()];
        page.Append("<div class=\"figures\">\n");
        foreach (HeatMap map in maps)
        {
            page.Append($"<figure>\n<figcaption>{ReportText.Escape(map.Variant)}</figcaption>\n{HeatMapSvg.Draw(map, lengths, depths)}");
            page.Append("<details class=\"numbers\"><summary>as a table</summary>\n");
            TableHtml.Append(page, Numbers(map, lengths, depths));
            page.Append("</details>\n</figure>\n");
        }
        page.Append("</div>\n<p class=\"scale\"><span>0 %</span><i></i><span>100 %</span></p>\n");
    }

    /// <summary>Returns a heat map as a table, for screen readers.</summary>
    static ReportTable Numbers(HeatMap map, int[] lengths, double[] depths) =>
        new(
            ["Depth", .. lengths.Select(l => ReportText.Tokens(l))],
            [
                .. depths.Select(d =>
                    (IReadOnlyList<TableCell>)
                        [
                            new($"{ReportText.Percent(d)} %"),
                            .. lengths.Select(l => new TableCell(
                                map.Cells.Where(c => c.Length == l && c.Depth == d)
                                    .Select(c => ReportText.Percent(c.Score))
                                    .FirstOrDefault("–"))),
                        ]),
            ]);

    static void Charts(StringBuilder page, string title, string note, IReadOnlyList<LineChart> charts, string[] names)
    {
        if (charts.Count == 0)
        {
            return;
        }
        page.Append($"<section>\n<h2>{title}</h2>\n<p class=\"note\">{ReportText.Escape(note)}</p>\n");
        Figures(page, charts, names);
        page.Append("</section>\n");
    }

    static void Figures(StringBuilder page, IReadOnlyList<LineChart> charts, string[] names)
    {
        if (charts.Count == 0)
        {
            return;
        }
        page.Append("<div class=\"figures\">\n");
        foreach (LineChart chart in charts)
        {
            page.Append($"<figure>\n<figcaption>{ReportText.Escape(chart.Title)}</figcaption>\n<ul class=\"legend\">\n");
            foreach (ChartSeries series in chart.Series)
            {
                page.Append($"<li class=\"s{LineChartSvg.Index(names, series.Name)}\">");
                page.Append("<svg width=\"26\" height=\"8\" aria-hidden=\"true\"><polyline points=\"1,4 25,4\"/></svg>");
                page.Append($"<span>{ReportText.Escape(series.Name)}</span></li>\n");
            }
            page.Append($"</ul>\n{LineChartSvg.Draw(chart, names)}</figure>\n");
        }
        page.Append("</div>\n");
    }

    static void Samples(StringBuilder page, IReadOnlyList<SampleAnswer> samples)
    {
        if (samples.Count == 0)
        {
            return;
        }
        page.Append(
            "<section>\n<h2>Sample answers</h2>\n"
            + "<p class=\"note\">The first example per depth at the longest context; none was selected by hand.</p>\n"
            + "<div class=\"samples\">\n");
        foreach (SampleAnswer sample in samples)
        {
            page.Append($"<article class=\"sample\">\n<h3>{ReportText.Escape(sample.Heading)}</h3>\n");
            page.Append($"<p class=\"question\">{ReportText.Escape(sample.Question)}</p>\n<dl>\n");
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

    static void Settings(StringBuilder page, string title, IReadOnlyList<Setting> settings)
    {
        if (settings.Count > 0)
        {
            page.Append($"<section>\n<h2>{title}</h2>\n");
            List(page, settings);
            page.Append("</section>\n");
        }
    }

    static void Provenances(StringBuilder page, IReadOnlyList<Provenance> all)
    {
        if (all.Count == 0)
        {
            return;
        }
        page.Append("<section>\n<h2>Provenance</h2>\n<div class=\"samples\">\n");
        foreach (Provenance provenance in all)
        {
            page.Append($"<article class=\"sample\">\n<h3>{ReportText.Escape(provenance.Variant)}</h3>\n");
            List(page, provenance.Facts);
            page.Append("</article>\n");
        }
        page.Append("</div>\n</section>\n");
    }

    static void List(StringBuilder page, IReadOnlyList<Setting> settings)
    {
        page.Append("<dl>\n");
        foreach (Setting setting in settings)
        {
            page.Append($"<dt>{ReportText.Escape(setting.Name)}</dt><dd>{ReportText.Escape(setting.Value)}</dd>\n");
        }
        page.Append("</dl>\n");
    }
}
