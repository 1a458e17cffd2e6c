using Farsight.Alignment.Corpus.Formats;
using Farsight.Engine;
using Farsight.Engine.Files;

namespace Farsight.Alignment.Corpus.Reading;

/// <summary>Reads a file of a document format, such as PDF, which is one document.</summary>
static class FormattedDocument
{
    static readonly FormatLimits s_limits = new();

    /// <summary>
    /// Returns the reader of a file: by its extension, or by its first bytes where the extension is none that is known.
    /// </summary>
    internal static IFormatReader? ReaderOf(CorpusFile file, DocumentFormat format) =>
        FormatReaders.OfName(CorpusFile.Bare(file.Id))
        ?? (format != DocumentFormat.Auto || CorpusFile.IsDocument(file.Id) ? null : Recognized(file.Path));

    /// <summary>Returns the reader that recognizes the first bytes of an uncompressed file; null where none does.</summary>
    internal static IFormatReader? Recognized(string path) => FormatReaders.OfHead(Head(path));

    /// <summary>
    /// Returns why a file is not the text that its name says, as a sentence without the file's name; null where it may be one. A text may
    /// begin with the tags of a page, so these are no reason.
    /// </summary>
    internal static string? Disguise(string path)
    {
        ReadOnlySpan<byte> head = Head(path);
        bool isMarkup = head.TrimStart(" \t\r\n\uFEFF"u8) is [(byte)'<', ..];
        return !isMarkup && FormatReaders.OfHead(head) is { } reader ? NotAsNamed(reader, "text") : null;
    }

    /// <summary>Reads the file; null where it is refused, which the report then lists.</summary>
    /// <exception cref="InputException">The file is refused, and was named by the user or refused files are errors.</exception>
    internal static CandidateDocument? Read(CorpusFile file, IFormatReader reader, CorpusOptions options, CorpusReport report)
    {
        FormattedText text;
        try
        {
            text = FormatProcess.Command is null ? Extract(file, reader) : FormatProcess.Read(file.Path, reader.Name);
        }
        catch (InputException e) when (e is not FormatProcess.NotStartedException) // which is no fault of the file
        {
            Refuse(file, e, options, report);
            return null;
        }
        report.CountFile(reader.Name.ToLowerInvariant());
        foreach (string warning in text.Warnings)
        {
            report.Warn(file.Id, warning);
            options.Notice?.Invoke($"'{file.Path}': {warning}.");
        }
        return new(new(file.Id, text.Text, []) { Marks = text.Marks }, [], null);
    }

    /// <summary>Extracts the text in this process.</summary>
    /// <exception cref="InputException">As <see cref="IFormatReader.Read"/>.</exception>
    internal static FormattedText Extract(CorpusFile file, IFormatReader reader)
    {
        using Stream content = Content(file);
        byte[] head = Head(content).ToArray();
        return head.Length > 0 && !reader.Recognizes(head) && FormatReaders.OfHead(head) is { } other
            ? throw new InputException(NotAsNamed(other, reader.Name))
            : reader.Read(content, s_limits);
    }

    /// <summary>Lists a refused file and continues, or ends with an error.</summary>
    internal static void Refuse(CorpusFile file, InputException fault, CorpusOptions options, CorpusReport report)
    {
        if (file.IsNamed || (options.Repair ? options.IsStrict : options.Notice is null))
        {
            throw new InputException($"'{file.Path}': {fault.Message.TrimEnd('.')}.", fault);
        }
        report.Refuse(file.Id, fault.Message);
        options.Notice?.Invoke($"'{file.Path}' is skipped: {fault.Message}.");
    }

    static string NotAsNamed(IFormatReader found, string named) =>
        $"the file is not a {named} but {found.Name}; rename it to {found.Extensions[0]}";

    static Stream Content(CorpusFile file)
    {
        if (CorpusFile.Bare(file.Id).Length == file.Id.Length)
        {
            try
            {
                return RegularFile.OpenRead(file.Path);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                throw new InputException($"the file cannot be read: {e.Message.TrimEnd('.')}", e);
            }
        }
        return CorpusStream.ReadAll(file) is { } bytes
            ? new MemoryStream(bytes.ToArray(), writable: false)
            : throw new InputException($"the file has more than {CorpusStream.MostBytes >> 20} MiB after decompression");
    }

    /// <summary>Returns the first bytes of a file; none where it cannot be read, which its reader then reports.</summary>
    static ReadOnlySpan<byte> Head(string path)
    {
        try
        {
            using FileStream file = RegularFile.OpenRead(path);
            return Head(file);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }

    static ReadOnlySpan<byte> Head(Stream content)
    {
        byte[] head = new byte[FormatReaders.HeadBytes];
        int length = content.ReadAtLeast(head, head.Length, throwOnEndOfStream: false);
        content.Position = 0;
        return head.AsSpan(0, length);
    }
}
