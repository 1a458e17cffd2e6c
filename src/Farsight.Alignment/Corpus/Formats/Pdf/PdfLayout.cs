namespace Farsight.Alignment.Corpus.Formats.Pdf;

/// <summary>Represents lines of a page that are read one after the other.</summary>
/// <param name="Lines">The lines in reading order.</param>
/// <param name="IsTable">Whether each line is a row of a table.</param>
sealed record PdfBlock(IReadOnlyList<PdfLine> Lines, bool IsTable);

/// <summary>Represents a line of a block.</summary>
/// <param name="Text">Its text in reading order.</param>
/// <param name="Left">Where it begins.</param>
/// <param name="Right">Where it ends.</param>
/// <param name="Base">Height of its baseline.</param>
/// <param name="Size">Size of its largest glyph.</param>
/// <param name="FirstWord">Width of its first word.</param>
sealed record PdfLine(string Text, double Left, double Right, double Base, double Size, double FirstWord)
{
    /// <summary>
    /// Returns the line of a row. A line that is read from right to left is mirrored, so that all lines begin at their left.
    /// </summary>
    internal static PdfLine Of(PdfRow row)
    {
        string text = ReadingDirection.Text(row.Words);
        bool isRightToLeft = ReadingDirection.IsRightToLeft(row.Words);
        PdfWord first = isRightToLeft ? row.Words[^1] : row.Words[0];
        double width = GlyphText.IsCjk(text[0]) ? 2 * row.Size : first.Right - first.Left;
        return isRightToLeft
            ? new(text, -row.Right, -row.Left, row.Base, row.Size, width)
            : new(text, row.Left, row.Right, row.Base, row.Size, width);
    }
}

/// <summary>Finds the order in which the rows of a page are read: columns one after the other, tables row by row.</summary>
/// <remarks>
/// A band of rows that leave the same gap is either columns or a table. The rows between bands run over the whole width.
/// Columns are divided again, so that a table in a column or columns in a column are found.
/// </remarks>
sealed class PdfLayout(IReadOnlyList<PdfRule> rules)
{
    const int MaxDepth = 8;
    const double MinGutter = 0.8, CellGap = 1.2; // in ems
    const double ParagraphGap = 1.5; // of the usual distance of lines

    /// <summary>Returns the blocks of the rows, which come from top to bottom.</summary>
    internal List<PdfBlock> Blocks(IReadOnlyList<PdfRow> rows) => Blocks(rows, 0);

    List<PdfBlock> Blocks(IReadOnlyList<PdfRow> rows, int depth)
    {
        List<PdfBlock> blocks = [];
        int plain = 0;
        for (int start = 0; start < rows.Count && depth < MaxDepth; start++)
        {
            if (FindBand(rows, start) is not { } band)
            {
                continue;
            }
            PdfRow[] inside = [.. rows.Skip(band.Start).Take(band.End - band.Start)];
            double[] edges = [double.MinValue, .. band.Gutters.Select(g => (g.Left + g.Right) / 2), double.MaxValue];
            PdfRow[][] columns =
            [
                .. edges
                    .Zip(edges.Skip(1))
                    .Select(e => inside.Select(r => r.Between(e.First, e.Second)).OfType<PdfRow>().ToArray()),
            ];
            start = band.End - 1;
            if (Array.TrueForAll(columns[0], r => r.Words.Count == 1 && ListMarker.Is(r.Words[0].Text)))
            {
                continue; // items of a list, whose text stands beside their numbers
            }
            AddPlain(plain, band.Start);
            if (IsTable(inside, columns, band))
            {
                blocks.Add(new([.. TableRows(inside, edges, band)], true));
            }
            else
            {
                bool isRightToLeft = ReadingDirection.IsRightToLeft([.. inside.SelectMany(r => r.Words)]);
                blocks.AddRange((isRightToLeft ? columns.Reverse() : columns).SelectMany(c => Blocks(c, depth + 1)));
            }
            plain = band.End;
        }
        AddPlain(plain, rows.Count);
        return blocks;

        void AddPlain(int start, int end)
        {
            if (end > start)
            {
                blocks.Add(new([.. rows.Skip(start).Take(end - start).Select(PdfLine.Of)], false));
            }
        }
    }

    /// <summary>Finds the longest band that begins at a row, without rows at its ends that are not beside others.</summary>
    static Band? FindBand(IReadOnlyList<PdfRow> rows, int start)
    {
        double left = rows.Min(r => r.Left), right = rows.Max(r => r.Right);
        double least = MinGutter * rows[start].Words.Min(w => w.Size);
        List<Gap> open = [new(left, right)], found = [];
        int end = start;
        for (int i = start; i < rows.Count && open.Count > 0; i++)
        {
            open = [.. open.SelectMany(g => Free(rows[i], g, least))];
            List<Gap> inner = [.. open.Where(g => IsBetween(rows, start, i + 1, g))];
            if (inner.Count > 0)
            {
                (found, end) = (inner, i + 1);
            }
            else if (found.Count > 0)
            {
                break;
            }
        }
        if (found.Count == 0)
        {
            return null;
        }
        (int first, int last) = Trim(rows, start, end, found);
        return found.TrueForAll(g => IsBetween(rows, first, last, g)) ? new(first, last, found) : null;
    }

    /// <summary>Returns the parts of a gap that a row leaves free.</summary>
    static IEnumerable<Gap> Free(PdfRow row, Gap gap, double least)
    {
        double at = gap.Left;
        foreach (PdfWord word in row.Words.Where(w => w.Right > gap.Left && w.Left < gap.Right))
        {
            if (word.Left - at >= least)
            {
                yield return new(at, word.Left);
            }
            at = Math.Max(at, word.Right);
        }
        if (gap.Right - at >= least)
        {
            yield return new(at, gap.Right);
        }
    }

    /// <summary>Returns whether at least two rows have words at the left of the gap, and two at its right.</summary>
    static bool IsBetween(IReadOnlyList<PdfRow> rows, int start, int end, Gap gap)
    {
        const int MinRows = 2;
        int left = 0, right = 0;
        for (int i = start; i < end && (left < MinRows || right < MinRows); i++)
        {
            left += rows[i].Left < gap.Left ? 1 : 0;
            right += rows[i].Right > gap.Right ? 1 : 0;
        }
        return left >= MinRows && right >= MinRows;
    }

    /// <summary>
    /// Removes rows at the ends of a band that have words on one side only and are set apart, such as a title or a line below columns.
    /// </summary>
    static (int Start, int End) Trim(IReadOnlyList<PdfRow> rows, int start, int end, List<Gap> gutters)
    {
        Gap gutter = gutters[0];
        double pitch = Math.Min(Pitch(r => r.Left < gutter.Left), Pitch(r => r.Right > gutter.Right));
        int two = start, last = end - 1;
        bool hasLeft = false, hasRight = false;
        for (; two < end && !(hasLeft && hasRight); two++)
        {
            hasLeft |= rows[two].Left < gutter.Left;
            hasRight |= rows[two].Right > gutter.Right;
        }
        (hasLeft, hasRight) = (false, false);
        for (; last >= start && !(hasLeft && hasRight); last--)
        {
            hasLeft |= rows[last].Left < gutter.Left;
            hasRight |= rows[last].Right > gutter.Right;
        }
        int from = start, to = end;
        for (int i = start + 1; i < two; i++)
        {
            from = rows[i - 1].Base - rows[i].Base > ParagraphGap * pitch ? i : from;
        }
        for (int i = end - 1; i > last + 1; i--)
        {
            to = rows[i - 1].Base - rows[i].Base > ParagraphGap * pitch ? i : to;
        }
        return (from, to);

        double Pitch(Func<PdfRow, bool> isOnSide)
        {
            double[] bases = [.. rows.Skip(start).Take(end - start).Where(isOnSide).Select(r => r.Base)];
            double[] steps = [.. bases.Zip(bases.Skip(1), (a, b) => a - b).Order()];
            return steps.Length > 0 ? steps[steps.Length / 2] : double.MaxValue;
        }
    }

    /// <summary>Decides whether the parts of a band are cells of a table or columns of running text.</summary>
    bool IsTable(PdfRow[] rows, PdfRow[][] columns, Band band)
    {
        if (RulesIn(rows, band).Length >= 2)
        {
            return true;
        }
        int fewest = columns.Min(c => c.Length);
        int beside = rows.Count(r => band.Gutters.TrueForAll(g => r.Left < g.Left && r.Right > g.Right));
        bool isAligned = beside * 2 >= fewest;
        return isAligned && !Array.TrueForAll(columns, IsProse);
    }

    /// <summary>Returns whether the lines of a column are long, or continue sentences of the lines above.</summary>
    static bool IsProse(PdfRow[] column)
    {
        const double Long = 24, Short = 9, Continued = 0.35;
        double length = column.Average(r => r.Length);
        double continued = column.Skip(1).Count(r => char.IsLower(r.Words[0].Text[0])) / Math.Max(1.0, column.Length - 1);
        return length >= Long || (length >= Short && continued >= Continued);
    }

    /// <summary>Returns the heights of the rules that cross a gutter of the band, from top to bottom.</summary>
    double[] RulesIn(PdfRow[] rows, Band band)
    {
        double top = rows[0].Base + (2 * rows[0].Size), bottom = rows[^1].Base - (2 * rows[^1].Size);
        double[] heights =
        [
            .. rules
                .Where(r => r.Height <= top && r.Height >= bottom && band.Gutters.Exists(g => r.Left < g.Left + 1 && r.Right > g.Right - 1))
                .Select(r => r.Height)
                .OrderDescending(),
        ];
        return [.. heights.Where((h, i) => i == 0 || heights[i - 1] - h > 2)];
    }

    /// <summary>
    /// Returns the rows of a table, cells separated by tabs. Where rules separate the rows, the lines of a cell are joined.
    /// </summary>
    IEnumerable<PdfLine> TableRows(PdfRow[] rows, double[] edges, Band band)
    {
        double[] separators = RulesIn(rows, band);
        IEnumerable<IGrouping<int, PdfRow>> groups = rows
            .Select((r, i) => (Row: r, Group: separators.Length > 2 ? separators.Count(s => s > r.Base) : i))
            .GroupBy(r => r.Group, r => r.Row);
        foreach (IGrouping<int, PdfRow> group in groups)
        {
            PdfRow[] lines = [.. group];
            bool isOneRow = lines.Length == 1 || Array.TrueForAll(lines[1..], l => IsContinued(lines[0], l, edges));
            foreach (PdfRow[] row in isOneRow ? [lines] : lines.Select(l => new[] { l }))
            {
                yield return TableRow(row, edges);
            }
        }
    }

    /// <summary>Returns whether a line has fewer cells than the first line of a row, so that it continues them.</summary>
    static bool IsContinued(PdfRow first, PdfRow line, double[] edges) => Cells(line, edges) < Cells(first, edges);

    static int Cells(PdfRow row, double[] edges) => edges.Zip(edges.Skip(1)).Count(e => row.Between(e.First, e.Second) is not null);

    static PdfLine TableRow(PdfRow[] lines, double[] edges)
    {
        string[] cells =
        [
            .. edges
                .Zip(edges.Skip(1))
                .Select(e => string.Join(' ', lines.Select(l => l.Between(e.First, e.Second)).OfType<PdfRow>().Select(CellText))),
        ];
        PdfLine line = PdfLine.Of(lines[0]);
        if (ReadingDirection.IsRightToLeft(lines[0].Words))
        {
            Array.Reverse(cells);
        }
        return line with { Text = string.Join('\t', cells).TrimEnd('\t') };
    }

    /// <summary>Returns the text of a cell; wide gaps in it are further cells of this row only.</summary>
    static string CellText(PdfRow row)
    {
        List<List<PdfWord>> parts = [[row.Words[0]]];
        foreach (PdfWord word in row.Words.Skip(1))
        {
            if (word.Left - parts[^1][^1].Right > CellGap * word.Size)
            {
                parts.Add([]);
            }
            parts[^1].Add(word);
        }
        return string.Join('\t', parts.Select(ReadingDirection.Text));
    }

    readonly record struct Gap(double Left, double Right);

    sealed record Band(int Start, int End, List<Gap> Gutters);
}
