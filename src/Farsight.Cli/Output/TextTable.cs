using System.Globalization;
using Farsight.Evaluation.Report;

namespace Farsight.Cli.Output;

/// <summary>Formats the table of a report for the terminal.</summary>
static class TextTable
{
    /// <summary>Writes the caption, the headings and the rows; the first column is aligned left, the others right.</summary>
    internal static string Of(ReportTable table)
    {
        string[][] rows = [[.. table.Columns], .. table.Rows.Select(r => r.Select(Text).ToArray())];
        int[] widths = [.. table.Columns.Select((_, i) => rows.Max(r => r[i].Length))];
        StringWriter text = new(CultureInfo.InvariantCulture) { NewLine = "\n" };
        text.WriteLine(table.Caption);
        foreach (string[] row in rows)
        {
            text.WriteLine("  " + string.Join("  ", row.Select((c, i) => i == 0 ? c.PadRight(widths[i]) : c.PadLeft(widths[i]))).TrimEnd());
        }
        return text.ToString();
    }

    static string Text(TableCell cell) => cell.Note.Length > 0 ? $"{cell.Text} ({cell.Note})" : cell.Text;
}
