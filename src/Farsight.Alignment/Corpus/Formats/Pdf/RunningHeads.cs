using System.Globalization;
using System.Text.RegularExpressions;

namespace Farsight.Alignment.Corpus.Formats.Pdf;

/// <summary>Removes running heads and page numbers: rows at the edge of several pages, at the same place and with the same text.</summary>
/// <remarks>
/// A text that differs in its number only is a running head where the number counts the pages and stands at an edge of a longer text.
/// "Letter 1" on the first page and "Letter 2" on the second are headings.
/// </remarks>
static partial class RunningHeads
{
    const int MaxRows = 3; // of a head or foot
    const double SamePlace = 3; // points
    const double Margin = 0.16; // of the height of the page, at its top and at its bottom
    const double LargerThanText = 1.1;

    /// <summary>Removes them from the rows of the pages, which come from top to bottom.</summary>
    /// <param name="pages">Height and rows of each page.</param>
    /// <param name="bodySize">Size of the font that most of the text has.</param>
    internal static void Remove(IReadOnlyList<(double Height, List<PdfRow> Rows)> pages, double bodySize)
    {
        foreach (bool isTop in (bool[])[true, false])
        {
            HashSet<int> open = [.. Enumerable.Range(0, pages.Count)];
            for (int round = 0; round < MaxRows && open.Count > 1; round++)
            {
                EdgeRow[] edges =
                [
                    .. from page in open
                       where pages[page].Rows.Count > 0
                       let row = isTop ? pages[page].Rows[0] : pages[page].Rows[^1]
                       let place = isTop ? pages[page].Height - row.Base : row.Base
                       where place <= Margin * pages[page].Height
                       select new EdgeRow(page, row, place),
                ];
                open = Heads(edges, pages.Count, bodySize);
                foreach (EdgeRow head in edges.Where(e => open.Contains(e.Page)))
                {
                    pages[head.Page].Rows.Remove(head.Row);
                }
            }
        }
    }

    /// <summary>Returns the pages whose row is a running head.</summary>
    static HashSet<int> Heads(EdgeRow[] edges, int pageCount, double bodySize)
    {
        HashSet<int> heads = [], offsets = [];
        int fewest = pageCount <= 6 ? 2 : 3;
        foreach (EdgeRow edge in edges)
        {
            EdgeRow[] same = [.. edges.Where(e => Math.Abs(e.Place - edge.Place) <= SamePlace)];
            int equal = same.Count(e => e.Text == edge.Text);
            bool isText = equal >= fewest && (edge.Row.Size <= LargerThanText * bodySize || equal >= 0.6 * pageCount);
            EdgeRow[] alike = [.. same.Where(e => e.Key == edge.Key && e.Offset == edge.Offset)];
            bool isNumber = edge.IsPageNumber && same.Count(e => e.IsPageNumber && e.Key == edge.Key) >= 2;
            bool isNumberedText = edge.Offset is not null && alike.Length >= fewest && edge.Row.Size <= LargerThanText * bodySize
                && HasNumberApart(edge);
            if (isText || isNumber || isNumberedText)
            {
                heads.Add(edge.Page);
                _ = edge.Offset is { } offset && offsets.Add(offset);
            }
        }
        // A page number elsewhere at the edge, as on the first page of a chapter.
        heads.UnionWith(edges.Where(e => e.IsPageNumber && e.Offset is { } offset && offsets.Contains(offset)).Select(e => e.Page));
        return heads;
    }

    /// <summary>Returns whether the number stands at an edge of a text of two words, or away from it.</summary>
    static bool HasNumberApart(EdgeRow edge)
    {
        IReadOnlyList<PdfWord> words = edge.Row.Words;
        if (words.Count < 2 || !(char.IsDigit(words[0].Text[0]) || char.IsDigit(words[^1].Text[^1])))
        {
            return false;
        }
        double gap = char.IsDigit(words[0].Text[0]) ? words[1].Left - words[0].Right : words[^1].Left - words[^2].Right;
        return words.Count(w => w.Text.Any(char.IsLetter)) >= 2 || gap > 1.5 * edge.Row.Size || words.Any(w => Separator().IsMatch(w.Text));
    }

    [GeneratedRegex(@"\d+")]
    private static partial Regex Number();

    [GeneratedRegex(@"^[|·•–—/-]$")]
    private static partial Regex Separator();

    // "12", "- 12 -", "xii", "Page 12 of 40", "12/40", and the word for "page" in other languages
    [GeneratedRegex(
        @"^\W*((page|pg|p|seite|s|página|pagina|pág|стр|страница|sida|side|strona|sayfa|第)\W*)?"
            + @"(\d{1,4}|[ivxlc]{1,7})(\W*(of|von|de|di|van|из|/|of)?\W*\d{1,4})?\W*(页|頁|ページ)?\W*$",
        RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex PageNumber();

    sealed record EdgeRow(int Page, PdfRow Row, double Place)
    {
        internal string Text { get; } = string.Join(' ', Row.Words.Select(w => w.Text));

        internal string Key => Number().Replace(Text, "#");

        internal bool IsPageNumber => PageNumber().IsMatch(Text);

        /// <summary>Gets the first number of the text less the number of the page; null without a number.</summary>
        internal int? Offset =>
            (PageNumber().IsMatch(Text) ? Number().Match(Text)
                : Row.Words[0].Text.All(char.IsDigit) ? Number().Match(Row.Words[0].Text) : Number().Match(Row.Words[^1].Text))
            is { Success: true } match && int.TryParse(match.Value, CultureInfo.InvariantCulture, out int number)
                ? number - Page
                : null;
    }
}
