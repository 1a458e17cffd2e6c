using System.Buffers.Binary;
using Farsight.Engine;

namespace Farsight.Alignment.Corpus.Formats.Parquet;

/// <summary>Holds the schema and the places of the columns of a Parquet file.</summary>
/// <remarks>
/// Pages are read one at a time, with a bound on their size before memory is allocated. Parquet.Net reads whole columns of a row group,
/// whose size the file chooses; ParquetSharp is a native library.
/// Source: apache/parquet-format, README.md and parquet.thrift.
/// </remarks>
sealed class ParquetFile
{
    const int MostFooter = 1 << 28, MostFields = 100_000, MostDepth = 64;

    readonly List<(string Name, ParquetType? Type, int Repetition, int Children, string? Annotation, int Length)> _elements = [];

    ParquetFile(Stream stream) => Stream = stream;

    internal Stream Stream { get; }

    /// <summary>Gets the fields of a row.</summary>
    internal IReadOnlyList<ParquetField> Fields { get; private set; } = [];

    internal IReadOnlyList<ParquetRowGroup> RowGroups { get; private set; } = [];

    /// <summary>Reads the metadata.</summary>
    /// <param name="stream">A stream that can seek.</param>
    /// <exception cref="InputException">The file is empty, of another format, encrypted or damaged.</exception>
    internal static ParquetFile Open(Stream stream)
    {
        const string Incomplete = "the file is damaged or incomplete: ";
        if (stream.Length == 0)
        {
            throw new InputException("the file is empty (0 bytes)");
        }
        Span<byte> start = stackalloc byte[4], end = stackalloc byte[8];
        stream.Position = 0;
        start = start[..stream.ReadAtLeast(start, 4, throwOnEndOfStream: false)];
        if (start.SequenceEqual("PARE"u8))
        {
            throw new InputException("the file is encrypted");
        }
        if (!start.SequenceEqual("PAR1"u8))
        {
            throw new InputException("the file is not a Parquet file: it does not begin with PAR1");
        }
        if (stream.Length < 12)
        {
            throw new InputException(Incomplete + "its end is missing");
        }
        stream.Position = stream.Length - 8;
        stream.ReadExactly(end);
        uint length = BinaryPrimitives.ReadUInt32LittleEndian(end);
        if (!end[4..].SequenceEqual("PAR1"u8))
        {
            throw new InputException(Incomplete + "it does not end with PAR1");
        }
        if (length > Math.Min(MostFooter, stream.Length - 12))
        {
            throw new InputException(Incomplete + "the size of its footer is wrong");
        }
        byte[] footer = new byte[length];
        stream.Position = stream.Length - 8 - length;
        stream.ReadExactly(footer);
        ParquetFile file = new(stream);
        try
        {
            file.ReadFooter(new(new MemoryStream(footer)));
        }
        catch (EndOfStreamException e)
        {
            throw new InputException(Incomplete + "its footer ends too early", e);
        }
        return file;
    }

    /// <summary>Returns the columns and their types, for messages.</summary>
    internal string Describe() =>
        string.Join(", ", Fields.Take(20).Select(f => $"{f.Name} ({f.Describe()})")) + (Fields.Count > 20 ? ", …" : "");

    void ReadFooter(ThriftReader thrift)
    {
        List<ParquetRowGroup> groups = [];
        int columns = 0;
        for (int id = 0; thrift.Next(ref id, out int type);)
        {
            switch (id)
            {
                case 2 when type == ThriftReader.List:
                    for (int left = thrift.Count(out _); left > 0; left--)
                    {
                        ReadElement(thrift);
                    }
                    int at = 1;
                    Fields = _elements.Count == 0 ? throw ThriftReader.Damaged()
                        : Children(_elements[0].Children, ref at, ref columns, 0, 0, 0);
                    break;
                case 4 when type == ThriftReader.List:
                    for (int left = thrift.Count(out _); left > 0; left--)
                    {
                        groups.Add(ReadRowGroup(thrift));
                    }
                    break;
                default:
                    thrift.Skip(type);
                    break;
            }
        }
        RowGroups = groups.TrueForAll(g => g.Columns.Count == columns) ? groups : throw ThriftReader.Damaged();
    }

    void ReadElement(ThriftReader thrift)
    {
        string name = "";
        string? annotation = null;
        ParquetType? physical = null;
        int repetition = 0, children = 0, length = 0;
        for (int id = 0; thrift.Next(ref id, out int type);)
        {
            switch (id)
            {
                case 1:
                    physical = (ParquetType)thrift.Int();
                    break;
                case 2:
                    length = thrift.Int();
                    break;
                case 3:
                    repetition = thrift.Int();
                    break;
                case 4:
                    name = thrift.Text();
                    break;
                case 5:
                    children = thrift.Int();
                    break;
                case 6:
                    annotation ??= thrift.Int() switch
                    {
                        0 => "string",
                        1 or 2 => "map",
                        3 => "list",
                        4 => "enum",
                        5 => "decimal",
                        6 => "date",
                        9 or 10 => "timestamp",
                        19 => "json",
                        20 => "bson",
                        _ => null
                    };
                    break;
                case 10:
                    annotation = LogicalType(thrift) ?? annotation;
                    break;
                default:
                    thrift.Skip(type);
                    break;
            }
        }
        bool isColumn = children == 0 && physical is not null;
        _elements.Add(_elements.Count < MostFields && (physical is null || Enum.IsDefined(physical.Value))
            ? (name, isColumn ? physical : null, repetition, children, annotation, length) : throw ThriftReader.Damaged());
    }

    static string? LogicalType(ThriftReader thrift)
    {
        string? found = null;
        for (int id = 0; thrift.Next(ref id, out int type);)
        {
            found = id switch
            {
                1 => "string",
                2 => "map",
                3 => "list",
                4 => "enum",
                5 => "decimal",
                6 => "date",
                8 => "timestamp",
                12 => "json",
                13 => "bson",
                14 => "uuid",
                _ => null
            };
            thrift.Skip(type);
        }
        return found;
    }

    List<ParquetField> Children(int count, ref int at, ref int column, int definition, int repetition, int depth)
    {
        List<ParquetField> fields = [];
        if (count < 0 || depth > MostDepth)
        {
            throw ThriftReader.Damaged();
        }
        for (int i = 0; i < count; i++)
        {
            if (at >= _elements.Count)
            {
                throw ThriftReader.Damaged();
            }
            var (name, type, repeats, children, annotation, length) = _elements[at++];
            int define = definition + (repeats == 0 ? 0 : 1), repeat = repetition + (repeats == 2 ? 1 : 0), first = column;
            List<ParquetField> inside = type is null ? Children(children, ref at, ref column, define, repeat, depth + 1) : [];
            column += type is null ? 0 : 1;
            fields.Add(new(name, type, repeats == 1, repeats == 2, annotation, define, repeat, first, inside) { Length = length });
        }
        return fields;
    }

    ParquetRowGroup ReadRowGroup(ThriftReader thrift)
    {
        long rows = 0;
        List<ParquetChunk?> columns = [];
        for (int id = 0; thrift.Next(ref id, out int type);)
        {
            switch (id)
            {
                case 1:
                    for (int left = thrift.Count(out _); left > 0; left--)
                    {
                        columns.Add(ReadColumn(thrift));
                    }
                    break;
                case 3:
                    rows = thrift.ZigZag();
                    break;
                default:
                    thrift.Skip(type);
                    break;
            }
        }
        return rows >= 0 ? new(rows, columns) : throw ThriftReader.Damaged();
    }

    ParquetChunk? ReadColumn(ThriftReader thrift)
    {
        ParquetChunk? chunk = null;
        bool isElsewhere = false;
        for (int id = 0; thrift.Next(ref id, out int type);)
        {
            isElsewhere |= id is 1 or 8;
            if (id == 3)
            {
                chunk = ReadChunk(thrift);
            }
            else
            {
                thrift.Skip(type);
            }
        }
        return isElsewhere ? null : chunk;
    }

    ParquetChunk ReadChunk(ThriftReader thrift)
    {
        int codec = 0;
        long values = 0, length = 0, data = 0, dictionary = 0;
        for (int id = 0; thrift.Next(ref id, out int type);)
        {
            switch (id)
            {
                case 4:
                    codec = thrift.Int();
                    break;
                case 5:
                    values = thrift.ZigZag();
                    break;
                case 7:
                    length = thrift.ZigZag();
                    break;
                case 9:
                    data = thrift.ZigZag();
                    break;
                case 11:
                    dictionary = thrift.ZigZag();
                    break;
                default:
                    thrift.Skip(type);
                    break;
            }
        }
        // Some writers leave the offset of a missing dictionary at 0.
        long start = dictionary > 0 && dictionary < data ? dictionary : data;
        return start >= 4 && length >= 0 && values >= 0 && start + length <= Stream.Length ? new(codec, values, start, length)
            : values == 0 ? new(codec, 0, 4, 0)
            : throw new InputException("the file is damaged or incomplete: a column lies beyond its end");
    }
}
