using Farsight.Alignment.Corpus.Formats;
using Farsight.Engine;

namespace Farsight.Alignment.Corpus.Reading;

/// <summary>Represents a file of a corpus.</summary>
/// <param name="Id">Path relative to the corpus, with forward slashes.</param>
/// <param name="Path">Path of the file.</param>
/// <param name="IsNamed">Whether the user specified this file, so that it must contain documents.</param>
readonly record struct CorpusFile(string Id, string Path, bool IsNamed)
{
    static readonly string[] s_text = [".txt", ".md", ".markdown", ".text"],
        s_records = [".jsonl", ".ndjson", ".json"],
        s_compressed = [".gz", ".zst"];

    /// <summary>Document file extensions, for messages.</summary>
    internal static string Kinds { get; } =
        $".txt, .md, .jsonl, .json{string.Concat(FormatReaders.All.Select(r => $", {r.Extensions[0]}"))} or .parquet";

    /// <summary>Gets whether the name is that of a text file; otherwise the file contains records.</summary>
    internal bool IsText => EndsWith(Bare(Id), s_text);

    /// <summary>Gets whether the name is that of a Parquet file, which has a record per row.</summary>
    internal bool IsParquet => IsParquetName(Id);

    /// <summary>Returns whether the name is that of a Parquet file.</summary>
    internal static bool IsParquetName(ReadOnlySpan<char> name) => name.EndsWith(".parquet", StringComparison.OrdinalIgnoreCase);

    /// <summary>Returns whether the name is that of a document file, compressed or not.</summary>
    internal static bool IsDocument(ReadOnlySpan<char> name) =>
        EndsWith(Bare(name), s_text) || EndsWith(Bare(name), s_records) || IsParquetName(name)
        || FormatReaders.OfName(Bare(name)) is not null;

    /// <summary>Creates an exception with the full path and the cause.</summary>
    internal InputException Unreadable(Exception e) => new($"'{Path}' cannot be read: {e.Message}", e);

    /// <summary>Removes the extension of a compression.</summary>
    internal static ReadOnlySpan<char> Bare(ReadOnlySpan<char> name) => EndsWith(name, s_compressed) ? name[..name.LastIndexOf('.')] : name;

    static bool EndsWith(ReadOnlySpan<char> name, string[] endings)
    {
        foreach (string ending in endings)
        {
            if (name.EndsWith(ending, StringComparison.OrdinalIgnoreCase))
            {
                return true;
            }
        }
        return false;
    }
}
