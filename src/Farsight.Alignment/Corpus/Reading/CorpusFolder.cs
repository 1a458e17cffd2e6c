using System.IO.Enumeration;
using Farsight.Alignment.Corpus.Formats;
using Farsight.Engine;
using Farsight.Engine.Files;

namespace Farsight.Alignment.Corpus.Reading;

/// <summary>Finds the files of a corpus.</summary>
/// <remarks>Names that begin with a dot and links to folders are passed over. Pipes, sockets and devices are reported.</remarks>
static class CorpusFolder
{
    /// <summary>
    /// Returns the named file, or all files of the named folder and its subfolders in ordinal order of their relative paths.
    /// </summary>
    /// <param name="path">File or folder.</param>
    /// <param name="isFormatKnown">Whether the user specified the format; a specified file may then have any name.</param>
    /// <exception cref="InputException">There are no documents, or the folder cannot be read.</exception>
    internal static CorpusFile[] Files(string path, bool isFormatKnown)
    {
        if (File.Exists(path))
        {
            return !RegularFile.Is(path) ? throw new InputException($"'{path}' is a pipe, socket or device, not a regular file.")
                : OtherKind(path) is { } kind
                ? throw new InputException($"'{path}' seems to be {kind}. Specify a file or folder with documents ({CorpusFile.Kinds}).")
                : isFormatKnown || CorpusFile.IsDocument(path) || FormattedDocument.Recognized(path) is not null
                ? [new(Path.GetFileName(path), path, IsNamed: true)]
                : throw new InputException(
                    $"'{path}' has an unknown extension. Expected {CorpusFile.Kinds}, optionally with .gz or .zst; "
                    + "for any other name, set the document format.");
        }
        if (!Directory.Exists(path))
        {
            throw new InputException($"'{path}' does not exist. Specify a file or folder with documents.");
        }
        try
        {
            CorpusFile[] files =
            [
                .. Walk(path)
                    .Select(f => new CorpusFile(Path.GetRelativePath(path, f).Replace('\\', '/'), f, IsNamed: false))
                    .OrderBy(f => f.Id, StringComparer.Ordinal),
            ];
            return files.Length > 0
                ? files
                : throw new InputException($"'{path}' contains no {CorpusFile.Kinds} file. Specify a file or folder with documents.");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new InputException($"The folder '{path}' cannot be read: {e.Message}", e);
        }
    }

    /// <summary>Returns what a binary file seems to be that no reader of documents reads; null for other files.</summary>
    static string? OtherKind(string path) =>
        FormatReaders.OfName(CorpusFile.Bare(path)) is null
        && FormattedDocument.Recognized(path) is null
        && BinaryKind.Of(path) is { } kind and not (BinaryKind.Gzip or BinaryKind.Zstandard) ? kind : null;

    static FileSystemEnumerable<string> Walk(string folder) =>
        new(
            folder,
            (ref entry) => entry.ToFullPath(),
            new EnumerationOptions
            {
                RecurseSubdirectories = true,
                IgnoreInaccessible = false,
                AttributesToSkip = 0,
            })
        {
            ShouldIncludePredicate = (ref entry) => !entry.IsDirectory && entry.FileName[0] != '.' && CorpusFile.IsDocument(entry.FileName),

            // a link may lead back to a folder above it
            ShouldRecursePredicate = (ref entry) => entry.FileName[0] != '.' && (entry.Attributes & FileAttributes.ReparsePoint) == 0,
        };
}
