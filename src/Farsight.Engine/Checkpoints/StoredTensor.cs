using System.Buffers.Binary;
using Farsight.Engine.Checkpoints.Gguf;
using Farsight.Engine.Files;
using Farsight.Engine.Kernels;
using Farsight.Engine.Numerics;

namespace Farsight.Engine.Checkpoints;

/// <summary>Represents a tensor in a mapped file, in its stored format; valid until the file is disposed.</summary>
public sealed class StoredTensor
{
    readonly MappedFile _file;
    readonly string _path;
    readonly long _start;
    readonly int _valuesPerBlock, _bytesPerBlock;
    readonly NumberFormat? _format;

    internal StoredTensor(MappedFile file, string path, string name, string dtype, int[] shape, long start, long length)
    {
        (_file, _path, _start, Name, DType, Shape, ByteCount) = (file, path, start, name, dtype, shape, length);
        (_valuesPerBlock, _bytesPerBlock) = (1, SafetensorsHeader.BytesPerValue[dtype]);
        _format = dtype switch { "F32" => NumberFormat.F32, "F16" => NumberFormat.F16, "BF16" => NumberFormat.BF16, _ => null };
    }

    internal StoredTensor(MappedFile file, string path, string name, GgufTensorType type, int[] shape, long start, long length)
    {
        (_file, _path, _start, Name, DType, Shape, ByteCount) = (file, path, start, name, type.Name, shape, length);
        (_valuesPerBlock, _bytesPerBlock, _format) = (type.ValuesPerBlock, type.BytesPerBlock, type.Format);
    }

    StoredTensor(StoredTensor other, string name)
    {
        (_file, _path, _start, Name, DType, Shape) = (other._file, other._path, other._start, name, other.DType, other.Shape);
        (_valuesPerBlock, _bytesPerBlock, _format, ByteCount) =
            (other._valuesPerBlock, other._bytesPerBlock, other._format, other.ByteCount);
    }

    StoredTensor(StoredTensor whole, int index)
    {
        (_file, _path, Name, DType) = (whole._file, whole._path, whole.Name, whole.DType);
        (_valuesPerBlock, _bytesPerBlock, _format) = (whole._valuesPerBlock, whole._bytesPerBlock, whole._format);
        (Shape, ByteCount) = ([.. whole.Shape.Skip(1)], whole.ByteCount / whole.Shape[0]);
        _start = whole._start + index * ByteCount;
    }

    /// <summary>Returns the tensor under another name.</summary>
    internal StoredTensor Named(string name) => name == Name ? this : new(this, name);

    /// <summary>Name: "model.layers.0.self_attn.q_proj.weight".</summary>
    public string Name { get; }

    /// <summary>Type of the values in the file's notation: F32, BF16, I64, Q8_0, …</summary>
    public string DType { get; }

    /// <summary>Extents, slowest first; empty for a single value.</summary>
    public IReadOnlyList<int> Shape { get; }

    /// <summary>Number of bytes.</summary>
    public long ByteCount { get; }

    /// <summary>Number of values.</summary>
    public long Count => ByteCount / _bytesPerBlock * _valuesPerBlock;

    /// <summary>Whether the engine can compute with the values.</summary>
    public bool IsWeight => _format is not null;

    /// <summary>Format of the weights.</summary>
    /// <exception cref="InputException">The values have a type that weights cannot have.</exception>
    public NumberFormat Format =>
        _format
        ?? throw new InputException(
            $"{_path}: {Name} contains {DType} values, but weights must be F32, F16 or BF16, or in GGUF {GgufTensorType.Supported}; "
            + "convert the model to one of these types."
        );

    /// <summary>Returns all bytes.</summary>
    /// <exception cref="OverflowException">The tensor has more than 2³¹ − 1 bytes; read it in parts.</exception>
    public ReadOnlySpan<byte> Bytes => _file.Bytes(_start, checked((int)ByteCount));

    /// <summary>
    /// Returns the bytes of <paramref name="count"/> values from <paramref name="firstElement"/> on; whole blocks if the type has any.
    /// </summary>
    /// <exception cref="ArgumentException">The range leaves the tensor or splits a block.</exception>
    public ReadOnlySpan<byte> BytesOf(long firstElement, int count)
    {
        CheckRange(firstElement, count);
        return firstElement % _valuesPerBlock == 0 && count % _valuesPerBlock == 0
            ? _file.Bytes(
                _start + firstElement / _valuesPerBlock * _bytesPerBlock,
                checked((int)((long)count / _valuesPerBlock * _bytesPerBlock)))
            : throw new ArgumentException(
                $"{Name} is stored in blocks of {_valuesPerBlock} values; {firstElement} … {firstElement + count - 1} splits a block.");
    }

    /// <summary>Widens as many values as <paramref name="destination"/> holds, from <paramref name="firstElement"/> on.</summary>
    /// <exception cref="InputException">The values have a type that weights cannot have.</exception>
    public void Read(long firstElement, Span<float> destination)
    {
        CheckRange(firstElement, destination.Length);
        int within = (int)(firstElement % _valuesPerBlock);
        long blocks = ((long)within + destination.Length + _valuesPerBlock - 1) / _valuesPerBlock;
        ReadOnlySpan<byte> stored = _file.Bytes(
            _start + firstElement / _valuesPerBlock * _bytesPerBlock,
            checked((int)(blocks * _bytesPerBlock)));
        Widen.ToFloat(Format, stored, within, destination);
    }

    /// <summary>Returns a row of a tensor of two dimensions in place; without bytes if it starts or ends inside a block.</summary>
    /// <exception cref="InputException">The values have a type that weights cannot have.</exception>
    internal StoredRow Row(int row) => Shape[1] % _valuesPerBlock == 0
        ? new(Format, BytesOf((long)row * Shape[1], Shape[1]))
        : default;

    /// <summary>Returns a part along the slowest extent in place: the matrix of an expert.</summary>
    /// <param name="index">0 … Shape[0] − 1; each part must consist of whole blocks.</param>
    internal StoredTensor Part(int index) => new(this, index);

    /// <summary>Frees the memory of the bytes; reading them again loads them again.</summary>
    public void Forget() => _file.Forget(_start, ByteCount);

    void CheckRange(long firstElement, int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(firstElement);
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(firstElement, Count - count);
    }

    /// <summary>Reads all values as floats.</summary>
    internal float[] ReadFloats()
    {
        float[] values = new float[checked((int)Count)];
        Read(0, values);
        return values;
    }

    /// <summary>Reads all values as doubles, from any floating-point type.</summary>
    /// <exception cref="InputException">The values are not F64, F32, F16 or BF16.</exception>
    internal double[] ReadDoubles()
    {
        if (DType != "F64")
        {
            return Array.ConvertAll(ReadFloats(), f => (double)f);
        }
        double[] values = new double[checked((int)Count)];
        for (int i = 0; i < values.Length; i++)
        {
            values[i] = BinaryPrimitives.ReadDoubleLittleEndian(BytesOf(i, 1));
        }
        return values;
    }
}
