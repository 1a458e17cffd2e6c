using Farsight.Engine.Files;

namespace Farsight.Engine.Checkpoints.Gguf;

/// <summary>
/// Reads and checks the header of a GGUF file: keys, names, types and extents, and that no tensor overlaps another or exceeds the file.
/// </summary>
sealed class GgufHeader
{
    internal const uint Magic = 0x46554747; // "GGUF"
    internal const int Version = 3, DefaultAlignment = 32, MaxDimensions = 4, AlignmentUnit = 8;
    internal const string AlignmentKey = "general.alignment";

    const int LongestName = 1 << 16;

    readonly MappedFile _file;
    readonly string _path;
    readonly GgufCursor _cursor;

    internal GgufHeader(MappedFile file, string path)
    {
        (_file, _path, _cursor) = (file, path, new GgufCursor(file, path));
        if (file.Length < sizeof(uint) || _cursor.U32() != Magic)
        {
            throw _cursor.Damaged("it does not start with GGUF");
        }
        uint version = _cursor.U32();
        if (version is not (2 or Version))
        {
            throw new InputException(
                $"{path} is of GGUF version {version}; only versions 2 and {Version} are supported, so convert the model again.");
        }
        ulong tensors = _cursor.U64(), keys = _cursor.U64();
        Metadata = new(file, path, Entries(keys));
        Tensors = Place(ReadTensors(tensors));
    }

    internal GgufMetadata Metadata { get; }

    internal IReadOnlyDictionary<string, StoredTensor> Tensors { get; }

    Dictionary<string, GgufEntry> Entries(ulong count)
    {
        Dictionary<string, GgufEntry> entries = new(StringComparer.Ordinal);
        for (ulong i = 0; i < count; i++)
        {
            string key = _cursor.String(LongestName);
            if (!entries.TryAdd(key, Entry(key)))
            {
                throw _cursor.Damaged($"the key {key} occurs twice");
            }
        }
        return entries;
    }

    GgufEntry Entry(string key)
    {
        GgufValueType type = ValueType(key);
        if (type != GgufValueType.Array)
        {
            GgufEntry single = new(type, IsList: false, 1, _cursor.At);
            SkipValues(type, 1);
            return single;
        }
        GgufValueType element = ValueType(key);
        ulong count = _cursor.U64();
        if (element == GgufValueType.Array || count > (ulong)_file.Length)
        {
            throw _cursor.Damaged(element == GgufValueType.Array ? $"{key} is a list of lists" : $"{key} declares {count} values");
        }
        GgufEntry list = new(element, IsList: true, (long)count, _cursor.At);
        SkipValues(element, count);
        return list;
    }

    GgufValueType ValueType(string key)
    {
        uint type = _cursor.U32();
        return type <= (uint)GgufValueType.F64 ? (GgufValueType)type : throw _cursor.Damaged($"{key} has the unknown type {type}");
    }

    void SkipValues(GgufValueType type, ulong count)
    {
        if (type != GgufValueType.Text)
        {
            _cursor.Skip(count * (ulong)GgufEntry.BytesOf(type));
            return;
        }
        for (ulong i = 0; i < count; i++)
        {
            _cursor.Skip(_cursor.U64());
        }
    }

    List<TensorInfo> ReadTensors(ulong count)
    {
        List<TensorInfo> tensors = [];
        HashSet<string> names = new(StringComparer.Ordinal);
        for (ulong i = 0; i < count; i++)
        {
            string name = _cursor.String(LongestName);
            if (!names.Add(name))
            {
                throw _cursor.Damaged($"the tensor {name} occurs twice");
            }
            tensors.Add(Tensor(name));
        }
        return tensors;
    }

    TensorInfo Tensor(string name)
    {
        uint dimensions = _cursor.U32();
        if (dimensions is 0 or > MaxDimensions)
        {
            throw _cursor.Damaged($"{name} has {dimensions} dimensions");
        }
        int[] shape = new int[dimensions];
        for (int i = shape.Length - 1; i >= 0; i--) // the file's fastest extent comes first
        {
            ulong extent = _cursor.U64();
            shape[i] = extent is > 0 and <= int.MaxValue ? (int)extent : throw _cursor.Damaged($"{name} has the extent {extent}");
        }
        uint number = _cursor.U32();
        GgufTensorType type =
            GgufTensorType.Of(number)
            ?? throw new InputException(
                $"{_path}: {name} is of type {GgufTensorType.NameOf(number)}, which is not supported; "
                + $"use a file of type {GgufTensorType.Supported}.");
        return new(name, type, shape, Bytes(name, type, shape), _cursor.U64());
    }

    long Bytes(string name, GgufTensorType type, int[] shape)
    {
        UInt128 count = 1;
        foreach (int extent in shape) // four extents of 31 bits fit into 128
        {
            count *= (UInt128)extent;
        }
        UInt128 bytes = count / (UInt128)type.ValuesPerBlock * (UInt128)type.BytesPerBlock;
        return shape[^1] % type.ValuesPerBlock == 0 && bytes <= (UInt128)_file.Length
            ? (long)bytes
            : throw _cursor.Damaged($"{name} of type {type.Name} and shape [{string.Join(", ", shape)}] exceeds the file");
    }

    Dictionary<string, StoredTensor> Place(List<TensorInfo> tensors)
    {
        int alignment = Metadata.Whole(AlignmentKey, 1, 1 << 20, DefaultAlignment);
        if (alignment % AlignmentUnit != 0)
        {
            throw Metadata.Invalid(AlignmentKey, $"it is {alignment}, but it must be a multiple of {AlignmentUnit}");
        }
        long start = (_cursor.At + alignment - 1) / alignment * alignment, end = start;
        foreach (TensorInfo tensor in tensors.OrderBy(t => t.Offset))
        {
            if (
                tensor.Offset % (ulong)alignment != 0
                || tensor.Offset > (ulong)_file.Length
                || start + (long)tensor.Offset + tensor.Bytes > _file.Length)
            {
                throw _cursor.Damaged($"the values of {tensor.Name} exceed the file");
            }
            if (start + (long)tensor.Offset < end)
            {
                throw _cursor.Damaged($"{tensor.Name} overlaps the tensor before it");
            }
            end = start + (long)tensor.Offset + tensor.Bytes;
        }
        return tensors.ToDictionary(
            t => t.Name,
            t => new StoredTensor(_file, _path, t.Name, t.Type, t.Shape, start + (long)t.Offset, t.Bytes),
            StringComparer.Ordinal);
    }

    readonly record struct TensorInfo(string Name, GgufTensorType Type, int[] Shape, long Bytes, ulong Offset);
}
