using System.Text.RegularExpressions;

namespace Farsight.Alignment.Corpus.Formats.Pdf;

/// <summary>Represents a paragraph, or the part of one that stands in a column.</summary>
/// <param name="Lines">The texts of its lines, which are to be joined.</param>
/// <param name="Size">Size of its font.</param>
/// <param name="IsApart">Whether it is set apart from the text above by more than a line break.</param>
/// <param name="IsOpen">Whether its last line is full, so that it may continue in the next column.</param>
/// <param name="IsText">Whether it is running text; false for a row of a table.</param>
sealed record PdfParagraph(IReadOnlyList<string> Lines, double Size, bool IsApart, bool IsOpen, bool IsText);

/// <summary>Finds the paragraphs of a block.</summary>
/// <remarks>
/// A line break belongs to the text where the first word of the next line would have fit at the end of the line: writers break lines of
/// verse, lists and addresses, and programs break lines of prose only where the next word does not fit.
/// </remarks>
static class PdfParagraphs
{
    const double SameSize = 0.12, Indent = 0.8, MaxIndent = 5, Space = 0.25; // a share, then ems
    const double UsualPitch = 1.4; // ems, for a block of so few lines that theirs may be the distance of paragraphs
    const int MinSteps = 3;
    const double Gap = 1.3; // of the usual distance of lines

    /// <summary>Returns the paragraphs of a block in reading order.</summary>
    internal static IEnumerable<PdfParagraph> Of(PdfBlock block)
    {
        if (block.IsTable)
        {
            return block.Lines.Select((l, i) => new PdfParagraph([l.Text], l.Size, i == 0, false, false));
        }
        return OfText(block.Lines);
    }

    static IEnumerable<PdfParagraph> OfText(IReadOnlyList<PdfLine> lines)
    {
        double right = lines.Max(l => l.Right), pitch = Pitch(lines);
        List<string> open = [];
        bool isApart = true;
        for (int i = 0; i < lines.Count; i++)
        {
            PdfLine line = lines[i];
            if (open.Count > 0 && Break(lines, i, open.Count, right, pitch) is var found && found != LineBreak.None)
            {
                yield return new(open, lines[i - 1].Size, isApart, IsFull(lines[i - 1], line.FirstWord, right), true);
                open = [];
                isApart = found == LineBreak.Paragraph;
            }
            open.Add(line.Text);
        }
        // The word after the last line is unknown; a word of a few letters is assumed.
        yield return new(open, lines[^1].Size, isApart, IsFull(lines[^1], 3 * lines[^1].Size, right), true);
    }

    static LineBreak Break(IReadOnlyList<PdfLine> lines, int at, int linesBefore, double right, double pitch)
    {
        PdfLine above = lines[at - 1], line = lines[at];
        double step = above.Base - line.Base, size = Math.Max(above.Size, line.Size);
        bool isFull = IsFull(above, line.FirstWord, right);
        if (Math.Abs(above.Size - line.Size) > SameSize * size || step > Gap * Math.Max(pitch, 1.1 * size) || step < 0)
        {
            return LineBreak.Paragraph;
        }
        if (line.Left - above.Left > Indent * size)
        {
            // The line after an indented first line begins further left; the lines of a list item are all indented.
            bool returns = at + 1 < lines.Count && lines[at + 1] is var next
                && next.Left < line.Left - (Indent / 2 * size) && line.Base - next.Base <= Gap * pitch;
            bool isItem = linesBefore == 1 && ListMarker.StartsLine(above.Text);
            return isFull && (isItem || (linesBefore == 1 && !returns)) ? LineBreak.None
                : !isFull || returns || SentenceEnd.Is(above.Text) ? LineBreak.Paragraph
                : LineBreak.None;
        }
        if (above.Left - line.Left > MaxIndent * size)
        {
            return LineBreak.Paragraph; // a line at the right edge, such as a date
        }
        bool isMarker = ListMarker.StartsLine(line.Text);
        if (above.Left - line.Left > Indent * size && (linesBefore > 1 || isMarker))
        {
            return LineBreak.Line; // the next item of a list, or entry of a bibliography
        }
        return !isFull || (isMarker && (ListMarker.IsBullet(line.Text) || SentenceEnd.Is(above.Text))) ? LineBreak.Line : LineBreak.None;
    }

    /// <summary>
    /// Returns whether the next word would not have fit. Within a sentence it must have had ample space, as some programs count characters.
    /// </summary>
    static bool IsFull(PdfLine line, double nextWord, double right)
    {
        const double Ample = 4; // ems
        double slack = SentenceEnd.Is(line.Text) ? 0 : Ample * line.Size;
        return line.Text[^1] is '-' or '\u00AD' or '\u2010' || line.Right + (Space * line.Size) + nextWord + slack > right;
    }

    /// <summary>Returns the usual distance of lines: the median, which is a small one in a short block.</summary>
    static double Pitch(IReadOnlyList<PdfLine> lines)
    {
        double[] steps = [.. lines.Zip(lines.Skip(1), (a, b) => a.Base - b.Base).Where(s => s > 0).Order()];
        double median = steps.Length > 0 ? steps[(steps.Length - 1) / 2] : 0;
        return steps.Length < MinSteps ? Math.Min(median, UsualPitch * lines[0].Size) : median;
    }

    enum LineBreak
    {
        None,
        Line,
        Paragraph,
    }
}

/// <summary>Recognizes the numbers and signs that begin the items of a list, and the marks of footnotes.</summary>
static partial class ListMarker
{
    internal static bool Is(string word) => Whole().IsMatch(word);

    internal static bool StartsLine(string line) => IsBullet(line) || Numbered().IsMatch(line);

    internal static bool IsBullet(string line) => Bullet().IsMatch(line);

    internal static bool StartsFootnote(string line) => Footnote().IsMatch(line);

    [GeneratedRegex(@"^([•◦▪‣●○■□–—*+-]|\(?(\d{1,3}|[a-zA-Z]|[ivxIVX]{1,5})[.)])$")]
    private static partial Regex Whole();

    [GeneratedRegex(@"^([•◦▪‣●○■□]|[–—*+-]\s)")]
    private static partial Regex Bullet();

    [GeneratedRegex(@"^\(?(\d{1,3}|[a-zA-Z]|[ivx]{1,5})[.)]\s")]
    private static partial Regex Numbered();

    [GeneratedRegex(@"^(\d{1,3}|[*†‡§¶#a-z]|[¹²³⁰-⁹]+|\[\d{1,3}\]|\(\d{1,3}\))\s*[.)]?\s*[^\s\d]")]
    private static partial Regex Footnote();
}

/// <summary>Recognizes the end of a sentence at the end of a line.</summary>
static partial class SentenceEnd
{
    internal static bool Is(string text) => End().IsMatch(text);

    [GeneratedRegex("""[.!?…。！？．؟।:;：；][\d*†‡]{0,3}[\s"'”’»)\]」』）】]*$""")]
    private static partial Regex End();
}
