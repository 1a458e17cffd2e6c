using System.Buffers.Binary;
using System.Numerics;

namespace Farsight.Alignment.Corpus.Formats.Parquet;

/// <summary>Decodes integers in runs and packed bits, one at a time (RLE/bit-packing hybrid).</summary>
/// <remarks>Source: apache/parquet-format, Encodings.md.</remarks>
/// <param name="data">Holds the integers.</param>
/// <param name="at">Where they begin.</param>
/// <param name="end">Where they end.</param>
/// <param name="width">Bits per integer.</param>
sealed class RunReader(byte[] data, int at, int end, int width)
{
    int _left, _value, _bit;
    bool _isPacked;

    /// <summary>Decodes the next integer.</summary>
    /// <exception cref="InvalidDataException">There is none.</exception>
    internal int Next()
    {
        if (width == 0)
        {
            return 0;
        }
        while (_left == 0)
        {
            StartRun();
        }
        _left--;
        return _isPacked ? (int)PackedBits.Read(data, end, ref at, ref _bit, width) : _value;
    }

    void StartRun()
    {
        if (_bit > 0)
        {
            (at, _bit) = (at + 1, 0);
        }
        ulong header = Varint.Read(data, ref at, end);
        _isPacked = (header & 1) == 1;
        if (header >> 1 > int.MaxValue / 8)
        {
            throw new InvalidDataException();
        }
        if (_isPacked)
        {
            _left = (int)(header >> 1) * 8;
            return;
        }
        _left = (int)(header >> 1);
        int bytes = (width + 7) / 8;
        _value = 0;
        for (int i = 0; i < bytes; i++)
        {
            _value |= data[at++] << (8 * i);
        }
    }
}

/// <summary>Decodes integers from their differences, one at a time (DELTA_BINARY_PACKED).</summary>
sealed class DeltaReader
{
    readonly byte[] _data;
    readonly byte[] _widths;
    readonly int _end, _perMiniblock;
    int _at, _bit, _miniblock, _left;
    long _value, _minimum, _remaining;

    internal DeltaReader(byte[] data, int at, int end)
    {
        (_data, _at, _end) = (data, at, end);
        ulong block = Varint.Read(data, ref _at, end), miniblocks = Varint.Read(data, ref _at, end);
        Count = (long)Varint.Read(data, ref _at, end);
        _value = Varint.ReadSigned(data, ref _at, end);
        if (miniblocks is 0 or > 4096 || block > 1 << 24 || block % miniblocks != 0 || block == 0 || Count < 0)
        {
            throw new InvalidDataException();
        }
        (_perMiniblock, _widths, _miniblock) = ((int)(block / miniblocks), new byte[miniblocks], (int)miniblocks);
        _remaining = Count;
    }

    /// <summary>Gets the number of integers.</summary>
    internal long Count { get; }

    /// <summary>Skips the rest, and returns where the data behind it begins.</summary>
    internal int SkipToEnd()
    {
        while (_remaining > 0)
        {
            Next();
        }
        // The last miniblock is filled up.
        long bits = _bit + (long)_left * (_miniblock < _widths.Length ? _widths[_miniblock] : 0);
        return _left > 0 || _bit > 0 ? checked(_at + (int)((bits + 7) / 8)) : _at;
    }

    /// <summary>Decodes the next integer.</summary>
    /// <exception cref="InvalidDataException">There is none.</exception>
    internal long Next()
    {
        if (_remaining <= 0)
        {
            throw new InvalidDataException();
        }
        long value = _value;
        if (--_remaining > 0)
        {
            if (_left == 0)
            {
                StartMiniblock();
            }
            _left--;
            _value = unchecked(_value + _minimum + (long)PackedBits.Read(_data, _end, ref _at, ref _bit, _widths[_miniblock]));
        }
        return value;
    }

    void StartMiniblock()
    {
        if (_bit > 0)
        {
            (_at, _bit) = (_at + 1, 0);
        }
        if (++_miniblock >= _widths.Length)
        {
            _minimum = Varint.ReadSigned(_data, ref _at, _end);
            _data.AsSpan(_at, _widths.Length).CopyTo(_widths);
            (_at, _miniblock) = (_at + _widths.Length, 0);
        }
        _left = _perMiniblock;
    }
}

/// <summary>Reads integers of variable length.</summary>
static class Varint
{
    internal static ulong Read(byte[] data, ref int at, int end)
    {
        ulong value = 0;
        for (int shift = 0; shift < 64; shift += 7)
        {
            byte next = at < end ? data[at++] : throw new InvalidDataException();
            value |= (ulong)(next & 127) << shift;
            if (next < 128)
            {
                return value;
            }
        }
        throw new InvalidDataException();
    }

    internal static long ReadSigned(byte[] data, ref int at, int end)
    {
        ulong value = Read(data, ref at, end);
        return (long)(value >> 1) ^ -(long)(value & 1);
    }
}

/// <summary>Reads integers of a few bits, the lowest bits first.</summary>
static class PackedBits
{
    internal static ulong Read(byte[] data, int end, ref int at, ref int bit, int width)
    {
        ulong value = 0;
        for (int have = 0; have < width;)
        {
            if (at >= end)
            {
                throw new InvalidDataException();
            }
            int take = Math.Min(8 - bit, width - have);
            value |= (ulong)((data[at] >> bit) & ((1 << take) - 1)) << have;
            have += take;
            bit += take;
            if (bit == 8)
            {
                (at, bit) = (at + 1, 0);
            }
        }
        return value;
    }

    /// <summary>Returns the bits that the integers up to a maximum take.</summary>
    internal static int WidthOf(int maximum) => 32 - BitOperations.LeadingZeroCount((uint)maximum);
}

/// <summary>Decodes the values of a page, one at a time, as little-endian bytes.</summary>
static class ParquetValues
{
    /// <summary>Returns a function that decodes the next value.</summary>
    /// <param name="encoding">Number of the encoding.</param>
    /// <param name="field">The column.</param>
    /// <param name="data">The page.</param>
    /// <param name="at">Where the values begin.</param>
    /// <param name="dictionary">Values of the dictionary page; null for none.</param>
    /// <param name="count">Number of values that are not null, at most.</param>
    /// <exception cref="InvalidDataException">The encoding is not known, or does not suit the type.</exception>
    internal static Func<ReadOnlyMemory<byte>> Of(
        int encoding, ParquetField field, byte[] data, int at, ReadOnlyMemory<byte>[]? dictionary, int count) => encoding switch
        {
            0 when field.Type == ParquetType.Boolean => Bits(data, at),
            0 => Plain(field, data, at),
            2 or 8 => Indexed(data, at, dictionary ?? throw new InvalidDataException()),
            3 when field.Type == ParquetType.Boolean => Runs(data, at + 4),
            5 => Deltas(data, at, SizeOf(field)),
            6 => DeltaLengths(data, at),
            7 => DeltaStrings(data, at),
            9 => Split(data, at, SizeOf(field), count),
            _ => throw new InvalidDataException(),
        };

    /// <summary>Decodes a dictionary page.</summary>
    internal static ReadOnlyMemory<byte>[] Dictionary(ParquetField field, byte[] data, int count)
    {
        int least = field.Type == ParquetType.ByteArray ? 4 : Math.Max(SizeOf(field), 1);
        if (count < 0 || count > data.Length / least)
        {
            throw new InvalidDataException();
        }
        Func<ReadOnlyMemory<byte>> next = Plain(field, data, 0);
        ReadOnlyMemory<byte>[] values = new ReadOnlyMemory<byte>[count];
        for (int i = 0; i < count; i++)
        {
            values[i] = next();
        }
        return values;
    }

    static int SizeOf(ParquetField field) => field.Type switch
    {
        ParquetType.Int32 or ParquetType.Float => 4,
        ParquetType.Int64 or ParquetType.Double => 8,
        ParquetType.Int96 => 12,
        ParquetType.FixedLengthByteArray => field.Length,
        _ => 0,
    };

    static Func<ReadOnlyMemory<byte>> Plain(ParquetField field, byte[] data, int at)
    {
        int size = SizeOf(field);
        bool isLengthBefore = field.Type == ParquetType.ByteArray;
        return () =>
        {
            int length = size;
            if (isLengthBefore)
            {
                length = BinaryPrimitives.ReadInt32LittleEndian(data.AsSpan(at));
                at += 4;
            }
            ReadOnlyMemory<byte> value = data.AsMemory(at, length);
            at += length;
            return value;
        };
    }

    static Func<ReadOnlyMemory<byte>> Bits(byte[] data, int at)
    {
        int bit = 0;
        byte[] value = new byte[1];
        return () =>
        {
            value[0] = (byte)PackedBits.Read(data, data.Length, ref at, ref bit, 1);
            return value;
        };
    }

    static Func<ReadOnlyMemory<byte>> Runs(byte[] data, int at)
    {
        RunReader runs = new(data, at, data.Length, 1);
        byte[] value = new byte[1];
        return () =>
        {
            value[0] = (byte)runs.Next();
            return value;
        };
    }

    static Func<ReadOnlyMemory<byte>> Indexed(byte[] data, int at, ReadOnlyMemory<byte>[] dictionary)
    {
        if (at >= data.Length)
        {
            return () => throw new InvalidDataException(); // a page of nulls has no indices
        }
        int width = data[at] <= 32 ? data[at] : throw new InvalidDataException();
        RunReader indices = new(data, at + 1, data.Length, width);
        return () => dictionary[indices.Next()];
    }

    static Func<ReadOnlyMemory<byte>> Deltas(byte[] data, int at, int size)
    {
        DeltaReader values = new(data, at, data.Length);
        byte[] value = new byte[8];
        return () =>
        {
            BinaryPrimitives.WriteInt64LittleEndian(value, values.Next());
            return value.AsMemory(0, size);
        };
    }

    static Func<ReadOnlyMemory<byte>> DeltaLengths(byte[] data, int at)
    {
        DeltaReader lengths = new(data, at, data.Length);
        int place = new DeltaReader(data, at, data.Length).SkipToEnd();
        return () =>
        {
            int length = checked((int)lengths.Next());
            ReadOnlyMemory<byte> value = data.AsMemory(place, length);
            place += length;
            return value;
        };
    }

    /// <summary>Decodes texts that share a beginning with the one before. Only one is in memory, as each may repeat a long one.</summary>
    static Func<ReadOnlyMemory<byte>> DeltaStrings(byte[] data, int at)
    {
        DeltaReader prefixes = new(data, at, data.Length);
        Func<ReadOnlyMemory<byte>> suffixes = DeltaLengths(data, new DeltaReader(data, at, data.Length).SkipToEnd());
        byte[] value = [];
        int length = 0;
        return () =>
        {
            int prefix = checked((int)prefixes.Next());
            ReadOnlySpan<byte> suffix = suffixes().Span;
            if (prefix < 0 || prefix > length)
            {
                throw new InvalidDataException();
            }
            length = prefix + suffix.Length;
            if (length > value.Length)
            {
                Array.Resize(ref value, Math.Max(length, (int)Math.Min(value.Length * 2L, data.Length)));
            }
            suffix.CopyTo(value.AsSpan(prefix));
            return value.AsMemory(0, length);
        };
    }

    static Func<ReadOnlyMemory<byte>> Split(byte[] data, int at, int size, int count)
    {
        int values = size > 0 ? (data.Length - at) / size : throw new InvalidDataException(), next = 0;
        byte[] value = new byte[size];
        return () =>
        {
            if (next >= Math.Min(values, count))
            {
                throw new InvalidDataException();
            }
            for (int i = 0; i < size; i++)
            {
                value[i] = data[at + i * values + next];
            }
            next++;
            return value;
        };
    }
}
