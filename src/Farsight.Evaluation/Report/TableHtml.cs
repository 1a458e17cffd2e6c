using System.Globalization;
using System.Text;

namespace Farsight.Evaluation.Report;

/// <summary>Writes a table with column and row headings, which scrolls by itself when it is too wide.</summary>
static class TableHtml
{
    internal static void Append(StringBuilder page, ReportTable table)
    {
        string caption = ReportText.Escape(table.Caption);
        string kind = table.Rows.Any(r => r.Any(c => c.Heat is not null))
            ? string.Create(CultureInfo.InvariantCulture, $" class=\"hot\" style=\"--columns:{table.Columns.Count - 1}\"")
            : "";
        page.Append($"<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"{(caption.Length > 0 ? caption : "table")}\">");
        page.Append($"<table{kind}>\n");
        page.Append(caption.Length > 0 ? $"<caption>{caption}</caption>\n" : "").Append("<thead><tr>");
        page.AppendJoin("", table.Columns.Select(c => $"<th scope=\"col\">{ReportText.Escape(c)}</th>"));
        page.Append("</tr></thead>\n<tbody>\n");
        foreach (IReadOnlyList<TableCell> row in table.Rows)
        {
            page.Append($"<tr><th scope=\"row\">{Content(row[0])}</th>");
            page.AppendJoin("", row.Skip(1).Select(Cell)).Append("</tr>\n");
        }
        page.Append("</tbody>\n</table></div>\n");
    }

    static string Cell(TableCell cell) => cell.Heat is { } heat
        ? $"<td class=\"hot\" style=\"background:{HeatMapSvg.Color(heat)}\">{Content(cell)}</td>"
        : $"<td>{Content(cell)}</td>";

    static string Content(TableCell cell)
    {
        string text = ReportText.Escape(cell.Text), note = cell.Note.Length > 0 ? $"<small>{ReportText.Escape(cell.Note)}</small>" : "";
        return $"{(cell.Strong ? $"<strong>{text}</strong>" : text)}{note}";
    }
}
