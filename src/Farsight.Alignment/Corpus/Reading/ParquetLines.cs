using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Unicode;
using Farsight.Alignment.Corpus.Formats.Parquet;
using Farsight.Engine;

namespace Farsight.Alignment.Corpus.Reading;

/// <summary>Reads and writes the lines of a .jsonl file as a Parquet file with a row per line.</summary>
static class ParquetLines
{
    /// <summary>Returns whether a file is Parquet by its name.</summary>
    internal static bool IsNamed(string path) => CorpusFile.IsParquetName(path);

    /// <summary>Reads all columns, a JSON object per row.</summary>
    /// <exception cref="InputException">The file cannot be read, is damaged, or has a text that is not UTF-8.</exception>
    internal static IEnumerable<string> Read(string path)
    {
        CorpusOptions options = new(path);
        CorpusFile file = new(Path.GetFileName(path), path, IsNamed: true);
        foreach (JsonRecord record in ParquetRecords.Read(file, options, new(), parquet => parquet.Fields))
        {
            yield return Utf8.IsValid(record.Json.Span) ? Encoding.UTF8.GetString(record.Json.Span)
                : throw new InputException(string.Create(
                    CultureInfo.InvariantCulture, $"'{path}', row {record.Line}: a text is not UTF-8; write the file again."));
        }
    }

    /// <summary>Creates a file beside an output for its lines, which vanishes when it is closed.</summary>
    internal static Stream Buffer(string output) =>
        new FileStream(output + ".lines", FileMode.Create, FileAccess.ReadWrite, FileShare.None, 1 << 16, FileOptions.DeleteOnClose);

    /// <summary>Writes lines of JSON objects as Parquet.</summary>
    /// <param name="lines">A stream that can seek, with the lines.</param>
    /// <param name="output">Receives the file.</param>
    internal static void Write(Stream lines, Stream output) => ParquetWriter.Write(output, () => Rows(lines));

    static IEnumerable<JsonElement> Rows(Stream lines)
    {
        lines.Position = 0;
        using StreamReader reader = new(lines, Encoding.UTF8, leaveOpen: true);
        while (reader.ReadLine() is { } line)
        {
            using JsonDocument row = JsonDocument.Parse(line);
            yield return row.RootElement;
        }
    }
}
