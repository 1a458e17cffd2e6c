using System.Text;
using System.Text.Json;
using System.Text.Unicode;
using Farsight.Alignment.Corpus.Repair;
using Farsight.Engine;

namespace Farsight.Alignment.Corpus.Reading;

/// <summary>Reads documents from JSON records in the requested format or that of the first record.</summary>
sealed class RecordDocuments(CorpusFile file, CorpusOptions options)
{
    static readonly JsonDocumentOptions s_json = new() { MaxDepth = 256 };

    DocumentFormat _format = options.Format;

    /// <summary>Reads the file.</summary>
    /// <param name="report">Counts the file, or takes its name where it holds no documents.</param>
    /// <exception cref="InputException">The file is damaged, or a record is not of the format; the message names file and line.</exception>
    internal IEnumerable<CandidateDocument> Read(CorpusReport report)
    {
        bool isCounted = false;
        foreach (JsonRecord record in JsonRecords.Read(file))
        {
            CandidateDocument? found = Document(record);
            if (found is null)
            {
                report.PassOver(file.Id);
                yield break;
            }
            if (!isCounted)
            {
                report.CountFile(_format);
                isCounted = true;
            }
            yield return found.Value;
        }
    }

    /// <summary>Returns a record's document, or null if the first record shows that the file contains something else.</summary>
    CandidateDocument? Document(JsonRecord record)
    {
        string place = $"'{file.Path}', line {record.Line}";
        List<RepairCount> repairs = [];
        try
        {
            using JsonDocument json = JsonDocument.Parse(Bytes(record.Json, place, repairs), s_json);
            JsonElement root = json.RootElement;
            if (root.ValueKind != JsonValueKind.Object)
            {
                throw new InputException($"{place}: expected a JSON object with the field '{options.Field}'.");
            }
            if (_format == DocumentFormat.Auto)
            {
                if (RecordShape.Guess(root, options.Field) is not { } format)
                {
                    return IsOther ? null : throw RecordShape.Unknown(root, options.Field, place);
                }
                _format = format;
            }
            return Found($"{file.Id}#{record.Number}", new RecordShape(_format, options.Field, place, options.Repair), root, repairs);
        }
        catch (JsonException e)
        {
            throw new InputException(
                $"{place}: the {(record.Number == record.Line ? "line" : "record")} is not valid JSON (near byte {e.BytePositionInLine}).",
                e);
        }
        catch (InvalidOperationException e)
        {
            throw new InputException($"{place}: the name of a field contains an escape that is not a valid character.", e);
        }
    }

    /// <summary>Gets whether the file may contain something else: a .json file in a folder may, a .jsonl file may not.</summary>
    bool IsOther =>
        !file.IsNamed
        && !file.Id.Contains(".jsonl", StringComparison.OrdinalIgnoreCase)
        && !file.Id.Contains(".ndjson", StringComparison.OrdinalIgnoreCase);

    CandidateDocument Found(string id, RecordShape shape, JsonElement root, List<RepairCount> repairs)
    {
        try
        {
            (string text, IReadOnlyList<QuestionAnswer> questions, bool isDocument) = shape.Read(root);
            if (!options.Repair)
            {
                return new(new(id, text, questions), repairs, isDocument ? null : DropReason.NoDocument);
            }
            RepairedText clean = TextRepair.Clean(text);
            repairs.AddRange(clean.Repairs);
            questions = [.. questions.Select(q => new QuestionAnswer(TextRepair.Clean(q.Question).Text, TextRepair.Clean(q.Answer).Text))];
            return new(new(id, clean.Text, questions), repairs, isDocument ? null : DropReason.NoDocument);
        }
        catch (BrokenEscapeException e)
        {
            return options.Repair ? new(new(id, "", []), repairs, DropReason.Garbled) : throw new InputException(e.Message, e);
        }
    }

    ReadOnlyMemory<byte> Bytes(ReadOnlyMemory<byte> json, string place, List<RepairCount> repairs) =>
        Utf8.IsValid(json.Span) ? json
        : options.Repair ? Encoding.UTF8.GetBytes(TextRepair.Narrow(json.Span, repairs))
        : throw new InputException($"{place}: the bytes are not UTF-8; save the file as UTF-8.");
}
