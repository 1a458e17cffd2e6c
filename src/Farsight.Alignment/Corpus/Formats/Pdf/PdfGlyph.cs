namespace Farsight.Alignment.Corpus.Formats.Pdf;

/// <summary>Represents a glyph on a page whose text runs from left to right along increasing x.</summary>
/// <param name="Text">Its characters in reading order, not empty.</param>
/// <param name="Left">Where it begins on its baseline, in points.</param>
/// <param name="Right">Where the next glyph is expected.</param>
/// <param name="Base">Height of its baseline.</param>
/// <param name="Size">Size of its font in points.</param>
readonly record struct PdfGlyph(string Text, double Left, double Right, double Base, double Size)
{
    internal double Middle => (Left + Right) / 2;

    internal bool IsSpace => string.IsNullOrWhiteSpace(Text);
}

/// <summary>Represents a horizontal rule of a page, such as a line of a table or the line above footnotes.</summary>
readonly record struct PdfRule(double Left, double Right, double Height);

/// <summary>Represents what a page shows.</summary>
/// <param name="Number">Its number, from 1.</param>
/// <param name="Height">Its height in points, upright.</param>
/// <param name="Glyphs">Glyphs by the angle of their baseline in degrees; the coordinates are turned upright.</param>
/// <param name="Rules">Horizontal rules of the upright page.</param>
/// <param name="Images">Number of images.</param>
/// <param name="Paths">Number of painted lines and shapes.</param>
/// <param name="Unmapped">Number of glyphs for which the file has no characters.</param>
sealed record PdfPage(
    int Number,
    double Height,
    IReadOnlyDictionary<int, List<PdfGlyph>> Glyphs,
    IReadOnlyList<PdfRule> Rules,
    int Images,
    int Paths,
    int Unmapped);
