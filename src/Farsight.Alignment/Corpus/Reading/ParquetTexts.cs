using System.Text;
using System.Text.Json;
using System.Text.Unicode;
using Farsight.Alignment.Corpus.Formats;
using Farsight.Alignment.Corpus.Formats.Parquet;
using Farsight.Alignment.Corpus.Repair;
using Farsight.Engine;

namespace Farsight.Alignment.Corpus.Reading;

/// <summary>Reads the texts of a Parquet file, all those of a row together.</summary>
static class ParquetTexts
{
    /// <summary>Columns with texts, in order of preference. The first that a file has is read, of the preference columns all.</summary>
    static readonly string[][] s_columns =
    [
        ["text"], ["content"], ["document"], ["messages"], ["conversations"], ["prompt", "chosen", "rejected", "completion"],
        ["instruction", "input", "output"], ["question", "answer"],
    ];

    static readonly JsonDocumentOptions s_json = new() { MaxDepth = 256 };

    /// <summary>Reads a document per row: the texts of its columns, of its messages and of their parts, as paragraphs.</summary>
    /// <exception cref="InputException">As <see cref="ParquetRecords"/>.</exception>
    internal static IEnumerable<CandidateDocument> Read(CorpusFile file, CorpusOptions options, CorpusReport report)
    {
        bool hasRows = false;
        foreach (JsonRecord record in ParquetRecords.Read(file, options, report, parquet => Columns(parquet, options.Field)))
        {
            if (!hasRows)
            {
                report.CountFile("parquet");
                hasRows = true;
            }
            List<RepairCount> repairs = [];
            ReadOnlyMemory<byte> json = Utf8.IsValid(record.Json.Span) ? record.Json
                : Encoding.UTF8.GetBytes(TextRepair.Narrow(record.Json.Span, repairs));
            TextBlocks text = new();
            using (JsonDocument row = JsonDocument.Parse(json, s_json))
            {
                AddTexts(row.RootElement, text);
            }
            if (text.Lost > 0 && repairs.Count == 0)
            {
                repairs.Add(new(RepairKind.ReplacementCharacters, text.Lost));
            }
            yield return new(new($"{file.Id}#{record.Number}", text.ToString(), []), repairs, null);
        }
    }

    /// <summary>Returns the columns of texts that a file has.</summary>
    /// <param name="file">The file.</param>
    /// <param name="field">Name of a column to prefer; it must be a text.</param>
    /// <exception cref="InputException">It has none; the message lists its columns with their types.</exception>
    internal static IReadOnlyList<ParquetField> Columns(ParquetFile file, string field)
    {
        foreach (string[] names in s_columns.Prepend([field]))
        {
            ParquetField[] found = [.. file.Fields.Where(f => names.Contains(f.Name))];
            if (found.Length == 0)
            {
                continue;
            }
            if (found.FirstOrDefault(f => !HasText(f)) is { } other)
            {
                throw new InputException(
                    $"the column '{other.Name}' holds {other.Describe()}, not text; the columns are {file.Describe()}");
            }
            return found;
        }
        throw new InputException(
            $"the file has no column '{field}' and no other of the usual columns of texts; its columns are {file.Describe()}");
    }

    static bool HasText(ParquetField field) => field.Columns.Any(c => c.Type == ParquetType.ByteArray);

    /// <summary>Adds the texts of a value; of a message its content.</summary>
    static void AddTexts(JsonElement value, TextBlocks text)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.String:
                text.Break(TextBlocks.Paragraph);
                text.AddVerbatim(value.GetString());
                break;
            case JsonValueKind.Array:
                foreach (JsonElement item in value.EnumerateArray())
                {
                    AddTexts(item, text);
                }
                break;
            case JsonValueKind.Object when value.TryGetProperty("content", out JsonElement content):
                AddTexts(content, text);
                break;
            case JsonValueKind.Object when value.TryGetProperty("value", out JsonElement old):
                AddTexts(old, text);
                break;
            case JsonValueKind.Object:
                foreach (JsonProperty property in value.EnumerateObject())
                {
                    AddTexts(property.Value, text);
                }
                break;
            default:
                break;
        }
    }
}
