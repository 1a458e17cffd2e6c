using System.Globalization;
using System.IO.Compression;
using System.Text;

namespace Farsight.Tests.Alignment.Corpus.Formats;

/// <summary>Writes small PDF files (ISO 32000-1) with one standard font, page by page.</summary>
sealed class PdfBytes
{
    const int Catalog = 1, Tree = 2, Font = 3, FirstFree = 4;

    readonly List<byte[]> _objects = [];
    readonly List<int> _pages = [];

    /// <summary>Gets or sets further entries of the catalog.</summary>
    internal string CatalogEntries { get; init; } = "";

    /// <summary>Gets or sets the number of pages that the page tree states; null for the right one.</summary>
    internal int? StatedPages { get; init; }

    /// <summary>Returns drawing instructions that show a line of text.</summary>
    internal static string Line(double x, double y, string text, double size = 11) => string.Create(
        CultureInfo.InvariantCulture,
        $"BT /F1 {size} Tf {x} {y} Td ({text}) Tj ET\n");

    /// <summary>Returns instructions that show lines below each other.</summary>
    internal static string Lines(double x, double y, params string[] lines) =>
        string.Concat(lines.Select((l, i) => Line(x, y - (14 * i), l)));

    /// <summary>Adds a page whose stream is stored as it is.</summary>
    internal PdfBytes Page(string content, string pageEntries = "", string resources = "") =>
        Page(Encoding.Latin1.GetBytes(content), "", pageEntries, resources);

    /// <summary>Adds a page whose stream is compressed.</summary>
    internal PdfBytes Compressed(byte[] content) => Page(Deflate(content), "/Filter /FlateDecode");

    /// <summary>Adds a page with given bytes and filters.</summary>
    internal PdfBytes Page(byte[] stored, string filter, string pageEntries = "", string resources = "")
    {
        byte[] head = Encoding.Latin1.GetBytes($"<</Length {stored.Length} {filter}>>stream\n");
        int stream = Add([.. head, .. stored, .. "\nendstream"u8]);
        _pages.Add(Add(
            $"<</Type/Page/Parent {Tree} 0 R/MediaBox[0 0 595 842]/Contents {stream} 0 R{pageEntries}"
                + $"/Resources<</Font<</F1 {Font} 0 R>>{resources}>>>>"));
        return this;
    }

    /// <summary>Adds an object and returns its number.</summary>
    internal int Add(string content) => Add(Encoding.Latin1.GetBytes(content));

    internal static byte[] Deflate(byte[] bytes)
    {
        using MemoryStream packed = new();
        using (ZLibStream stream = new(packed, CompressionLevel.SmallestSize))
        {
            stream.Write(bytes);
        }
        return packed.ToArray();
    }

    /// <summary>Returns the bytes of the file.</summary>
    internal byte[] Write()
    {
        string kids = string.Join(' ', _pages.Select(p => $"{p} 0 R"));
        byte[][] all =
        [
            Encoding.Latin1.GetBytes($"<</Type/Catalog/Pages {Tree} 0 R{CatalogEntries}>>"),
            Encoding.Latin1.GetBytes($"<</Type/Pages/Count {StatedPages ?? _pages.Count}/Kids[{kids}]>>"),
            "<</Type/Font/Subtype/Type1/BaseFont/Helvetica/Encoding/WinAnsiEncoding>>"u8.ToArray(),
            .. _objects,
        ];
        using MemoryStream file = new();
        file.Write("%PDF-1.4\n"u8);
        List<long> offsets = [];
        for (int i = 0; i < all.Length; i++)
        {
            offsets.Add(file.Position);
            file.Write([.. Encoding.Latin1.GetBytes($"{i + Catalog} 0 obj\n"), .. all[i], .. "\nendobj\n"u8]);
        }
        long table = file.Position;
        file.Write(Encoding.Latin1.GetBytes($"xref\n0 {all.Length + 1}\n0000000000 65535 f \n"));
        string[] entries = [.. offsets.Select(o => string.Create(CultureInfo.InvariantCulture, $"{o:D10} 00000 n \n"))];
        file.Write(Encoding.Latin1.GetBytes(string.Concat(entries)));
        file.Write(Encoding.Latin1.GetBytes($"trailer<</Size {all.Length + 1}/Root {Catalog} 0 R>>\nstartxref\n{table}\n%%EOF\n"));
        return file.ToArray();
    }

    int Add(byte[] content)
    {
        _objects.Add(content);
        return FirstFree + _objects.Count - 1;
    }
}
