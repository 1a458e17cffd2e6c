using System.Text;
using Farsight.Engine;
using Farsight.Engine.Files;

namespace Farsight.Evaluation.Report;

/// <summary>Writes a report as one HTML file that opens from disk: no scripts, no other files, drawings as SVG.</summary>
/// <remarks>The same model gives the same bytes. Every string of the model is escaped.</remarks>
public static class ReportWriter
{
    // More tasks than these are folded.
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

    /// <summary>Checks that writing a report replaces nothing but an earlier report about the same subject.</summary>
    /// <param name="path">The page, ending in ".html"; the files of the same name beside it belong to it.</param>
    /// <param name="subject">The subject of the report to write.</param>
    /// <param name="beside">Endings of the files beside the page that the report has: ".md".</param>
    /// <exception cref="InputException">One of the files belongs to something else.</exception>
    public static void RequireOwn(string path, string subject, params IReadOnlyList<string> beside)
    {
        if (Directory.Exists(path))
        {
            throw new InputException($"{path} is a folder; name a file that ends in .html.");
        }
        bool isOwn = File.Exists(path) && RegularFile.ReadLines(path).Take(ReportPage.HeadLines).Contains(ReportPage.SubjectLine(subject));
        string? other = new[] { path }.Concat(beside.Select(e => Path.ChangeExtension(path, e))).FirstOrDefault(Path.Exists);
        if (!isOwn && other is not null)
        {
            throw new InputException(
                $"{other} exists and is not a report about the same runs; choose another file name, or remove it.");
        }
    }

    /// <summary>Gets the style sheet of reports, for pages that show parts of them.</summary>
    public static string Style => ReportStyle.Css;

    /// <summary>Returns the whole page.</summary>
    public static string Html(ReportModel model)
    {
        (ReportPage page, string head) = Parts(model);
        return page.Whole(model.Title, model.Lead, model.Subject, head);
    }

    /// <summary>Returns what a page shows below its heading, for another page that includes it.</summary>
    public static string Body(ReportModel model)
    {
        (ReportPage page, string head) = Parts(model);
        return page.Body(head);
    }

    /// <summary>Returns a table for another page that includes it.</summary>
    public static string Table(ReportTable table)
    {
        StringBuilder html = new();
        TableHtml.Append(html, table);
        return html.ToString();
    }

    /// <summary>Writes the sections of a page, and what comes before them.</summary>
    static (ReportPage Page, string Head) Parts(ReportModel model)
    {
        string[] names = Names(model);
        ReportPage page = new();
        foreach (ReportSection section in model.Sections)
        {
            Section(page, section, names);
        }
        Tables(page, "All tasks", model.OverviewNote, model.Overview);
        Tables(page, "Differences", model.DifferencesNote, model.Differences);
        bool areOpen = model.Tasks.Count <= MostOpen;
        foreach (TaskSection task in model.Tasks)
        {
            Section(page, task, areOpen, names);
        }
        Heads(page, model.Heads);
        Charts(page, "Training", model.TrainingNote, model.Training, names);
        Samples(page, model.Samples);
        WorstHtml.Append(page, model.Worst);
        Settings(page, "Failed", model.Failures);
        Settings(page, "Not run", model.NotRun);
        Settings(page, "Settings", model.Settings);
        Provenances(page, model.Provenance);

        StringBuilder head = new();
        Headlines(head, model.Headlines);
        return (page, head.ToString());
    }

    // In the order of comparison, so that a variant has one color in all charts.
    static string[] Names(ReportModel model) =>
    [
        .. model.Provenance.Select(p => p.Variant)
            .Concat(model.Tasks.SelectMany(t => t.Maps.Select(m => m.Variant)))
            .Concat(
                model.Tasks.SelectMany(t => t.Charts).Concat(model.Sections.SelectMany(s => s.Charts)).Concat(model.Training)
                    .SelectMany(c => c.Series.Select(s => s.Name)))
            .Distinct(),
    ];

    static void Section(ReportPage page, ReportSection section, string[] names)
    {
        page.Begin(section.Title, section.Note, section.IsWarning ? "warning" : "");
        if (section.Facts.Count > 0)
        {
            List(page.Text, section.Facts);
        }
        foreach (ReportTable table in section.Tables)
        {
            TableHtml.Append(page.Text, table);
        }
        Figures(page.Text, section.Charts, names);
        Answers(page.Text, section.Samples);
        page.End();
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

    static void Tables(ReportPage page, string title, string note, IReadOnlyList<ReportTable> tables)
    {
        if (tables.Count == 0)
        {
            return;
        }
        page.Begin(title, note);
        foreach (ReportTable table in tables)
        {
            TableHtml.Append(page.Text, table);
        }
        page.End();
    }

    static void Heads(ReportPage page, IReadOnlyList<HeadMap> maps)
    {
        if (maps.Count == 0)
        {
            return;
        }
        page.Begin(
            "Heads",
            "The share of the needle that each attention head copied, over the runs in which the model found it. "
                + "Heads above 10 % are retrieval heads.");
        page.Text.Append("<div class=\"figures\">\n");
        foreach (HeadMap map in maps)
        {
            page.Text.Append($"<figure>\n<figcaption>{ReportText.Escape(map.Variant)}: {HeadMapSvg.Caption(map.Scores)}</figcaption>\n");
            page.Text.Append($"{HeadMapSvg.Draw(map)}</figure>\n");
        }
        page.Text.Append("</div>\n");
        page.End();
    }

    static void Section(ReportPage page, TaskSection section, bool isOpen, string[] names)
    {
        string rows = section.Maps.Any(m => m.Cells.Count > 0) ? " Rows of the maps are depths: 0 % before the text, 100 % after it." : "";
        page.BeginFolded(section.Title, section.Note + rows, isOpen);
        HeatMaps(page.Text, section.Maps);
        Figures(page.Text, section.Charts, names);
        foreach (ReportTable table in section.Tables)
        {
            TableHtml.Append(page.Text, table);
        }
        page.EndFolded();
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

    /// <summary>Returns a heat map as a table, for screen readers and for Markdown.</summary>
    internal static ReportTable Numbers(HeatMap map, int[] lengths, double[] depths) =>
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

    static void Charts(ReportPage page, string title, string note, IReadOnlyList<LineChart> charts, string[] names)
    {
        if (charts.Count == 0)
        {
            return;
        }
        page.Begin(title, note);
        Figures(page.Text, charts, names);
        page.End();
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
                page.Append($"<li class=\"s{LineChartSvg.Style(names, series)}\">");
                page.Append("<svg width=\"26\" height=\"8\" aria-hidden=\"true\"><polyline points=\"1,4 25,4\"/></svg>");
                page.Append($"<span>{ReportText.Escape(series.Name)}</span></li>\n");
            }
            page.Append($"</ul>\n{LineChartSvg.Draw(chart, names)}</figure>\n");
        }
        page.Append("</div>\n");
    }

    static void Samples(ReportPage page, IReadOnlyList<SampleAnswer> samples)
    {
        if (samples.Count > 0)
        {
            page.Begin("Sample answers", "The first example per depth at the longest context; none was selected by hand.");
            Answers(page.Text, samples);
            page.End();
        }
    }

    static void Answers(StringBuilder page, IReadOnlyList<SampleAnswer> samples)
    {
        if (samples.Count == 0)
        {
            return;
        }
        page.Append("<div class=\"samples\">\n");
        foreach (SampleAnswer sample in samples)
        {
            page.Append($"<article class=\"sample\">\n<h3>{ReportText.Escape(sample.Heading)}</h3>\n");
            page.Append($"<p class=\"question\">{ReportText.Escape(sample.Question)}</p>\n<dl>\n");
            page.Append($"<dt>{ReportText.Escape(sample.AnswerName)}</dt><dd>{ReportText.Escape(sample.Answer)}</dd>\n");
            foreach (VariantAnswer answer in sample.Completions)
            {
                string text = answer.Completion.Length > 0 ? ReportText.Escape(answer.Completion) : "<span class=\"none\">nothing</span>";
                string mark = answer.Score is { } score ? $"{Mark(score)} " : "";
                page.Append($"<dt>{ReportText.Escape(answer.Variant)}</dt><dd>{mark}{text}</dd>\n");
            }
            page.Append("</dl>\n</article>\n");
        }
        page.Append("</div>\n");
    }

    static string Mark(double score) => score switch
    {
        1 => "<span class=\"right\" role=\"img\" aria-label=\"right\">✓</span>",
        0 => "<span class=\"wrong\" role=\"img\" aria-label=\"wrong\">✗</span>",
        _ => $"<span class=\"part\">{ReportText.Percent(score)} %</span>",
    };

    static void Settings(ReportPage page, string title, IReadOnlyList<Setting> settings)
    {
        if (settings.Count > 0)
        {
            page.Begin(title);
            List(page.Text, settings);
            page.End();
        }
    }

    static void Provenances(ReportPage page, IReadOnlyList<Provenance> all)
    {
        if (all.Count == 0)
        {
            return;
        }
        page.Begin("Provenance");
        page.Text.Append("<div class=\"samples\">\n");
        foreach (Provenance provenance in all)
        {
            page.Text.Append($"<article class=\"sample\">\n<h3>{ReportText.Escape(provenance.Variant)}</h3>\n");
            List(page.Text, provenance.Facts);
            page.Text.Append("</article>\n");
        }
        page.Text.Append("</div>\n");
        page.End();
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
