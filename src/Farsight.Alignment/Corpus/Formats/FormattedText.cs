namespace Farsight.Alignment.Corpus.Formats;

/// <summary>Represents the text that a file of a document format, such as PDF or HTML, yields.</summary>
/// <param name="Text">The text in reading order, with line breaks as \n and without control characters except tab and line break.</param>
/// <param name="Marks">Where pages or sections begin, in increasing order; empty where the format has none.</param>
/// <param name="Warnings">What could not be read, one sentence each, for example "page 2 has no text (scanned image)".</param>
public sealed record FormattedText(string Text, IReadOnlyList<TextMark> Marks, IReadOnlyList<string> Warnings);

/// <summary>Represents the beginning of a page or section in a text.</summary>
/// <param name="Offset">Index of its first UTF-16 unit in the text.</param>
/// <param name="Label">Its name, for example "page 3".</param>
public readonly record struct TextMark(int Offset, string Label);

/// <summary>Extracts the text of one document format.</summary>
/// <remarks>A reader neither crashes, loops nor exceeds <see cref="FormatLimits"/>, whatever the bytes are.</remarks>
public interface IFormatReader
{
    /// <summary>Gets the name of the format as users write it, for example "PDF".</summary>
    string Name { get; }

    /// <summary>Gets the file extensions of the format in lower case, each with its dot.</summary>
    IReadOnlyList<string> Extensions { get; }

    /// <summary>Returns whether the first bytes of a file are those of the format; false where it has no signature.</summary>
    bool Recognizes(ReadOnlySpan<byte> head);

    /// <summary>Extracts the text.</summary>
    /// <param name="file">A stream that can seek, at its beginning.</param>
    /// <param name="limits">Bounds on what is unpacked.</param>
    /// <exception cref="Engine.InputException">The file is empty, protected, damaged, of another format or without text. The message is a
    /// sentence without the file's name, such as "the file is encrypted with a password".</exception>
    FormattedText Read(Stream file, FormatLimits limits);
}

/// <summary>Holds bounds that protect the process from small files that unpack to large ones.</summary>
/// <param name="UnpackedBytes">Maximum bytes of one file after decompression.</param>
/// <param name="PartBytes">Maximum bytes of one part (stream, zip entry, page of values) after decompression.</param>
/// <param name="Depth">Greatest depth of nested elements or objects that is followed.</param>
public sealed record FormatLimits(long UnpackedBytes = 512L << 20, long PartBytes = 128L << 20, int Depth = 256);
