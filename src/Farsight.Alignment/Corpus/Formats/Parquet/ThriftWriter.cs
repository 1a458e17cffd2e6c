using System.Buffers;
using System.Text;

namespace Farsight.Alignment.Corpus.Formats.Parquet;

/// <summary>Writes a structure in Thrift's compact protocol.</summary>
sealed class ThriftWriter
{
    const int Int32 = 5, Int64 = 6, Binary = 8, List = 9, Structure = 12;

    readonly ArrayBufferWriter<byte> _bytes = new();
    readonly Stack<int> _ids = new([0]);

    internal ThriftWriter Int(int id, int value) => Number(id, Int32, value);

    internal ThriftWriter Long(int id, long value) => Number(id, Int64, value);

    internal ThriftWriter Text(int id, string value)
    {
        Header(id, Binary);
        Text(value);
        return this;
    }

    internal ThriftWriter Ints(int id, int[] values) => Items(id, Int32, values.Length, i => Signed(values[i]));

    internal ThriftWriter Texts(int id, string[] values) => Items(id, Binary, values.Length, i => Text(values[i]));

    internal ThriftWriter Structures(int id, IReadOnlyList<byte[]> values) =>
        Items(id, Structure, values.Count, i => _bytes.Write(values[i]));

    internal ThriftWriter Begin(int id)
    {
        Header(id, Structure);
        _ids.Push(0);
        return this;
    }

    internal ThriftWriter End()
    {
        Put(0);
        _ids.Pop();
        return this;
    }

    internal byte[] ToArray() => _bytes.WrittenSpan.ToArray();

    ThriftWriter Number(int id, int type, long value)
    {
        Header(id, type);
        Signed(value);
        return this;
    }

    ThriftWriter Items(int id, int type, int count, Action<int> write)
    {
        Header(id, List);
        Put((byte)((Math.Min(count, 15) << 4) | type));
        if (count >= 15)
        {
            Unsigned((ulong)count);
        }
        for (int i = 0; i < count; i++)
        {
            write(i);
        }
        return this;
    }

    void Header(int id, int type)
    {
        int last = _ids.Pop();
        _ids.Push(id);
        Put((byte)(((id - last) << 4) | type)); // ids ascend, by 15 at most
    }

    void Text(string value)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(value);
        Unsigned((ulong)bytes.Length);
        _bytes.Write(bytes);
    }

    void Signed(long value) => Unsigned((ulong)((value << 1) ^ (value >> 63)));

    void Unsigned(ulong value)
    {
        for (; value >= 128; value >>= 7)
        {
            Put((byte)(value | 128));
        }
        Put((byte)value);
    }

    void Put(byte value) => _bytes.Write([value]);
}
