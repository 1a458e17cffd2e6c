using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Unicode;
using Farsight.Alignment.Corpus.Repair;
using Farsight.Engine;

namespace Farsight.Alignment.Corpus.Formats.Parquet;

/// <summary>Extracts the texts of a Parquet file in row order, to look at them. A corpus has a document per row instead.</summary>
sealed class ParquetReader : IFormatReader
{
    /// <summary>Columns with texts, in order of preference. The first that a file has is read, of the preference columns all.</summary>
    static readonly string[][] s_columns =
    [
        ["text"], ["content"], ["document"], ["messages"], ["conversations"], ["prompt", "chosen", "rejected", "completion"],
        ["instruction", "input", "output"], ["question", "answer"],
    ];

    static readonly JsonDocumentOptions s_json = new() { MaxDepth = 256 };

    /// <inheritdoc/>
    public string Name => "Parquet";

    /// <inheritdoc/>
    public IReadOnlyList<string> Extensions { get; } = [".parquet"];

    /// <inheritdoc/>
    public bool Recognizes(ReadOnlySpan<byte> head) => head.StartsWith("PAR1"u8);

    /// <summary>Returns the columns of texts that a file has.</summary>
    /// <param name="file">The file.</param>
    /// <param name="field">Name of a column to prefer; it must be a text.</param>
    /// <exception cref="InputException">It has none; the message lists its columns with their types.</exception>
    internal static IReadOnlyList<ParquetField> TextColumns(ParquetFile file, string field)
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

    /// <inheritdoc/>
    public FormattedText Read(Stream file, FormatLimits limits)
    {
        ParquetFile parquet = ParquetFile.Open(file);
        IReadOnlyList<ParquetField> columns = TextColumns(parquet, s_columns[0][0]);
        TextBlocks text = new();
        List<TextMark> marks = [];
        List<string> warnings = [];
        int row = 0;
        foreach (ReadOnlyMemory<byte> json in new ParquetRows(parquet, limits).Read(columns))
        {
            row++;
            ReadOnlyMemory<byte> valid = json;
            if (!Utf8.IsValid(json.Span))
            {
                warnings.Add(string.Create(CultureInfo.InvariantCulture, $"row {row} is not UTF-8; what could not be decoded is missing"));
                valid = Encoding.UTF8.GetBytes(TextRepair.Narrow(json.Span, []));
            }
            int before = text.Length;
            using JsonDocument record = JsonDocument.Parse(valid, s_json);
            AddTexts(record.RootElement, text);
            if (text.Length > before)
            {
                marks.Add(new(before == 0 ? 0 : before + 2, string.Create(CultureInfo.InvariantCulture, $"row {row}")));
            }
            if (text.Length > limits.UnpackedBytes / sizeof(char))
            {
                throw new InputException($"the texts have more than {limits.UnpackedBytes >> 20} MiB, which is the limit");
            }
        }
        return row == 0 ? throw new InputException("the file has no rows")
            : text.Length == 0 ? throw new InputException("the rows of the file contain no text")
            : new(text.ToString(), marks, warnings);
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
