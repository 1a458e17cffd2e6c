using Farsight.Alignment.Corpus.Duplicates;
using Farsight.Alignment.Corpus.Reading;
using Farsight.Engine;
using Farsight.Engine.Files;
using Farsight.Engine.Numerics;

namespace Farsight.Alignment.Corpus;

/// <summary>
/// Reads a corpus: a file, or a folder of .txt, .md, .jsonl and .json files and of files of document formats such as PDF, each of them
/// also with .gz or .zst.
/// </summary>
/// <remarks>
/// A text, or a file of a document format, is one document; the records of the other files are one each, see
/// <see cref="DocumentFormat"/>. Documents come one at a time and files in ordinal order of their relative names, so neither the
/// size of a corpus nor the machine matters.
/// </remarks>
public static class DocumentReader
{
    /// <summary>
    /// Returns the files that a corpus is read from: names relative to it, with forward slashes and in the order of reading, and paths.
    /// </summary>
    /// <exception cref="InputException">There are no documents, or the folder cannot be read.</exception>
    public static IReadOnlyList<(string Name, string Path)> FilesOf(string path) =>
        [.. CorpusFolder.Files(path, isFormatKnown: false).Select(f => (f.Id, f.Path))];

    /// <summary>Reads all documents without repair. Invalid UTF-8, empty texts and files that would be skipped are errors.</summary>
    /// <param name="path">File or folder.</param>
    /// <exception cref="InputException">There are no documents, or a file cannot be read or is damaged.</exception>
    public static IEnumerable<SourceDocument> Read(string path) => Read(path, notice: null);

    /// <summary>Reads all documents without repair. Invalid UTF-8 and empty texts are errors.</summary>
    /// <param name="path">File or folder.</param>
    /// <param name="notice">Receives what <see cref="CorpusOptions.Notice"/> does. Without it, a file that would be skipped is an
    /// error.</param>
    /// <exception cref="InputException">There are no documents, or a file cannot be read or is damaged.</exception>
    public static IEnumerable<SourceDocument> Read(string path, Action<string>? notice) =>
        Read(new CorpusOptions(path) { Repair = false, Notice = notice }, new());

    /// <summary>Reads the selected documents, one at a time.</summary>
    /// <param name="options">Selection and repair of documents.</param>
    /// <param name="report">Counts everything that is read, repaired and dropped; complete after the last document.</param>
    /// <exception cref="InputException">There is nothing to read, or a file cannot be read or is
    /// damaged; the message names file and line.</exception>
    public static IEnumerable<SourceDocument> Read(CorpusOptions options, CorpusReport report)
    {
        options.Check();
        CorpusFile[] files = CorpusFolder.Files(options.Path, options.Format != DocumentFormat.Auto);
        return options.Sample is { Count: { } count } ? ReadDrawn(files, options, count, report) : ReadAll(files, options, report);
    }

    static IEnumerable<SourceDocument> ReadAll(CorpusFile[] files, CorpusOptions options, CorpusReport report)
    {
        foreach (SourceDocument document in Passing(files, options, report))
        {
            report.Keep(document);
            yield return document;
        }
        if (report.Read == 0)
        {
            throw new InputException(report.Refused is [var first, ..]
                ? $"'{options.Path}' contains no readable documents. {report.Refused.Count} files were skipped; the first is "
                    + $"'{first.File}': {first.Sentence}."
                : $"'{options.Path}' contains no documents: every file is empty or contains something else.");
        }
    }

    /// <summary>Reads the documents of the lowest ranks. A first pass finds them without keeping any text.</summary>
    static IEnumerable<SourceDocument> ReadDrawn(CorpusFile[] files, CorpusOptions options, int count, CorpusReport report)
    {
        PriorityQueue<string, ulong> drawn = new(Comparer<ulong>.Create((a, b) => b.CompareTo(a))); // the highest rank leaves first
        foreach (SourceDocument document in Passing(files, options, report))
        {
            drawn.Enqueue(document.Id, Rank(options.Sample!, document.Id));
            if (drawn.Count > count)
            {
                report.Drop(drawn.Dequeue(), DropReason.NotDrawn);
            }
        }
        HashSet<string> wanted = [.. drawn.UnorderedItems.Select(d => d.Element)];
        foreach (CandidateDocument found in ReadCandidates(files, options, new()))
        {
            options.Told?.Invoke(report);
            if (wanted.Contains(found.Document.Id))
            {
                report.Keep(found.Document);
                yield return found.Document;
            }
        }
    }

    static IEnumerable<SourceDocument> Passing(CorpusFile[] files, CorpusOptions options, CorpusReport report)
    {
        NearDuplicateIndex? seen = options.NearDuplicate is { } similarity ? new(similarity) : null;
        foreach (CandidateDocument found in ReadCandidates(files, options, report))
        {
            report.CountRead(found);
            options.Told?.Invoke(report);
            if (Fault(found, options, seen) is { } reason)
            {
                report.Drop(found.Document.Id, reason);
                continue;
            }
            yield return found.Document;
        }
    }

    static IEnumerable<CandidateDocument> ReadCandidates(CorpusFile[] files, CorpusOptions options, CorpusReport report)
    {
        foreach (CorpusFile file in files)
        {
            if (!RegularFile.Is(file.Path))
            {
                report.PassOver(file.Id); // a pipe or device could block forever
                continue;
            }
            if (FormattedDocument.ReaderOf(file, options.Format) is { } reader)
            {
                if (FormattedDocument.Read(file, reader, options, report) is { } formatted)
                {
                    yield return formatted;
                }
                continue;
            }
            if (options.Format == DocumentFormat.Auto && FormattedDocument.Disguise(file.Path) is { } disguise)
            {
                FormattedDocument.Refuse(file, new(disguise), options, report);
                continue;
            }
            if (options.Format == DocumentFormat.Text || (options.Format == DocumentFormat.Auto && file.IsText))
            {
                report.CountFile(DocumentFormat.Text);
                yield return TextDocument.Read(file, options);
                continue;
            }
            IEnumerable<CandidateDocument> documents = file.IsParquet && options.HasWholeRows
                ? ParquetTexts.Read(file, options, report)
                : new RecordDocuments(file, options).Read(report);
            foreach (CandidateDocument found in documents)
            {
                yield return found;
            }
        }
    }

    /// <summary>Returns the reason for dropping a document, cheapest check first; null keeps it.</summary>
    static string? Fault(CandidateDocument found, CorpusOptions options, NearDuplicateIndex? seen)
    {
        SourceDocument document = found.Document;
        if (found.Dropped is { } dropped)
        {
            return dropped;
        }
        if (options.Sample is { Share: < 1 } sample && !IsIn(sample, document.Id))
        {
            return DropReason.NotDrawn;
        }
        if (string.IsNullOrWhiteSpace(document.Text))
        {
            return DropReason.Empty;
        }
        if (TextDocument.IsGarbled(found))
        {
            return DropReason.Garbled;
        }
        if (options.Length is { } limits && limits.Of(document.Text) is var length && (length < limits.Least || length > limits.Most))
        {
            return length < limits.Least ? DropReason.TooShort : DropReason.TooLong;
        }
        return seen is not null && !seen.Add(document.Text) ? DropReason.NearDuplicate : null;
    }

    static bool IsIn(CorpusSample sample, string id) => SeededRandom.For(sample.Seed, $"corpus share/{id}", 0).NextDouble() < sample.Share;

    /// <summary>Computes a uniform rank from the seed and the id.</summary>
    static ulong Rank(CorpusSample sample, string id) => SeededRandom.For(sample.Seed, $"corpus rank/{id}", 0).NextUInt64();
}
