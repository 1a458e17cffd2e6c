using System.Text;
using Farsight.Engine;

namespace Farsight.Evaluation.Report;

/// <summary>Writes a report in Markdown with GitHub's tables, without drawings.</summary>
static class ReportMarkdown
{
    internal static string Of(ReportModel model)
    {
        StringBuilder text = new();
        text.Append($"# {Inline(model.Title)}\n");
        Paragraph(text, model.Lead);
        Bullets(text, [.. model.Headlines.Select(h => new Setting(h.Label, $"{h.Value} ({h.Note})"))]);
        foreach (ReportSection section in model.Sections.Where(s => s.Facts.Count + s.Tables.Count + s.Samples.Count > 0))
        {
            text.Append($"\n## {Inline(section.Title)}\n");
            Paragraph(text, section.Note);
            Bullets(text, section.Facts);
            Tables(text, "", section.Tables);
            foreach (SampleAnswer sample in section.Samples)
            {
                text.Append($"\n### {Inline(sample.Heading)}\n");
                Fenced(
                    text,
                    [
                        new("question", sample.Question),
                        new(sample.AnswerName, sample.Answer),
                        .. sample.Completions.Select(c => new Setting(c.Variant, c.Completion.Length > 0 ? c.Completion : "(nothing)")),
                    ]);
            }
        }
        Tables(text, "All tasks", model.Overview);
        Tables(text, "Differences", model.Differences);
        foreach (TaskSection task in model.Tasks)
        {
            text.Append($"\n## {Inline(task.Title)}\n");
            Paragraph(text, task.Note);
            Tables(text, "", [.. Maps(task.Maps), .. task.Tables]);
        }
        Worst(text, model.Worst);
        Settings(text, "Failed", model.Failures);
        Settings(text, "Not run", model.NotRun);
        Settings(text, "Settings", model.Settings);
        foreach (Provenance provenance in model.Provenance)
        {
            Settings(text, $"Provenance of {provenance.Variant}", provenance.Facts);
        }
        return VisibleText.Of(text.Replace("\r\n", "\n").ToString());
    }

    /// <summary>Yields the heat maps as tables, in percent.</summary>
    static IEnumerable<ReportTable> Maps(IReadOnlyList<HeatMap> maps)
    {
        int[] lengths = [.. maps.SelectMany(m => m.Cells).Select(c => c.Length).Distinct().Order()];
        double[] depths = [.. maps.SelectMany(m => m.Cells).Select(c => c.Depth).Distinct().Order()];
        return maps.Where(m => m.Cells.Count > 0).Select(m => ReportWriter.Numbers(m, lengths, depths) with
        {
            Caption = $"{m.Variant}, percent by depth and context length",
        });
    }

    static void Paragraph(StringBuilder text, string words) => text.Append(words.Length > 0 ? $"\n{Inline(words)}\n" : "");

    static void Tables(StringBuilder text, string title, IReadOnlyList<ReportTable> tables)
    {
        text.Append(title.Length > 0 && tables.Count > 0 ? $"\n## {title}\n" : "");
        foreach (ReportTable table in tables)
        {
            text.Append(table.Caption.Length > 0 ? $"\n**{Inline(table.Caption)}**\n" : "").Append('\n');
            Row(text, table.Columns);
            Row(text, [.. table.Columns.Select((_, i) => i == 0 ? "---" : "--:")]);
            foreach (IReadOnlyList<TableCell> row in table.Rows)
            {
                Row(text, [.. row.Select(Cell)]);
            }
        }
    }

    static void Row(StringBuilder text, IReadOnlyList<string> cells) =>
        text.Append("| ").AppendJoin(" | ", cells.Select(Inline)).Append(" |\n");

    static string Cell(TableCell cell) => cell.Note.Length > 0 ? $"{cell.Text} ({cell.Note})" : cell.Text;

    static void Worst(StringBuilder text, IReadOnlyList<WorstAnswers> tasks)
    {
        text.Append(tasks.Count > 0 ? "\n## Worst answers\n" : "");
        foreach (WorstAnswers task in tasks)
        {
            text.Append($"\n### {Inline(task.Title)}\n\n{Inline(task.Note)}\n");
            foreach (WorstAnswer sample in task.Samples)
            {
                text.Append($"\n{Inline(sample.Summary)}\n");
                Fenced(
                    text,
                    [
                        new("question", sample.Question),
                        new("end of the prompt", sample.PromptEnd),
                        .. sample.References.Select(r => new Setting("right", r)),
                        .. sample.Answers.Select(a => a.Value.Length > 0 ? a : a with { Value = "(nothing)" }),
                    ]);
            }
        }
    }

    /// <summary>Quotes text of models and data unchanged: the fence is longer than any run of backticks in it.</summary>
    static void Fenced(StringBuilder text, IReadOnlyList<Setting> entries)
    {
        string body = string.Concat(entries.Where(e => e.Value.Length > 0).Select(e => $"[{e.Name}]\n{e.Value.TrimEnd('\n')}\n"));
        int longest = 2, run = 0;
        foreach (char c in body)
        {
            run = c == '`' ? run + 1 : 0;
            longest = Math.Max(longest, run);
        }
        string fence = new('`', longest + 1);
        text.Append($"\n{fence}text\n{body}{fence}\n");
    }

    static void Settings(StringBuilder text, string title, IReadOnlyList<Setting> settings)
    {
        text.Append(settings.Count > 0 ? $"\n## {Inline(title)}\n" : "");
        Bullets(text, settings);
    }

    static void Bullets(StringBuilder text, IReadOnlyList<Setting> settings) =>
        text.Append(settings.Count > 0 ? "\n" : "").AppendJoin("", settings.Select(s => $"- {Inline(s.Name)}: {Inline(s.Value)}\n"));

    /// <summary>Returns one line without markup.</summary>
    static string Inline(string words)
    {
        StringBuilder line = new(words.Length);
        foreach (char c in words)
        {
            line.Append(c switch
            {
                '\r' => "",
                '\n' => " ",
                '<' => "&lt;",
                '&' => "&amp;",
                '|' or '*' or '_' or '`' or '[' or ']' or '\\' => $"\\{c}",
                _ => c.ToString(),
            });
        }
        return line.ToString();
    }
}
