using System.IO.Enumeration;
using System.Text;
using Farsight.Engine;

namespace Farsight.Alignment.Documents;

/// <summary>Reads a corpus: a folder of .txt, .md and .jsonl files, or one such file.</summary>
/// <remarks>
/// A .txt or .md file is one document; each line of a .jsonl file is one (see <see cref="JsonlDocuments"/>). Folders are
/// read recursively, files in ordinal order of their relative names, so that the order is the same on every machine.
/// Names that begin with a dot and links to folders are passed over.
/// </remarks>
public static class DocumentReader
{
    static readonly string[] s_extensions = [".txt", ".md", ".jsonl"];
    static readonly UTF8Encoding s_utf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>The documents of a file or folder, one at a time.</summary>
    /// <exception cref="InputException">There is nothing to read, or a file cannot be read, is not UTF-8 or is damaged.</exception>
    public static IEnumerable<SourceDocument> Read(string path)
    {
        (string Id, string Path)[] files = Files(path);
        return files.Length > 0
            ? ReadEach(path, files)
            : throw new InputException($"'{path}' holds no .txt, .md or .jsonl file; name a folder or file with documents.");
    }

    static (string Id, string Path)[] Files(string path)
    {
        if (File.Exists(path))
        {
            return IsDocument(path)
                ? [(Path.GetFileName(path), path)]
                : throw new InputException($"'{path}' is not a .txt, .md or .jsonl file.");
        }
        if (!Directory.Exists(path))
        {
            throw new InputException($"'{path}' does not exist; name a folder or file with documents.");
        }
        try
        {
            return [.. Walk(path).Select(file => (Id: Path.GetRelativePath(path, file).Replace('\\', '/'), file)).OrderBy(f => f.Id, StringComparer.Ordinal)];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new InputException($"The folder '{path}' cannot be read: {e.Message}", e);
        }
    }

    static FileSystemEnumerable<string> Walk(string folder) =>
        new(folder, (ref entry) => entry.ToFullPath(), new EnumerationOptions { RecurseSubdirectories = true, IgnoreInaccessible = false, AttributesToSkip = 0 })
        {
            ShouldIncludePredicate = (ref entry) => !entry.IsDirectory && entry.FileName[0] != '.' && IsDocument(entry.FileName),

            // a link may lead back to a folder above it
            ShouldRecursePredicate = (ref entry) => entry.FileName[0] != '.' && (entry.Attributes & FileAttributes.ReparsePoint) == 0,
        };

    static bool IsDocument(ReadOnlySpan<char> name)
    {
        foreach (string extension in s_extensions)
        {
            if (name.EndsWith(extension, StringComparison.OrdinalIgnoreCase))
            {
                return true;
            }
        }
        return false;
    }

    static IEnumerable<SourceDocument> ReadEach(string corpus, (string Id, string Path)[] files)
    {
        bool any = false;
        foreach ((string id, string path) in files)
        {
            IEnumerable<SourceDocument> documents = path.EndsWith(".jsonl", StringComparison.OrdinalIgnoreCase)
                ? JsonlDocuments.Read(id, path)
                : [new(id, ReadText(path), [])];
            foreach (SourceDocument document in documents)
            {
                any = true;
                yield return document;
            }
        }
        if (!any)
        {
            throw new InputException($"'{corpus}' holds no document: every .jsonl file in it is empty.");
        }
    }

    static string ReadText(string path)
    {
        byte[] bytes = ReadBytes(path);
        ReadOnlySpan<byte> content = bytes.AsSpan().StartsWith(Encoding.UTF8.Preamble) ? bytes.AsSpan(Encoding.UTF8.Preamble.Length) : bytes;
        try
        {
            string text = s_utf8.GetString(content);
            return !string.IsNullOrWhiteSpace(text) ? text : throw new InputException($"'{path}' holds no text; write some or remove the file.");
        }
        catch (DecoderFallbackException e)
        {
            int line = 1 + content[..e.Index].Count((byte)'\n');
            throw new InputException($"'{path}', line {line}: the bytes are not UTF-8; save the file as UTF-8.", e);
        }
    }

    static byte[] ReadBytes(string path)
    {
        try
        {
            return File.ReadAllBytes(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new InputException($"'{path}' cannot be read: {e.Message}", e);
        }
    }
}
