using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using Farsight.Engine.Files;

namespace Farsight.Engine.Checkpoints.Gguf;

/// <summary>Represents the keys of a GGUF file; values are read on request. Valid until the file is disposed.</summary>
public sealed class GgufMetadata
{
    /// <summary>Maximum bytes of a text, enough for a whole tokenizer.json.</summary>
    const int LongestText = 1 << 28;

    readonly MappedFile _file;
    readonly string _path;
    readonly Dictionary<string, GgufEntry> _entries;

    internal GgufMetadata(MappedFile file, string path, Dictionary<string, GgufEntry> entries) =>
        (_file, _path, _entries) = (file, path, entries);

    /// <summary>Keys in the order of the file.</summary>
    public IReadOnlyCollection<string> Keys => _entries.Keys;

    /// <summary>Returns whether a key exists.</summary>
    public bool Has(string key) => _entries.ContainsKey(key);

    /// <summary>Returns the type of a value, or of the values of a list.</summary>
    /// <exception cref="InputException">The key is missing.</exception>
    public (GgufValueType Type, bool IsList, long Count) KindOf(string key)
    {
        GgufEntry entry = Entry(key);
        return (entry.Type, entry.IsList, entry.Count);
    }

    /// <summary>Reads a text.</summary>
    /// <exception cref="InputException">The key is missing, or its value is not a text.</exception>
    public string Text(string key)
    {
        GgufEntry entry = Single(key, GgufValueType.Text, "a text");
        return TextAt(key, entry.Start, out _);
    }

    /// <summary>Reads a whole number of any integer type.</summary>
    /// <param name="key">The key.</param>
    /// <param name="min">Minimum.</param>
    /// <param name="max">Maximum.</param>
    /// <param name="absent">Default for a missing key; null if the key is required.</param>
    /// <exception cref="InputException">The key is missing, or its value has another type or is out of range.</exception>
    public int Whole(string key, int min, int max, int? absent = null)
    {
        if (absent is { } value && !Has(key))
        {
            return value;
        }
        GgufEntry entry = Entry(key);
        return !entry.IsList && IsInteger(entry.Type) && Integer(entry, 0) is var number && number >= min && number <= max
            ? (int)number
            : throw Invalid(key, $"it must be a whole number from {min} to {max}");
    }

    /// <summary>Reads a floating-point number.</summary>
    /// <exception cref="InputException">The key is missing, or its value has another type or is out of range.</exception>
    public double Number(string key, double min, double max, double? absent = null)
    {
        if (absent is { } value && !Has(key))
        {
            return value;
        }
        GgufEntry entry = Entry(key);
        return !entry.IsList && IsFloat(entry.Type) && NumberAt(entry, 0) is var number && number >= min && number <= max
            ? number
            : throw Invalid(key, string.Create(CultureInfo.InvariantCulture, $"it must be a number from {min} to {max}"));
    }

    /// <summary>Reads a Boolean.</summary>
    /// <exception cref="InputException">The value has another type.</exception>
    public bool Flag(string key, bool absent) =>
        Has(key) ? _file.Bytes(Single(key, GgufValueType.Bool, "true or false").Start, 1)[0] != 0 : absent;

    /// <summary>Reads a list of texts.</summary>
    /// <exception cref="InputException">The key is missing, or its value has another type.</exception>
    public string[] Texts(string key)
    {
        GgufEntry entry = List(key, t => t == GgufValueType.Text, "texts");
        string[] values = new string[entry.Count];
        long at = entry.Start;
        for (int i = 0; i < values.Length; i++)
        {
            values[i] = TextAt(key, at, out long bytes);
            at += bytes;
        }
        return values;
    }

    /// <summary>Reads a list of whole numbers of up to 32 bits.</summary>
    /// <exception cref="InputException">The key is missing, or its value has another type.</exception>
    internal int[] Wholes(string key)
    {
        GgufEntry entry = List(key, IsInteger, "whole numbers");
        int[] values = new int[entry.Count];
        for (int i = 0; i < values.Length; i++)
        {
            Int128 number = Integer(entry, i);
            values[i] =
                number >= int.MinValue && number <= int.MaxValue ? (int)number : throw Invalid(key, "its values must fit in 32 bits");
        }
        return values;
    }

    /// <summary>Reads a list of floating-point numbers.</summary>
    /// <exception cref="InputException">The key is missing, or its value has another type.</exception>
    public float[] Numbers(string key)
    {
        GgufEntry entry = List(key, IsFloat, "numbers");
        float[] values = new float[entry.Count];
        for (int i = 0; i < values.Length; i++)
        {
            values[i] = (float)NumberAt(entry, i);
        }
        return values;
    }

    internal InputException Invalid(string key, string wanted) => new($"{_path}: {key} is invalid; {wanted}.");

    GgufEntry Entry(string key) => _entries.GetValueOrDefault(key)
        ?? throw new InputException($"{_path}: the key {key} is missing; the file is incomplete, or its model is not supported.");

    GgufEntry Single(string key, GgufValueType type, string what) =>
        Entry(key) is { IsList: false } entry && entry.Type == type ? entry : throw Invalid(key, $"it must be {what}");

    GgufEntry List(string key, Func<GgufValueType, bool> fits, string what) =>
        Entry(key) is { IsList: true, Count: <= int.MaxValue } entry && (fits(entry.Type) || entry.Count == 0)
            ? entry
            : throw Invalid(key, $"it must be a list of {what}");

    static bool IsInteger(GgufValueType type) =>
        type is not (GgufValueType.F32 or GgufValueType.F64 or GgufValueType.Bool or GgufValueType.Text or GgufValueType.Array);

    static bool IsFloat(GgufValueType type) => type is GgufValueType.F32 or GgufValueType.F64;

    Int128 Integer(GgufEntry entry, long index)
    {
        int bytes = GgufEntry.BytesOf(entry.Type);
        ReadOnlySpan<byte> value = _file.Bytes(entry.Start + index * bytes, bytes);
        return entry.Type switch
        {
            GgufValueType.U8 => value[0],
            GgufValueType.I8 => (sbyte)value[0],
            GgufValueType.U16 => BinaryPrimitives.ReadUInt16LittleEndian(value),
            GgufValueType.I16 => BinaryPrimitives.ReadInt16LittleEndian(value),
            GgufValueType.U32 => BinaryPrimitives.ReadUInt32LittleEndian(value),
            GgufValueType.I32 => BinaryPrimitives.ReadInt32LittleEndian(value),
            GgufValueType.U64 => BinaryPrimitives.ReadUInt64LittleEndian(value),
            _ => BinaryPrimitives.ReadInt64LittleEndian(value),
        };
    }

    double NumberAt(GgufEntry entry, long index)
    {
        int bytes = GgufEntry.BytesOf(entry.Type);
        ReadOnlySpan<byte> value = _file.Bytes(entry.Start + index * bytes, bytes);
        return entry.Type == GgufValueType.F32
            ? BinaryPrimitives.ReadSingleLittleEndian(value)
            : BinaryPrimitives.ReadDoubleLittleEndian(value);
    }

    // Lengths were checked against the file when its header was walked.
    string TextAt(string key, long at, out long bytes)
    {
        ulong length = BinaryPrimitives.ReadUInt64LittleEndian(_file.Bytes(at, sizeof(ulong)));
        bytes = sizeof(ulong) + (long)length;
        return length <= LongestText
            ? Encoding.UTF8.GetString(_file.Bytes(at + sizeof(ulong), (int)length))
            : throw Invalid(key, $"its text of {length} bytes is too long");
    }
}

/// <param name="Type">Type of the value, or of the values of a list.</param>
/// <param name="IsList">Whether it is a list.</param>
/// <param name="Count">Number of values; 1 for a single one.</param>
/// <param name="Start">First byte of the first value, from the start of the file.</param>
sealed record GgufEntry(GgufValueType Type, bool IsList, long Count, long Start)
{
    /// <summary>Bytes of a value; 0 for a text.</summary>
    internal static int BytesOf(GgufValueType type) => type switch
    {
        GgufValueType.U8 or GgufValueType.I8 or GgufValueType.Bool => 1,
        GgufValueType.U16 or GgufValueType.I16 => 2,
        GgufValueType.U64 or GgufValueType.I64 or GgufValueType.F64 => 8,
        GgufValueType.Text or GgufValueType.Array => 0,
        _ => 4,
    };
}
