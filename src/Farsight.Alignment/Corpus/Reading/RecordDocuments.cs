using System.Text;
using System.Text.Json;
using System.Text.Unicode;
using Farsight.Alignment.Corpus.Repair;
using Farsight.Engine;
using Farsight.Engine.Files;

namespace Farsight.Alignment.Corpus.Reading;

/// <summary>Reads documents from JSON records in the requested format or that of the first record.</summary>
sealed class RecordDocuments(CorpusFile file, CorpusOptions options)
{
    static readonly JsonDocumentOptions s_json = new() { MaxDepth = 256 };

    // A file whose first records all have a fault is read in the wrong way.
    const int MostFaults = 100;

    DocumentFormat _format = options.Format;
    InputException? _firstFault;
    int _faults, _sound;

    /// <summary>Reads the file.</summary>
    /// <param name="report">Counts the file, or takes its name where it holds no documents.</param>
    /// <exception cref="InputException">The file is damaged, or no record is of the format; if <see cref="CorpusOptions.IsStrict"/>, a
    /// record has a fault. The message names file and line.</exception>
    internal IEnumerable<CandidateDocument> Read(CorpusReport report)
    {
        bool isCounted = false;
        IEnumerable<JsonRecord> records = file.IsParquet ? ParquetRecords.Read(file, options, report, out _format) : JsonRecords.Read(file);
        foreach (JsonRecord record in records)
        {
            CandidateDocument? found = Document(record);
            if (found is null)
            {
                report.PassOver(file.Id);
                yield break;
            }
            if (!isCounted && _format != DocumentFormat.Auto)
            {
                report.CountFile(_format);
                isCounted = true;
            }
            yield return found.Value;
        }
        if (_sound == 0 && _firstFault is not null)
        {
            throw _firstFault;
        }
    }

    /// <summary>Returns a record's document, or null if the first record shows that the file contains something else.</summary>
    CandidateDocument? Document(JsonRecord record)
    {
        string place = $"'{file.Path}', {(file.IsParquet ? "row" : "line")} {record.Line}", id = $"{file.Id}#{record.Number}";
        List<RepairCount> repairs = [];
        if (record.IsTooLarge)
        {
            return options.IsStrict ? throw CorpusStream.TooLarge(place) : new(new(id, "", []), repairs, DropReason.TooLarge);
        }
        try
        {
            using JsonDocument json = JsonDocument.Parse(Bytes(record.Json, place, repairs), s_json);
            return Found(id, place, json.RootElement, repairs);
        }
        catch (RecordFaultException e)
        {
            return Dropped(id, e, repairs);
        }
        catch (JsonException e)
        {
            string what = record.Number == record.Line ? "line" : "record";
            throw new InputException(
                $"{place}: the {what} is not valid JSON (near byte {e.BytePositionInLine}){JsonNumbers.Hint(record.Json.Span)}.", e);
        }
        catch (InvalidOperationException e)
        {
            throw new InputException($"{place}: the name of a field contains an escape that is not a valid character.", e);
        }
    }

    CandidateDocument? Found(string id, string place, JsonElement root, List<RepairCount> repairs)
    {
        if (root.ValueKind != JsonValueKind.Object)
        {
            throw new RecordFaultException(DropReason.Malformed, $"{place}: expected a JSON object with the field '{options.Field}'.");
        }
        if (_format == DocumentFormat.Auto)
        {
            if (RecordShape.Guess(root, options.Field) is not { } format)
            {
                return IsOther && _faults == 0 ? null : throw RecordShape.Unknown(root, options.Field, place);
            }
            _format = format;
        }
        CandidateDocument found = Read(id, new(_format, options.Field, place, options.Repair), root, repairs);
        _sound++;
        return found;
    }

    /// <summary>Returns the candidate of a record with a fault, which the report counts as dropped.</summary>
    /// <exception cref="InputException">Faults are not accepted, or the file has nothing else.</exception>
    CandidateDocument Dropped(string id, RecordFaultException fault, List<RepairCount> repairs)
    {
        InputException problem = new(fault.Message, fault);
        if (options.IsStrict && (fault.Reason != DropReason.Garbled || !options.Repair))
        {
            throw problem;
        }
        if (fault.Reason == DropReason.Malformed)
        {
            _firstFault ??= problem;
            _ = ++_faults == MostFaults && _sound == 0 ? throw _firstFault : 0;
        }
        return new(new(id, "", []), repairs, fault.Reason);
    }

    /// <summary>Gets whether the file may contain something else: a .json file in a folder may, a .jsonl file may not.</summary>
    bool IsOther =>
        !file.IsNamed
        && !file.Id.Contains(".jsonl", StringComparison.OrdinalIgnoreCase)
        && !file.Id.Contains(".ndjson", StringComparison.OrdinalIgnoreCase);

    CandidateDocument Read(string id, RecordShape shape, JsonElement root, List<RepairCount> repairs)
    {
        (string text, IReadOnlyList<QuestionAnswer> questions, bool isDocument, IReadOnlyList<string> leftOut) = shape.Read(root);
        if (!options.Repair)
        {
            return new(new(id, text, questions), repairs, isDocument ? null : DropReason.NoDocument, leftOut);
        }
        RepairedText clean = TextRepair.Clean(text);
        repairs.AddRange(clean.Repairs);
        questions = [.. questions.Select(q => new QuestionAnswer(TextRepair.Clean(q.Question).Text, TextRepair.Clean(q.Answer).Text))];
        return new(new(id, clean.Text, questions), repairs, isDocument ? null : DropReason.NoDocument, leftOut);
    }

    ReadOnlyMemory<byte> Bytes(ReadOnlyMemory<byte> json, string place, List<RepairCount> repairs) =>
        Utf8.IsValid(json.Span) ? json
        : options.Repair ? Encoding.UTF8.GetBytes(TextRepair.Narrow(json.Span, repairs))
        : throw new InputException($"{place}: the bytes are not UTF-8; save the file as UTF-8.");
}
