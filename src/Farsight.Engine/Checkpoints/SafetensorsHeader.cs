using System.Buffers.Binary;
using System.Text.Json;
using System.Text.Unicode;
using Farsight.Engine.Files;

namespace Farsight.Engine.Checkpoints;

/// <summary>Represents the header of a safetensors file: 8 bytes of length, then a JSON object, then the data.</summary>
/// <remarks>
/// The checks are as strict as those of the reference library: the tensors fill the data part without gap or overlap, so a truncated or
/// extended file is always detected.
/// </remarks>
sealed class SafetensorsHeader
{
    internal const int LengthBytes = 8;
    const long MaxLength = 100_000_000; // the format's own limit
    const string MetadataKey = "__metadata__";

    /// <summary>Types of the format whose values are whole bytes.</summary>
    internal static readonly IReadOnlyDictionary<string, int> BytesPerValue = new Dictionary<string, int>(StringComparer.Ordinal)
    {
        ["BOOL"] = 1,
        ["U8"] = 1,
        ["I8"] = 1,
        ["F8_E4M3"] = 1,
        ["F8_E5M2"] = 1,
        ["F8_E8M0"] = 1,
        ["I16"] = 2,
        ["U16"] = 2,
        ["F16"] = 2,
        ["BF16"] = 2,
        ["I32"] = 4,
        ["U32"] = 4,
        ["F32"] = 4,
        ["I64"] = 8,
        ["U64"] = 8,
        ["F64"] = 8,
        ["C64"] = 8,
    };

    static readonly JsonDocumentOptions s_options = new() { AllowDuplicateProperties = false };

    readonly string _path;
    readonly long _dataStart;
    readonly long _dataLength;

    internal SafetensorsHeader(MappedFile file, string path)
    {
        _path = path;
        ReadOnlySpan<byte> json = Json(file);
        _dataStart = LengthBytes + json.Length;
        _dataLength = file.Length - _dataStart;
        try
        {
            using JsonDocument document = JsonDocument.Parse(json.ToArray(), s_options);
            Read(document.RootElement);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException) // the second for broken escapes in names
        {
            throw Damaged("its header is not a JSON object with distinct names", e);
        }
        CheckThatTheyFillTheFile();
    }

    internal List<Entry> Entries { get; } = [];

    internal Dictionary<string, string> Metadata { get; } = new(StringComparer.Ordinal);

    ReadOnlySpan<byte> Json(MappedFile file)
    {
        if (file.Length < LengthBytes)
        {
            throw Damaged($"it is only {file.Length} bytes long");
        }
        ulong length = BinaryPrimitives.ReadUInt64LittleEndian(file.Bytes(0, LengthBytes));
        if (length > MaxLength || (long)length > file.Length - LengthBytes)
        {
            throw Damaged($"it declares a header of {length} bytes but is {file.Length} bytes long");
        }
        ReadOnlySpan<byte> json = file.Bytes(LengthBytes, (int)length);
        return Utf8.IsValid(json) ? json : throw Damaged("its header is not UTF-8");
    }

    void Read(JsonElement root)
    {
        if (root.ValueKind != JsonValueKind.Object)
        {
            throw Damaged("its header is not a JSON object");
        }
        foreach (JsonProperty property in root.EnumerateObject())
        {
            if (property.Name == MetadataKey)
            {
                ReadMetadata(property.Value);
            }
            else
            {
                Entries.Add(Tensor(property.Name, property.Value));
            }
        }
    }

    void ReadMetadata(JsonElement metadata)
    {
        if (metadata.ValueKind != JsonValueKind.Object || metadata.EnumerateObject().Any(p => p.Value.ValueKind != JsonValueKind.String))
        {
            throw Damaged($"its {MetadataKey} is not an object of strings");
        }
        foreach (JsonProperty property in metadata.EnumerateObject())
        {
            Metadata.Add(property.Name, property.Value.GetString()!);
        }
    }

    Entry Tensor(string name, JsonElement tensor)
    {
        if (tensor.ValueKind != JsonValueKind.Object
            || !tensor.TryGetProperty("dtype", out JsonElement type) || type.ValueKind != JsonValueKind.String
            || !tensor.TryGetProperty("shape", out JsonElement shape) || !AreWhole(shape, int.MaxValue, out long[] extents)
            || !tensor.TryGetProperty("data_offsets", out JsonElement offsets) || !AreWhole(offsets, _dataLength, out long[] ends)
            || ends.Length != 2 || ends[0] > ends[1])
        {
            throw Damaged($"its header has no valid dtype, shape and data_offsets for {name}");
        }
        string dtype = type.GetString()!;
        if (!BytesPerValue.TryGetValue(dtype, out int bytes))
        {
            throw new InputException($"{_path}: {name} has the unknown type {dtype}; convert the model to F32, F16 or BF16.");
        }
        UInt128 wanted = Bytes(extents, bytes);
        if (wanted != (UInt128)(ends[1] - ends[0]))
        {
            throw Damaged(
                $"{name} of type {dtype} and shape [{string.Join(", ", extents)}] does not match its {ends[1] - ends[0]} bytes");
        }
        return new(name, dtype, [.. extents.Select(e => (int)e)], _dataStart + ends[0], ends[1] - ends[0]);
    }

    // Stops growing above what any file can hold, so that no product of extents overflows.
    static UInt128 Bytes(long[] extents, int bytesPerValue)
    {
        if (extents.Contains(0))
        {
            return 0;
        }
        UInt128 product = (UInt128)bytesPerValue;
        foreach (long extent in extents)
        {
            product = product > long.MaxValue ? product : product * (UInt128)extent;
        }
        return product;
    }

    static bool AreWhole(JsonElement array, long max, out long[] values)
    {
        values = [];
        if (array.ValueKind != JsonValueKind.Array)
        {
            return false;
        }
        values = new long[array.GetArrayLength()];
        int i = 0;
        foreach (JsonElement element in array.EnumerateArray())
        {
            if (element.ValueKind != JsonValueKind.Number || !element.TryGetInt64(out values[i]) || values[i] < 0 || values[i] > max)
            {
                return false;
            }
            i++;
        }
        return true;
    }

    void CheckThatTheyFillTheFile()
    {
        long end = _dataStart;
        foreach (Entry entry in Entries.OrderBy(e => e.Start).ThenBy(e => e.Length))
        {
            if (entry.Start != end)
            {
                throw Damaged($"{entry.Name} {(entry.Start < end ? "overlaps the tensor before it" : "leaves a gap before it")}");
            }
            end += entry.Length;
        }
        if (end != _dataStart + _dataLength)
        {
            throw Damaged($"its tensors end at byte {end} and the file at byte {_dataStart + _dataLength}");
        }
    }

    InputException Damaged(string what, Exception? cause = null) => cause is null
        ? new($"{_path} is damaged or not a safetensors file: {what}; download it again.")
        : new($"{_path} is damaged or not a safetensors file: {what}; download it again.", cause);

    /// <param name="Name">The tensor's name.</param>
    /// <param name="DType">A key of <see cref="BytesPerValue"/>.</param>
    /// <param name="Shape">Extents.</param>
    /// <param name="Start">First byte, from the start of the file.</param>
    /// <param name="Length">Number of bytes.</param>
    internal sealed record Entry(string Name, string DType, int[] Shape, long Start, long Length);
}
