using System.Globalization;
using Farsight.Engine;

namespace Farsight.Alignment.Corpus.Formats.Html;

/// <summary>Extracts the text of web pages.</summary>
sealed class HtmlReader : IFormatReader
{
    /// <inheritdoc/>
    public string Name => "HTML";

    /// <inheritdoc/>
    public IReadOnlyList<string> Extensions { get; } = [".html", ".htm", ".xhtml", ".xht"];

    /// <inheritdoc/>
    public bool Recognizes(ReadOnlySpan<byte> head)
    {
        string start = HtmlEncoding.Decode(head).TrimStart('\uFEFF', ' ', '\t', '\r', '\n');
        return start.StartsWith("<!doctype html", StringComparison.OrdinalIgnoreCase)
            || start.StartsWith("<html", StringComparison.OrdinalIgnoreCase)
            || (start.StartsWith("<?xml", StringComparison.OrdinalIgnoreCase)
                && start.Contains("<html", StringComparison.OrdinalIgnoreCase));
    }

    /// <inheritdoc/>
    public FormattedText Read(Stream file, FormatLimits limits)
    {
        if (file.Length > limits.PartBytes)
        {
            throw new InputException($"the page has more than {limits.PartBytes >> 20} MiB, which is the limit");
        }
        byte[] bytes = new byte[file.Length];
        file.ReadExactly(bytes);
        if (bytes.Length == 0)
        {
            throw new InputException("the file is empty (0 bytes)");
        }
        string page = HtmlEncoding.Decode(bytes);
        if (bytes is [(byte)'%', (byte)'P', (byte)'D', (byte)'F', ..] or [(byte)'P', (byte)'K', 3, 4, ..] or [0xD0, 0xCF, 0x11, 0xE0, ..]
            || page.AsSpan(0, Math.Min(page.Length, 4096)).Contains('\0'))
        {
            throw new InputException("the file is not HTML: it has binary content");
        }
        HtmlTree tree = HtmlTree.Read(page, limits.Depth);
        HtmlText writer = new(tree, hasChrome: false);
        string text = writer.Write();
        if (text.Length == 0)
        {
            writer = new(tree, hasChrome: true);
            text = writer.Write();
        }
        return text.Length == 0 ? throw new InputException(Reason(tree)) : new(text, writer.Marks, [.. Warnings(tree, writer.Lost)]);
    }

    static string Reason(HtmlTree tree) =>
        tree.HasFrames ? "the page consists of frames and contains no text; use the pages of the frames"
        : tree.HasScripts ? "the page contains no text; a script would fill it in a browser"
        : "the page contains no text";

    static IEnumerable<string> Warnings(HtmlTree tree, int lost)
    {
        if (lost > 0)
        {
            yield return string.Create(
                CultureInfo.InvariantCulture,
                $"{lost} {(lost == 1 ? "character is" : "characters are")} missing: damaged or of another encoding");
        }
        if (tree.IsTooDeep)
        {
            yield return "the elements are nested too deeply; the deepest were read as if they were less deep";
        }
    }
}
