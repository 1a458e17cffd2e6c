using System.Globalization;
using Farsight.Alignment.Corpus.Formats;
using Farsight.Alignment.Corpus.Formats.Parquet;
using Farsight.Engine;
using Farsight.Engine.Files;

namespace Farsight.Alignment.Corpus.Reading;

/// <summary>Reads the rows of a Parquet file as the records that a .jsonl file would have.</summary>
static class ParquetRecords
{
    /// <summary>Reads the columns that hold documents. A file that cannot be read is refused.</summary>
    /// <param name="file">The file.</param>
    /// <param name="options">Format and text field of the corpus.</param>
    /// <param name="report">Lists a refused file.</param>
    /// <param name="format">Format of the records.</param>
    /// <exception cref="InputException">The file is damaged or has no column of the format, and was named by the user or refused files are
    /// errors.</exception>
    internal static IEnumerable<JsonRecord> Read(CorpusFile file, CorpusOptions options, CorpusReport report, out DocumentFormat format)
    {
        DocumentFormat found = options.Format;
        IEnumerable<JsonRecord> records = Read(
            file, options, report, parquet =>
            {
                (found, IReadOnlyList<ParquetField> fields) = Fields(parquet, options);
                return fields;
            });
        format = found;
        return records;
    }

    /// <summary>Reads columns. A file that cannot be read is refused; one that is damaged within is read up to there.</summary>
    /// <param name="file">The file.</param>
    /// <param name="options">What happens to refused files.</param>
    /// <param name="report">Lists a refused file.</param>
    /// <param name="select">Selects the columns.</param>
    /// <exception cref="InputException">The file was named by the user, or refused files are errors.</exception>
    internal static IEnumerable<JsonRecord> Read(
        CorpusFile file, CorpusOptions options, CorpusReport report, Func<ParquetFile, IReadOnlyList<ParquetField>> select)
    {
        FileStream? stream = null;
        try
        {
            stream = Open(file.Path);
            ParquetFile parquet = ParquetFile.Open(stream);
            return Records(stream, parquet, select(parquet), e => FormattedDocument.Refuse(file, e, options, report));
        }
        catch (Exception e) when (e is InputException or IOException)
        {
            stream?.Dispose();
            FormattedDocument.Refuse(file, e as InputException ?? Unreadable(e), options, report);
            return [];
        }
    }

    /// <summary>Reads rows, and closes the file at the end.</summary>
    /// <param name="stream">The file.</param>
    /// <param name="parquet">Its schema.</param>
    /// <param name="fields">The columns.</param>
    /// <param name="refuse">Takes why the next row cannot be read. If it returns, this row is the end.</param>
    internal static IEnumerable<JsonRecord> Records(
        FileStream stream, ParquetFile parquet, IReadOnlyList<ParquetField> fields, Action<InputException> refuse)
    {
        using FileStream open = stream;
        using IEnumerator<ReadOnlyMemory<byte>> rows = new ParquetRows(parquet, new FormatLimits()).Read(fields).GetEnumerator();
        for (int row = 1; HasNext(rows, row, refuse); row++)
        {
            yield return new(rows.Current, row, row, rows.Current.Length > CorpusStream.MostBytes);
        }
    }

    static bool HasNext(IEnumerator<ReadOnlyMemory<byte>> rows, int row, Action<InputException> refuse)
    {
        try
        {
            return rows.MoveNext();
        }
        catch (Exception e) when (e is InputException or IOException)
        {
            InputException fault = e as InputException ?? Unreadable(e);
            refuse(row == 1 ? fault : new(string.Create(
                CultureInfo.InvariantCulture, $"{fault.Message.TrimEnd('.')} (in row {row}; the rows before it were read)"), fault));
            return false;
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
            throw Unreadable(e);
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
        IReadOnlyList<ParquetField> found = names.Length == 0 ? ParquetTexts.Columns(file, options.Field)
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

    static InputException Unreadable(Exception e) => new($"the file cannot be read: {e.Message.TrimEnd('.')}", e);
}
