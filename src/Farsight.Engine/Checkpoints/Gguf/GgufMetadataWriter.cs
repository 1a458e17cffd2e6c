using System.Buffers;
using System.Buffers.Binary;
using System.Text;

namespace Farsight.Engine.Checkpoints.Gguf;

/// <summary>Collects the keys of a GGUF file; they are written in the order of the calls.</summary>
sealed class GgufMetadataWriter
{
    readonly ArrayBufferWriter<byte> _bytes = new();
    readonly HashSet<string> _keys = new(StringComparer.Ordinal);

    /// <summary>Number of keys.</summary>
    public int Count => _keys.Count;

    /// <summary>Adds a text.</summary>
    /// <exception cref="ArgumentException">The key already exists.</exception>
    public void Add(string key, string value)
    {
        Start(key, GgufValueType.Text);
        WriteText(_bytes, value);
    }

    /// <summary>Adds a whole number, as U32.</summary>
    /// <exception cref="ArgumentException">The key already exists.</exception>
    public void Add(string key, uint value)
    {
        Start(key, GgufValueType.U32);
        Write(_bytes, value);
    }

    /// <summary>Adds a number, as F32.</summary>
    /// <exception cref="ArgumentException">The key already exists.</exception>
    public void Add(string key, float value)
    {
        Start(key, GgufValueType.F32);
        Write(_bytes, BitConverter.SingleToUInt32Bits(value));
    }

    /// <summary>Adds a Boolean.</summary>
    /// <exception cref="ArgumentException">The key already exists.</exception>
    public void Add(string key, bool value)
    {
        Start(key, GgufValueType.Bool);
        _bytes.Write([(byte)(value ? 1 : 0)]);
    }

    /// <summary>Adds a list of texts.</summary>
    /// <exception cref="ArgumentException">The key already exists.</exception>
    public void Add(string key, IReadOnlyCollection<string> values)
    {
        StartList(key, GgufValueType.Text, values.Count);
        foreach (string value in values)
        {
            WriteText(_bytes, value);
        }
    }

    /// <summary>Adds a list of whole numbers, as I32.</summary>
    /// <exception cref="ArgumentException">The key already exists.</exception>
    public void Add(string key, IReadOnlyCollection<int> values)
    {
        StartList(key, GgufValueType.I32, values.Count);
        foreach (int value in values)
        {
            Write(_bytes, (uint)value);
        }
    }

    /// <summary>Adds a list of numbers, as F32.</summary>
    /// <exception cref="ArgumentException">The key already exists.</exception>
    public void Add(string key, IReadOnlyCollection<float> values)
    {
        StartList(key, GgufValueType.F32, values.Count);
        foreach (float value in values)
        {
            Write(_bytes, BitConverter.SingleToUInt32Bits(value));
        }
    }

    internal ReadOnlySpan<byte> Bytes => _bytes.WrittenSpan;

    internal static void WriteText(IBufferWriter<byte> writer, string value)
    {
        Write(writer, (ulong)Encoding.UTF8.GetByteCount(value));
        Encoding.UTF8.GetBytes(value, writer);
    }

    internal static void Write(IBufferWriter<byte> writer, uint value)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(writer.GetSpan(sizeof(uint)), value);
        writer.Advance(sizeof(uint));
    }

    internal static void Write(IBufferWriter<byte> writer, ulong value)
    {
        BinaryPrimitives.WriteUInt64LittleEndian(writer.GetSpan(sizeof(ulong)), value);
        writer.Advance(sizeof(ulong));
    }

    void StartList(string key, GgufValueType type, int count)
    {
        Start(key, GgufValueType.Array);
        Write(_bytes, (uint)type);
        Write(_bytes, (ulong)count);
    }

    void Start(string key, GgufValueType type)
    {
        if (!_keys.Add(key))
        {
            throw new ArgumentException($"{key} occurs twice.", nameof(key));
        }
        WriteText(_bytes, key);
        Write(_bytes, (uint)type);
    }
}
