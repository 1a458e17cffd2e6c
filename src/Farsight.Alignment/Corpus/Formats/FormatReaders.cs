using Farsight.Alignment.Corpus.Formats.Docx;
using Farsight.Alignment.Corpus.Formats.Html;
using Farsight.Alignment.Corpus.Formats.Pdf;

namespace Farsight.Alignment.Corpus.Formats;

/// <summary>Lists the readers of all document formats.</summary>
static class FormatReaders
{
    /// <summary>Number of bytes from which a format is recognized.</summary>
    internal const int HeadBytes = 4096;

    internal static IReadOnlyList<IFormatReader> All { get; } = [new PdfReader(), new HtmlReader(), new DocxReader()];

    /// <summary>Returns the reader for the extension of a name; null where it is none of a document format.</summary>
    internal static IFormatReader? OfName(ReadOnlySpan<char> name)
    {
        foreach (IFormatReader reader in All)
        {
            foreach (string extension in reader.Extensions)
            {
                if (name.EndsWith(extension, StringComparison.OrdinalIgnoreCase))
                {
                    return reader;
                }
            }
        }
        return null;
    }

    /// <summary>Returns the reader that recognizes the first bytes of a file; null where none does.</summary>
    internal static IFormatReader? OfHead(ReadOnlySpan<byte> head)
    {
        foreach (IFormatReader reader in All)
        {
            if (reader.Recognizes(head))
            {
                return reader;
            }
        }
        return null;
    }
}
