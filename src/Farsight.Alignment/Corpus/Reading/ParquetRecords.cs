using Farsight.Alignment.Corpus.Formats;
using Farsight.Alignment.Corpus.Formats.Parquet;
using Farsight.Engine;
using Farsight.Engine.Files;

namespace Farsight.Alignment.Corpus.Reading;

/// <summary>Reads the rows of a Parquet file as the records that a .jsonl file would have.</summary>
static class ParquetRecords
{
    /// <summary>Reads the columns that hold documents.</summary>
    /// <param name="file">The file.</param>
    /// <param name="options">Format and text field of the corpus.</param>
    /// <param name="format">Format of the records.</param>
    /// <exception cref="InputException">The file is damaged or has no column of the format; the message lists its columns.</exception>
    internal static IEnumerable<JsonRecord> Read(CorpusFile file, CorpusOptions options, out DocumentFormat format)
    {
        FileStream stream = Open(file.Path);
        try
        {
            ParquetFile parquet = Named(file.Path, () => ParquetFile.Open(stream));
            (format, IReadOnlyList<ParquetField> fields) = Named(file.Path, () => Fields(parquet, options));
            return Records(file.Path, stream, parquet, fields);
        }
        catch
        {
            stream.Dispose();
            throw;
        }
    }

    /// <summary>Reads rows, and closes the file at the end.</summary>
    internal static IEnumerable<JsonRecord> Records(string path, FileStream stream, ParquetFile parquet, IReadOnlyList<ParquetField> fields)
    {
        using FileStream open = stream;
        using IEnumerator<ReadOnlyMemory<byte>> rows = new ParquetRows(parquet, new FormatLimits()).Read(fields).GetEnumerator();
        for (int row = 1; Named(path, rows.MoveNext); row++)
        {
            yield return new(rows.Current, row, row, rows.Current.Length > CorpusStream.MostBytes);
        }
    }

    /// <summary>Opens a file.</summary>
    /// <exception cref="InputException">It cannot be read.</exception>
    internal static FileStream Open(string path)
    {
        try
        {
            return RegularFile.OpenRead(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new InputException($"'{path}' cannot be read: {e.Message}", e);
        }
    }

    static (DocumentFormat Format, IReadOnlyList<ParquetField> Fields) Fields(ParquetFile file, CorpusOptions options)
    {
        string[] names = options.Format switch
        {
            DocumentFormat.Field => [options.Field],
            DocumentFormat.Conversations => ["conversations", "messages"],
            DocumentFormat.Instruction => ["instruction", "input", "output"],
            _ => [],
        };
        IReadOnlyList<ParquetField> found = names.Length == 0 ? ParquetReader.TextColumns(file, options.Field)
            : [.. file.Fields.Where(f => names.Contains(f.Name))];
        string first = found.Count == 0 ? "" : found[0].Name;
        bool isOwn = first == options.Field || options.Format == DocumentFormat.Field;
        return first switch
        {
            "" or "question" or "answer" when !isOwn => throw new InputException(
                $"the file has no column of documents ({string.Join(", ", names.DefaultIfEmpty(options.Field))}); its columns are "
                    + file.Describe()),
            "messages" or "conversations" when !isOwn => (DocumentFormat.Conversations, found.Take(1).ToArray()),
            "instruction" or "input" or "output" when !isOwn => (DocumentFormat.Instruction, found),
            "prompt" or "chosen" or "rejected" or "completion" when !isOwn => Preference(found),
            _ => (
                DocumentFormat.Field,
                [found[0] with { Name = options.Field }, .. file.Fields.Where(f => f.Name == "questions" && f.IsList)]),
        };
    }

    /// <summary>Returns a preference as an instruction with the chosen response, or a conversation as its prompt.</summary>
    static (DocumentFormat Format, IReadOnlyList<ParquetField> Fields) Preference(IReadOnlyList<ParquetField> columns)
    {
        ParquetField prompt = columns.FirstOrDefault(c => c.Name == "prompt") ?? columns[0],
            response = columns.FirstOrDefault(c => c.Name is "chosen" or "completion") ?? columns[^1];
        return prompt.IsText && response.IsText
            ? (DocumentFormat.Instruction, [prompt with { Name = "instruction" }, response with { Name = "output" }])
            : (DocumentFormat.Conversations, [(prompt.IsList ? prompt : response) with { Name = "messages" }]);
    }

    /// <summary>Adds the path of the file to the message of an exception.</summary>
    internal static T Named<T>(string path, Func<T> read)
    {
        try
        {
            return read();
        }
        catch (InputException e)
        {
            throw new InputException($"'{path}': {e.Message}.", e);
        }
        catch (IOException e)
        {
            throw new InputException($"'{path}' cannot be read: {e.Message}", e);
        }
    }
}
