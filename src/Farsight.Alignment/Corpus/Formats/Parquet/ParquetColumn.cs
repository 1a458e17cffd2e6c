using System.Buffers.Binary;
using Farsight.Engine;

namespace Farsight.Alignment.Corpus.Formats.Parquet;

/// <summary>Reads the values of a column of a row group in order, one page in memory at a time.</summary>
/// <param name="file">The file.</param>
/// <param name="field">The column.</param>
/// <param name="chunk">Its place.</param>
/// <param name="limits">Bounds on what is unpacked.</param>
sealed class ParquetColumn(ParquetFile file, ParquetField field, ParquetChunk chunk, FormatLimits limits)
{
    const int MostValues = 1 << 26; // of a page

    ReadOnlyMemory<byte>[]? _dictionary;
    Func<ReadOnlyMemory<byte>>? _values;
    RunReader? _repetitions, _definitions;
    long _at = chunk.Start;
    int _left;

    /// <summary>Gets the name of the column.</summary>
    internal string Name => @field.Name;

    /// <summary>Gets whether there is a current entry: a value, or a null or empty list in its place.</summary>
    internal bool HasEntry { get; private set; }

    /// <summary>Gets the repetition level of the current entry.</summary>
    internal int Repetition { get; private set; }

    /// <summary>Gets the definition level of the current entry.</summary>
    internal int Definition { get; private set; }

    /// <summary>Gets the value of the current entry, little-endian; empty if it is null. Valid until the next entry.</summary>
    internal ReadOnlyMemory<byte> Value { get; private set; }

    /// <summary>Moves to the next entry.</summary>
    /// <exception cref="InputException">The file is damaged, or a page exceeds a limit.</exception>
    internal void Next()
    {
        try
        {
            while (_left == 0)
            {
                if (_at >= chunk.Start + chunk.Length || !ReadPage())
                {
                    HasEntry = false;
                    return;
                }
            }
            _left--;
            HasEntry = true;
            Repetition = _repetitions?.Next() ?? 0;
            Definition = _definitions?.Next() ?? field.Definition;
            Value = Definition == field.Definition ? _values!() : default;
        }
        catch (Exception e) when (e is InvalidDataException or EndOfStreamException or ArgumentException or IndexOutOfRangeException
            or OverflowException)
        {
            throw new InputException($"the file is damaged: the column '{field.Name}' cannot be read", e);
        }
    }

    bool ReadPage()
    {
        file.Stream.Position = _at;
        Page page = Page.Read(new(file.Stream));
        if (page.Stored < 0 || page.Stored > file.Stream.Length - file.Stream.Position || page.Unpacked < 0)
        {
            throw new InvalidDataException();
        }
        if (Math.Max(page.Unpacked, page.Stored) > limits.PartBytes)
        {
            throw new InputException(
                $"a page of the column '{field.Name}' unpacks to {page.Unpacked >> 20} MiB; the limit is {limits.PartBytes >> 20} MiB");
        }
        byte[] stored = new byte[page.Stored];
        file.Stream.ReadExactly(stored);
        _at = file.Stream.Position;
        switch (page.Kind)
        {
            case 0:
                Start(page, ParquetCodec.Decompress(chunk.Codec, stored, page.Unpacked));
                break;
            case 2:
                _dictionary = ParquetValues.Dictionary(field, ParquetCodec.Decompress(chunk.Codec, stored, page.Unpacked), page.Values);
                break;
            case 3:
                StartSecond(page, stored);
                break;
            default:
                break; // an index page
        }
        return true;
    }

    /// <summary>Begins a data page: levels with their lengths, and values, compressed together.</summary>
    void Start(Page page, byte[] data)
    {
        int at = 0;
        _repetitions = field.Repetition > 0 ? Levels(data, ref at, page.RepetitionEncoding, field.Repetition, page.Values) : null;
        _definitions = field.Definition > 0 ? Levels(data, ref at, page.DefinitionEncoding, field.Definition, page.Values) : null;
        Start(page, data, at);
    }

    /// <summary>Begins a data page of version 2: the levels stand before the compressed values.</summary>
    void StartSecond(Page page, byte[] stored)
    {
        int levels = page.RepetitionBytes + page.DefinitionBytes;
        if (page.RepetitionBytes < 0 || page.DefinitionBytes < 0 || levels > stored.Length || levels > page.Unpacked)
        {
            throw new InvalidDataException();
        }
        _repetitions = field.Repetition > 0 ? new(stored, 0, page.RepetitionBytes, PackedBits.WidthOf(field.Repetition)) : null;
        _definitions = field.Definition > 0
            ? new(stored, page.RepetitionBytes, levels, PackedBits.WidthOf(field.Definition)) : null;
        byte[] values = stored[levels..];
        // A page of nulls may have no values at all, not even compressed ones.
        bool isCompressed = page.IsCompressed && values.Length > 0;
        Start(page, isCompressed ? ParquetCodec.Decompress(chunk.Codec, values, page.Unpacked - levels) : values, 0);
    }

    void Start(Page page, byte[] data, int at)
    {
        _left = page.Values is >= 0 and <= MostValues ? page.Values : throw new InvalidDataException();
        _values = at >= data.Length && field.Definition > 0 ? () => throw new InvalidDataException()
            : ParquetValues.Of(page.Encoding, field, data, at, _dictionary, page.Values);
    }

    static RunReader Levels(byte[] data, ref int at, int encoding, int maximum, int values)
    {
        int width = PackedBits.WidthOf(maximum), start = at;
        if (encoding == 4)
        {
            throw new InputException("the file stores levels as packed bits, an encoding that is out of use and not supported");
        }
        int length = BinaryPrimitives.ReadInt32LittleEndian(data.AsSpan(at));
        if (length < 0 || length > data.Length - at - 4 || values < 0)
        {
            throw new InvalidDataException();
        }
        at += 4 + length;
        return new(data, start + 4, at, width);
    }

    /// <summary>Holds the header of a page.</summary>
    sealed class Page
    {
        internal int Kind { get; private set; }

        internal int Unpacked { get; private set; }

        internal int Stored { get; private set; }

        internal int Values { get; private set; }

        internal int Encoding { get; private set; }

        internal int DefinitionEncoding { get; private set; } = 3;

        internal int RepetitionEncoding { get; private set; } = 3;

        internal int DefinitionBytes { get; private set; }

        internal int RepetitionBytes { get; private set; }

        internal bool IsCompressed { get; private set; } = true;

        internal static Page Read(ThriftReader thrift)
        {
            Page page = new();
            for (int id = 0; thrift.Next(ref id, out int type);)
            {
                switch (id)
                {
                    case 1:
                        page.Kind = thrift.Int();
                        break;
                    case 2:
                        page.Unpacked = thrift.Int();
                        break;
                    case 3:
                        page.Stored = thrift.Int();
                        break;
                    case 5 or 7 or 8:
                        page.ReadData(thrift, isSecond: id == 8);
                        break;
                    default:
                        thrift.Skip(type);
                        break;
                }
            }
            return page;
        }

        void ReadData(ThriftReader thrift, bool isSecond)
        {
            for (int id = 0; thrift.Next(ref id, out int type);)
            {
                switch ((id, isSecond))
                {
                    case (1, _):
                        Values = thrift.Int();
                        break;
                    case (2, false) or (4, true):
                        Encoding = thrift.Int();
                        break;
                    case (3, false) when type != ThriftReader.True && type != 2: // in a dictionary page: whether it is sorted
                        DefinitionEncoding = thrift.Int();
                        break;
                    case (4, false):
                        RepetitionEncoding = thrift.Int();
                        break;
                    case (5, true):
                        DefinitionBytes = thrift.Int();
                        break;
                    case (6, true):
                        RepetitionBytes = thrift.Int();
                        break;
                    case (7, true):
                        IsCompressed = type == ThriftReader.True;
                        break;
                    default:
                        thrift.Skip(type);
                        break;
                }
            }
        }
    }
}
