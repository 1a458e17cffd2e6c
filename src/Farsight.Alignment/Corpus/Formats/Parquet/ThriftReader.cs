using System.Text;
using Farsight.Engine;

namespace Farsight.Alignment.Corpus.Formats.Parquet;

/// <summary>Reads structures in Thrift's compact protocol, in which Parquet stores its metadata.</summary>
/// <remarks>Source: apache/thrift, "Thrift Compact protocol encoding".</remarks>
sealed class ThriftReader(Stream stream)
{
    internal const int True = 1, List = 9;

    const int Byte = 3, I64 = 6, Double = 7, Binary = 8, Set = 10, Map = 11, Structure = 12;
    const int MostDepth = 32, MostItems = 1 << 22, MostBytes = 1 << 24;

    /// <summary>Reads the header of the next field of a structure; false at its end.</summary>
    /// <param name="id">Id of the field before, 0 for none; becomes that of this field.</param>
    /// <param name="type">Type of the field.</param>
    internal bool Next(ref int id, out int type)
    {
        int header = Raw();
        type = header & 15;
        if (type == 0)
        {
            return false;
        }
        id = header >> 4 is > 0 and var delta ? id + delta : (int)ZigZag();
        return true;
    }

    internal long ZigZag()
    {
        ulong value = Varint();
        return (long)(value >> 1) ^ -(long)(value & 1);
    }

    internal int Int() => ZigZag() is >= int.MinValue and <= int.MaxValue and var value ? (int)value : throw Damaged();

    internal string Text()
    {
        byte[] bytes = new byte[Length(MostBytes)];
        stream.ReadExactly(bytes);
        return Encoding.UTF8.GetString(bytes);
    }

    /// <summary>Reads the header of a list, and returns its length.</summary>
    internal int Count(out int type)
    {
        int header = Raw();
        type = header & 15;
        int count = header >> 4;
        return count < 15 ? count : Length(MostItems);
    }

    /// <summary>Skips a value.</summary>
    internal void Skip(int type, int depth = 0)
    {
        if (depth > MostDepth)
        {
            throw Damaged();
        }
        switch (type)
        {
            case True or 2:
                break;
            case Byte:
                Raw();
                break;
            case >= 4 and <= I64:
                Varint();
                break;
            case Double:
                stream.ReadExactly(stackalloc byte[8]);
                break;
            case Binary:
                stream.ReadExactly(new byte[Length(MostBytes)]);
                break;
            case List or Set:
                for (int left = Count(out int item); left > 0; left--)
                {
                    Skip(item is True or 2 ? Byte : item, depth + 1);
                }
                break;
            case Map:
                SkipMap(depth);
                break;
            case Structure:
                for (int id = 0; Next(ref id, out int field);)
                {
                    Skip(field, depth + 1);
                }
                break;
            default:
                throw Damaged();
        }
    }

    internal static InputException Damaged() => new("the file is damaged: its metadata cannot be read");

    void SkipMap(int depth)
    {
        int count = Length(MostItems);
        int types = count > 0 ? Raw() : 0;
        for (; count > 0; count--)
        {
            Skip(types >> 4, depth + 1);
            Skip(types & 15, depth + 1);
        }
    }

    int Length(int most) => Varint() is var length && length <= (ulong)most ? (int)length : throw Damaged();

    int Raw() => stream.ReadByte() is >= 0 and var read ? read : throw new EndOfStreamException();

    ulong Varint()
    {
        ulong value = 0;
        for (int shift = 0; shift < 64; shift += 7)
        {
            int next = Raw();
            value |= (ulong)(next & 127) << shift;
            if (next < 128)
            {
                return value;
            }
        }
        throw Damaged();
    }
}
