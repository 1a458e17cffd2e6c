using System.Buffers;
using System.Buffers.Binary;
using System.Buffers.Text;
using System.Globalization;
using System.Text;
using Farsight.Engine;

namespace Farsight.Alignment.Corpus.Formats.Parquet;

/// <summary>Reads the rows of a Parquet file as JSON objects, one at a time.</summary>
/// <remarks>
/// Lists become arrays, groups objects, nulls null, and binary columns texts. The bytes of a text are not checked: they may be no UTF-8.
/// Source: Melnik et al. 2010, "Dremel", for nested columns as levels.
/// </remarks>
/// <param name="file">The file.</param>
/// <param name="limits">Bounds on what is unpacked.</param>
sealed class ParquetRows(ParquetFile file, FormatLimits limits)
{
    static readonly SearchValues<byte> s_escaped = SearchValues.Create(
        [.. Enumerable.Range(0, 32).Select(i => (byte)i), (byte)'"', (byte)'\\']);

    // Repeated texts compress well; a few kilobytes that become gigabytes are a bomb.
    const int MostExpansion = 2000;

    readonly ArrayBufferWriter<byte> _json = new(1 << 12);
    ParquetColumn?[] _columns = [];
    long _written;

    /// <summary>Reads the rows.</summary>
    /// <param name="fields">The fields to read.</param>
    /// <returns>UTF-8, valid until the next row.</returns>
    /// <exception cref="InputException">The file is damaged, or exceeds a limit.</exception>
    internal IEnumerable<ReadOnlyMemory<byte>> Read(IReadOnlyList<ParquetField> fields)
    {
        ParquetField[] leaves = [.. fields.SelectMany(f => f.Columns)];
        foreach (ParquetRowGroup group in file.RowGroups)
        {
            _columns = new ParquetColumn?[group.Columns.Count];
            foreach (ParquetField leaf in leaves)
            {
                ParquetChunk chunk = group.Columns[leaf.Column]
                    ?? throw new InputException($"the column '{leaf.Name}' is encrypted or lies in another file");
                ParquetColumn column = new(file, leaf, chunk, limits);
                column.Next();
                _columns[leaf.Column] = column;
            }
            for (long row = 0; row < group.Rows; row++)
            {
                _json.ResetWrittenCount();
                WriteGroup(fields);
                _written += _json.WrittenCount;
                if (_written > limits.UnpackedBytes && _written / MostExpansion > file.Stream.Length)
                {
                    throw new InputException($"the file unpacks to more than {MostExpansion} times its size, which is the limit");
                }
                yield return _json.WrittenMemory;
            }
        }
    }

    void WriteGroup(IReadOnlyList<ParquetField> fields)
    {
        Raw("{"u8);
        for (int i = 0; i < fields.Count; i++)
        {
            Raw(i > 0 ? ","u8 : []);
            Text(Encoding.UTF8.GetBytes(fields[i].Name));
            Raw(":"u8);
            WriteField(fields[i]);
        }
        Raw("}"u8);
    }

    void WriteField(ParquetField field)
    {
        if (field.IsRepeated)
        {
            WriteList(field, field);
        }
        else if (First(field).Definition < field.Definition)
        {
            Raw("null"u8);
            Pass(field);
        }
        else if (field.IsList)
        {
            WriteList(field.Children[0], field.ElementOf(field.Children[0]));
        }
        else
        {
            WriteOne(field);
        }
    }

    /// <summary>Writes the elements of a list.</summary>
    /// <param name="repeated">The repeated field.</param>
    /// <param name="element">The field of an element: the repeated one, or its only child.</param>
    void WriteList(ParquetField repeated, ParquetField element)
    {
        Raw("["u8);
        if (First(repeated).Definition < repeated.Definition)
        {
            Pass(repeated);
        }
        else
        {
            ParquetColumn first = First(repeated);
            bool isFirst = true;
            do
            {
                Raw(isFirst ? [] : ","u8);
                isFirst = false;
                if (ReferenceEquals(element, repeated))
                {
                    WriteOne(element);
                }
                else
                {
                    WriteField(element);
                }
            }
            while (first.HasEntry && first.Repetition == repeated.Repetition);
        }
        Raw("]"u8);
    }

    /// <summary>Writes a field that is present.</summary>
    void WriteOne(ParquetField field)
    {
        if (field.Type is null)
        {
            if (field.Children.Count == 0)
            {
                throw Damaged(field.Name);
            }
            WriteGroup(field.Children);
            return;
        }
        ParquetColumn column = First(field);
        WriteValue(field, column.Value.Span);
        column.Next();
    }

    void WriteValue(ParquetField field, ReadOnlySpan<byte> value)
    {
        if (value.Length < field.Type switch
        {
            ParquetType.Boolean => 1,
            ParquetType.Int32 or ParquetType.Float => 4,
            ParquetType.Int64 or ParquetType.Double => 8,
            _ => 0,
        })
        {
            throw Damaged(field.Name);
        }
        switch (field.Type)
        {
            case ParquetType.Boolean:
                Raw(value[0] != 0 ? "true"u8 : "false"u8);
                break;
            case ParquetType.Int32:
                Number(BinaryPrimitives.ReadInt32LittleEndian(value));
                break;
            case ParquetType.Int64:
                Number(BinaryPrimitives.ReadInt64LittleEndian(value));
                break;
            case ParquetType.Float:
                Real(BinaryPrimitives.ReadSingleLittleEndian(value));
                break;
            case ParquetType.Double:
                Real(BinaryPrimitives.ReadDoubleLittleEndian(value));
                break;
            case ParquetType.ByteArray:
                Text(value);
                break;
            default:
                Raw("null"u8); // times and identifiers of a fixed length
                break;
        }
    }

    ParquetColumn First(ParquetField field)
    {
        ParquetColumn column = _columns[field.Column]!;
        return column.HasEntry ? column : throw Damaged(column.Name);
    }

    /// <summary>Passes the entry of each column that stands for a null or an empty list.</summary>
    void Pass(ParquetField field)
    {
        foreach (ParquetField leaf in field.Columns)
        {
            First(leaf).Next();
        }
    }

    static InputException Damaged(string column) => new($"the file is damaged: the column '{column}' has too few values");

    void Raw(ReadOnlySpan<byte> text) => _json.Write(text);

    void Number(long value)
    {
        Utf8Formatter.TryFormat(value, _json.GetSpan(20), out int written);
        _json.Advance(written);
    }

    void Real(double value) =>
        Raw(double.IsFinite(value) ? Encoding.UTF8.GetBytes(value.ToString("R", CultureInfo.InvariantCulture)) : "null"u8);

    void Text(ReadOnlySpan<byte> text)
    {
        Raw("\""u8);
        while (text.IndexOfAny(s_escaped) is >= 0 and var at)
        {
            Raw(text[..at]);
            Raw(Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"\\u{(int)text[at]:x4}")));
            text = text[(at + 1)..];
        }
        Raw(text);
        Raw("\""u8);
    }
}
