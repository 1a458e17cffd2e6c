using System.Text;

namespace Farsight.Alignment.Corpus.Formats.Pdf;

/// <summary>Makes one text of the pages of a document.</summary>
sealed class PdfText
{
    const double Smaller = 0.93; // size of a footnote, as a share of the text's
    const double SameSize = 0.1;

    readonly LineJoiner _joiner;
    readonly StringBuilder _text = new();
    readonly List<TextMark> _marks = [];
    readonly List<PdfParagraph> _dueNotes = [];
    PdfParagraph? _last;

    PdfText(LineJoiner joiner) => _joiner = joiner;

    /// <summary>Returns the text of the pages and where each begins.</summary>
    internal static (string Text, List<TextMark> Marks) Of(IReadOnlyList<PdfPage> pages)
    {
        double bodySize = BodySize(pages);
        (double Height, List<PdfRow> Rows)[] upright =
            [.. pages.Select(p => (p.Height, p.Glyphs.TryGetValue(MainAngle(p), out List<PdfGlyph>? main) ? PdfRows.Of(main) : []))];
        RunningHeads.Remove(upright, bodySize);
        List<(int Page, List<PdfBlock> Body, List<PdfParagraph> Notes)> laidOut = [];
        string[][] others = [.. pages.Select(Turned)];
        for (int i = 0; i < pages.Count; i++)
        {
            IReadOnlyList<PdfRule> rules = MainAngle(pages[i]) == 0 ? pages[i].Rules : [];
            List<PdfParagraph> notes = [];
            List<PdfBlock> body =
            [
                .. new PdfLayout(rules)
                    .Blocks(upright[i].Rows)
                    .Select(b => WithoutNotes(b, bodySize, rules, notes))
                    .Where(b => b.Lines.Count > 0),
            ];
            // Text at another angle is a note at the margin, or a stamp that every page has.
            notes.AddRange(others[i]
                .Where(o => others.Count(page => page.Contains(o)) == 1 || pages.Count == 1)
                .Select(o => new PdfParagraph([o], bodySize, true, false, true)));
            laidOut.Add((pages[i].Number, body, notes));
        }
        PdfText text = new(new(laidOut.SelectMany(p =>
            p.Body.SelectMany(b => b.Lines).Select(l => l.Text).Concat(p.Notes.SelectMany(n => n.Lines)))));
        foreach ((int page, List<PdfBlock> body, List<PdfParagraph> notes) in laidOut)
        {
            text.AppendPage(page, body, notes);
        }
        text.AppendNotes();
        return (text._text.ToString(), text._marks);
    }

    /// <summary>Returns the size of the font that most of the text has, in points.</summary>
    static double BodySize(IReadOnlyList<PdfPage> pages) =>
        pages
            .SelectMany(p => p.Glyphs.Values)
            .SelectMany(g => g)
            .Where(g => !g.IsSpace)
            .GroupBy(g => Math.Round(g.Size * 2) / 2)
            .OrderByDescending(g => g.Count())
            .ThenBy(g => g.Key)
            .Select(g => g.Key)
            .FirstOrDefault(10);

    /// <summary>Returns the angle of most of the page's text, so that a page of a turned table is read upright.</summary>
    static int MainAngle(PdfPage page) =>
        page.Glyphs.OrderByDescending(g => g.Value.Count(c => !c.IsSpace)).ThenBy(g => Math.Abs(g.Key)).Select(g => g.Key).FirstOrDefault();

    static string[] Turned(PdfPage page)
    {
        int main = MainAngle(page);
        return
        [
            .. page.Glyphs
                .Where(g => g.Key != main)
                .OrderBy(g => g.Key)
                .Select(g => string.Join(' ', PdfRows.Of(g.Value).Select(r => ReadingDirection.Text(r.Words))))
                .Where(t => t.Length > 0),
        ];
    }

    /// <summary>Takes footnotes off the end of a block: lines in a smaller font, or below a short rule, that begin with a mark.</summary>
    static PdfBlock WithoutNotes(PdfBlock block, double bodySize, IReadOnlyList<PdfRule> rules, List<PdfParagraph> notes)
    {
        IReadOnlyList<PdfLine> lines = block.Lines;
        if (block.IsTable)
        {
            return block;
        }
        int start = lines.Count;
        while (start > 0 && lines[start - 1].Size <= Smaller * bodySize)
        {
            start--;
        }
        while (start < lines.Count && !ListMarker.StartsFootnote(lines[start].Text) && !IsBelowRule(start))
        {
            start++;
        }
        if (start == lines.Count)
        {
            start = Enumerable.Range(1, Math.Max(0, lines.Count - 1))
                .FirstOrDefault(i => IsBelowRule(i) && ListMarker.StartsFootnote(lines[i].Text), lines.Count);
        }
        if (start < lines.Count)
        {
            notes.AddRange(Notes(lines, start));
        }
        return start == lines.Count ? block : new([.. lines.Take(start)], false);

        bool IsBelowRule(int at)
        {
            PdfLine line = lines[at];
            double width = lines.Max(l => l.Right) - lines.Min(l => l.Left), top = at > 0 ? lines[at - 1].Base : double.MaxValue;
            return rules.Any(r =>
                r.Height > line.Base && r.Height < Math.Min(top, line.Base + (3 * line.Size))
                && Math.Abs(r.Left - line.Left) < line.Size && r.Right - r.Left < 0.6 * width);
        }
    }

    /// <summary>Returns the footnotes, each of which begins with a mark.</summary>
    static IEnumerable<PdfParagraph> Notes(IReadOnlyList<PdfLine> lines, int start)
    {
        List<string> open = [];
        foreach (PdfLine line in lines.Skip(start))
        {
            if (open.Count > 0 && ListMarker.StartsFootnote(line.Text) && SentenceEnd.Is(open[^1]))
            {
                yield return new(open, line.Size, true, false, true);
                open = [];
            }
            open.Add(line.Text);
        }
        yield return new(open, lines[^1].Size, true, false, true);
    }

    void AppendPage(int number, List<PdfBlock> body, List<PdfParagraph> notes)
    {
        bool isMarked = false;
        double lastBase = double.MinValue;
        foreach (PdfBlock block in body)
        {
            // A text continues at the top of the next column or page, never in a block further down.
            bool isFirst = block.Lines[0].Base > lastBase;
            lastBase = block.Lines[^1].Base;
            foreach (PdfParagraph paragraph in PdfParagraphs.Of(block))
            {
                bool continues = isFirst && Continues(_last, paragraph);
                if (!continues)
                {
                    AppendNotes();
                    Separate(paragraph);
                }
                Append(paragraph, isMarked ? null : number);
                isMarked = true;
                isFirst = false;
                _last = paragraph;
            }
        }
        if (!isMarked && notes.Count > 0)
        {
            AppendNotes();
            _last = null;
            Separate(notes[0]);
            _marks.Add(new(_text.Length, $"page {number}"));
        }
        _dueNotes.AddRange(notes);
    }

    /// <summary>Appends the footnotes of pages whose last sentence is complete.</summary>
    void AppendNotes()
    {
        foreach (PdfParagraph note in _dueNotes)
        {
            Separate(note);
            Append(note, null);
            _last = null;
        }
        _dueNotes.Clear();
    }

    void Separate(PdfParagraph next)
    {
        if (_text.Length > 0 && _text[^1] != '\n')
        {
            _text.Append(next.IsApart ? "\n\n" : "\n");
        }
    }

    void Append(PdfParagraph paragraph, int? page)
    {
        foreach (string line in paragraph.Lines)
        {
            bool hasSoftHyphen = line.EndsWith('\u00AD');
            string clean = LineJoiner.WithoutSoftHyphens(line);
            if (clean.Length == 0)
            {
                continue;
            }
            int end = _text.Length;
            _joiner.Append(_text, hasSoftHyphen ? clean + '\u00AD' : clean);
            if (page is { } number)
            {
                bool hasSpace = end < _text.Length && _text[end] == ' ';
                _marks.Add(new(hasSpace ? end + 1 : Math.Min(end, _text.Length), $"page {number}"));
                page = null;
            }
        }
        if (_text.Length > 0 && _text[^1] == '\u00AD' && paragraph.IsText && !paragraph.IsOpen)
        {
            _text.Length--; // nothing continues the word
        }
    }

    /// <summary>Returns whether the first paragraph of a column continues the last one of the column before.</summary>
    static bool Continues(PdfParagraph? last, PdfParagraph next)
    {
        if (last is not { IsText: true } || !next.IsText || Math.Abs(last.Size - next.Size) > SameSize * last.Size)
        {
            return false;
        }
        string end = last.Lines[^1], start = next.Lines[0];
        bool isDivided = end[^1] is '-' or '\u00AD' or '\u2010';
        bool isLower = char.IsLower(start.FirstOrDefault(char.IsLetterOrDigit, start[0]));
        bool isHeading = next.Lines.Count == 1 && !next.IsOpen && !isLower && !SentenceEnd.Is(start);
        return !ListMarker.StartsLine(start) && !isHeading && (isDivided || (!SentenceEnd.Is(end) && (last.IsOpen || isLower)));
    }
}
