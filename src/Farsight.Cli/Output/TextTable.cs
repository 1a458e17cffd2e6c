using System.Globalization;
using Farsight.Evaluation.Report;

namespace Farsight.Cli.Output;

/// <summary>Formats the table of a report for the terminal.</summary>
static class TextTable
{
    const string Gap = "  ";

    /// <summary>
    /// Writes the caption, the headings and the rows; the first column is aligned left, the others right. A table that is wider than the
    /// terminal has a block per row instead.
    /// </summary>
    internal static string Of(ReportTable table) => Of(table, Terminal.Width);

    /// <inheritdoc cref="Of(ReportTable)"/>
    internal static string Of(ReportTable table, int width)
    {
        string[][] rows = [[.. table.Columns], .. table.Rows.Select(r => r.Select(Text).ToArray())];
        int[] widths = [.. table.Columns.Select((_, i) => rows.Max(r => r[i].Length))];
        StringWriter text = new(CultureInfo.InvariantCulture) { NewLine = "\n" };
        text.WriteLine(table.Caption);
        if (widths.Sum(w => w + Gap.Length) > width)
        {
            foreach (string[] row in rows[1..])
            {
                text.WriteLine(Gap + row[0]);
                foreach ((string heading, string cell) in rows[0].Zip(row).Skip(1).Where(c => c.Second.Length > 0))
                {
                    Terminal.WriteWrapped(text, $"{Gap}{Gap}{heading}: ", cell, width);
                }
            }
            return text.ToString();
        }
        foreach (string[] row in rows)
        {
            text.WriteLine(Gap + string.Join(Gap, row.Select((c, i) => i == 0 ? c.PadRight(widths[i]) : c.PadLeft(widths[i]))).TrimEnd());
        }
        return text.ToString();
    }

    static string Text(TableCell cell) => cell.Note.Length > 0 ? $"{cell.Text} ({cell.Note})" : cell.Text;
}
