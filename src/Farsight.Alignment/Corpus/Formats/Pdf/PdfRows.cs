using Farsight.Text.Tokenizers;

namespace Farsight.Alignment.Corpus.Formats.Pdf;

/// <summary>Represents a word, or a run of ideographs, on a page.</summary>
/// <param name="Glyphs">Its glyphs from left to right.</param>
sealed record PdfWord(IReadOnlyList<PdfGlyph> Glyphs)
{
    internal double Left { get; } = Glyphs.Min(g => g.Left);

    internal double Right { get; } = Glyphs.Max(g => g.Right);

    internal double Size { get; } = Glyphs.Max(g => g.Size);

    /// <summary>Gets the characters from left to right, without regard to their direction.</summary>
    internal string Text { get; } = string.Concat(Glyphs.Select(g => g.Text));
}

/// <summary>Represents the words of a page that stand on one baseline.</summary>
/// <param name="Base">Height of the baseline.</param>
/// <param name="Words">The words from left to right, not empty.</param>
sealed record PdfRow(double Base, IReadOnlyList<PdfWord> Words)
{
    internal double Left => Words[0].Left;

    internal double Right => Words.Max(w => w.Right);

    internal double Size { get; } = Words.Max(w => w.Size);

    /// <summary>Gets the number of characters; an ideograph counts as two, as wide as it is.</summary>
    internal int Length => Words.Sum(w => w.Text.Sum(c => GlyphText.IsCjk(c) ? 2 : 1)) + Words.Count - 1;

    /// <summary>Returns the words that lie between two places; null where there are none.</summary>
    internal PdfRow? Between(double left, double right)
    {
        PdfWord[] words = [.. Words.Where(w => (w.Left + w.Right) / 2 is var middle && middle >= left && middle < right)];
        return words.Length > 0 ? new(Base, words) : null;
    }
}

/// <summary>Puts the glyphs of a page into rows of words, by their places alone.</summary>
static class PdfRows
{
    // All in ems.
    const double SameRow = 0.25; // difference of baselines within a row
    const double RaisedBy = 0.65, RaisedSize = 0.85, RaisedGap = 0.35; // of a footnote mark or an index
    const double WordGap = 0.16; // a space has 0.25 to 0.33, and 0.2 in a narrow line
    const double CjkGap = 0.6;
    const double Twice = 0.13; // offset of a glyph that is drawn again to look bold

    /// <summary>Returns the rows from top to bottom.</summary>
    internal static List<PdfRow> Of(IReadOnlyList<PdfGlyph> glyphs)
    {
        List<List<PdfGlyph>> rows = [];
        foreach (PdfGlyph glyph in WithoutRepeats(glyphs).OrderByDescending(g => g.Base))
        {
            if (rows.Count > 0 && rows[^1][0] is var first && first.Base - glyph.Base <= SameRow * Math.Min(first.Size, glyph.Size))
            {
                rows[^1].Add(glyph);
            }
            else
            {
                rows.Add([glyph]);
            }
        }
        rows.RemoveAll(r => r.TrueForAll(g => g.IsSpace));
        for (int i = 0; i < rows.Count; i++)
        {
            rows[i] = [.. rows[i].OrderBy(g => g.Left)];
        }
        AttachRaised(rows);
        return [.. rows.Where(r => r.Exists(g => !g.IsSpace)).Select(Row)];
    }

    /// <summary>Removes glyphs that are drawn again at almost the same place.</summary>
    static List<PdfGlyph> WithoutRepeats(IReadOnlyList<PdfGlyph> glyphs)
    {
        Dictionary<(string, int, int), List<PdfGlyph>> seen = [];
        List<PdfGlyph> kept = new(glyphs.Count);
        foreach (PdfGlyph glyph in glyphs)
        {
            if (glyph.IsSpace || !IsRepeat(glyph))
            {
                kept.Add(glyph);
                (string, int, int) cell = Cell(glyph, 0, 0);
                if (!seen.TryGetValue(cell, out List<PdfGlyph>? there))
                {
                    seen[cell] = there = [];
                }
                there.Add(glyph);
            }
        }
        return kept;

        bool IsRepeat(PdfGlyph glyph)
        {
            double near = Math.Min(Twice * glyph.Size, 0.6 * Math.Max(glyph.Right - glyph.Left, 0.1));
            for (int at = 0; at < 9; at++)
            {
                if (seen.TryGetValue(Cell(glyph, (at % 3) - 1, (at / 3) - 1), out List<PdfGlyph>? there)
                    && there.Exists(g => Math.Abs(g.Left - glyph.Left) <= near && Math.Abs(g.Base - glyph.Base) <= near))
                {
                    return true;
                }
            }
            return false;
        }

        static (string, int, int) Cell(PdfGlyph glyph, int dx, int dy)
        {
            const double Side = 4; // points; more than the offset of a glyph of 30 points
            return (glyph.Text, (int)Math.Floor(glyph.Left / Side) + dx, (int)Math.Floor(glyph.Base / Side) + dy);
        }
    }

    /// <summary>
    /// Moves runs of small glyphs that stand beside a word, a little above or below its baseline, into the row of the word.
    /// </summary>
    static void AttachRaised(List<List<PdfGlyph>> rows)
    {
        for (int i = 0; i < rows.Count; i++)
        {
            foreach (List<PdfGlyph> run in Runs(rows[i]))
            {
                foreach (int near in (int[])[i + 1, i - 1])
                {
                    if (near >= 0 && near < rows.Count && IsRaised(run, rows[near]))
                    {
                        rows[i].RemoveAll(run.Contains);
                        rows[near] = [.. rows[near].Concat(run).OrderBy(g => g.Left)];
                        break;
                    }
                }
            }
        }
    }

    static bool IsRaised(List<PdfGlyph> run, List<PdfGlyph> row)
    {
        PdfGlyph first = run[0], last = run[^1];
        return row.Exists(g =>
            !g.IsSpace
            && first.Size <= RaisedSize * g.Size
            && Math.Abs(first.Base - g.Base) <= RaisedBy * g.Size
            && (Math.Abs(first.Left - g.Right) <= RaisedGap * g.Size || Math.Abs(g.Left - last.Right) <= RaisedGap * g.Size));
    }

    static List<List<PdfGlyph>> Runs(List<PdfGlyph> row)
    {
        List<List<PdfGlyph>> runs = [];
        foreach (PdfGlyph glyph in row.Where(g => !g.IsSpace))
        {
            if (runs.Count > 0 && glyph.Left - runs[^1][^1].Right <= RaisedGap * glyph.Size && glyph.Size == runs[^1][^1].Size)
            {
                runs[^1].Add(glyph);
            }
            else
            {
                runs.Add([glyph]);
            }
        }
        return runs;
    }

    static PdfRow Row(List<PdfGlyph> glyphs)
    {
        glyphs = WithAccents(glyphs);
        double tracking = Tracking(glyphs);
        List<PdfWord> words = [];
        List<PdfGlyph> word = [];
        bool isApart = false;
        foreach (PdfGlyph glyph in glyphs)
        {
            if (glyph.IsSpace)
            {
                // A space may be drawn under its neighbor, or far from any word: where it lies between two words it separates them.
                isApart |= word.Count > 0 && glyph.Middle >= word[^1].Middle;
                continue;
            }
            if (word.Count > 0 && (isApart || glyph.Left - word[^1].Right > Gap(word[^1], glyph, tracking)))
            {
                words.Add(new(word));
                word = [];
            }
            word.Add(glyph);
            isApart = false;
        }
        words.Add(new(word));
        PdfGlyph[] largest = [.. glyphs.Where(g => !g.IsSpace).OrderByDescending(g => g.Size).ThenBy(g => g.Left)];
        return new(largest[0].Base, words);
    }

    /// <summary>Returns the least gap between the words of two glyphs, in points.</summary>
    static double Gap(PdfGlyph left, PdfGlyph right, double tracking)
    {
        double size = Math.Min(left.Size, right.Size);
        return GlyphText.IsCjk(left.Text[^1]) || GlyphText.IsCjk(right.Text[0])
            ? (CjkGap * size) + tracking
            : Math.Max(WordGap * size, tracking * 1.6);
    }

    /// <summary>Returns the gap between the letters of a row that is set wide, in points; 0 for an ordinary row.</summary>
    static double Tracking(List<PdfGlyph> glyphs)
    {
        const int MinGaps = 6;
        double[] gaps =
        [
            .. glyphs
                .Zip(glyphs.Skip(1))
                .Where(p => char.IsLetterOrDigit(p.First.Text[^1]) && char.IsLetterOrDigit(p.Second.Text[0]))
                .Select(p => (p.Second.Left - p.First.Right) / Math.Min(p.First.Size, p.Second.Size))
                .Order(),
        ];
        // The letters of a row that is set wide are apart; in an ordinary row hardly a third of the gaps are spaces.
        return gaps.Length >= MinGaps && gaps[gaps.Length / 4] > WordGap / 2 ? gaps[gaps.Length / 2] * glyphs.Max(g => g.Size) : 0;
    }

    /// <summary>Combines accents with the letters that they are drawn over.</summary>
    static List<PdfGlyph> WithAccents(List<PdfGlyph> glyphs)
    {
        if (!glyphs.Exists(g => GlyphText.Accent(g.Text) is not null))
        {
            return glyphs;
        }
        List<PdfGlyph> combined = [.. glyphs];
        foreach (PdfGlyph accent in glyphs)
        {
            if (GlyphText.Accent(accent.Text) is not { } mark)
            {
                continue;
            }
            int letter = combined.FindIndex(g =>
                g != accent && char.IsLetter(g.Text[^1]) && accent.Middle > g.Left && accent.Middle < g.Right
                && Math.Abs(g.Base - accent.Base) <= g.Size);
            if (letter >= 0)
            {
                PdfGlyph under = combined[letter];
                combined[letter] = under with { Text = UnicodeComposition.Compose(under.Text + mark).ToString() };
                combined.Remove(accent);
            }
        }
        return combined;
    }
}
