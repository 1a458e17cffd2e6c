using System.Buffers.Binary;
using System.Text.Encodings.Web;
using System.Text.Json;
using Farsight.Engine.Files;
using Farsight.Engine.Kernels;
using Farsight.Engine.Memory;
using Farsight.Engine.Numerics;

namespace Farsight.Engine.Checkpoints;

/// <summary>Writes the values of a tensor from <paramref name="firstElement"/> on to <paramref name="destination"/>.</summary>
public delegate void TensorValues(long firstElement, Span<float> destination);

/// <summary>Represents a tensor to be written; its values are requested in blocks of whole rows.</summary>
/// <param name="Name">"model.norm.weight".</param>
/// <param name="Format">Stored format.</param>
/// <param name="Shape">Extents, slowest first.</param>
/// <param name="Values">Called in order, from the first value to the last.</param>
public sealed record TensorToWrite(string Name, NumberFormat Format, IReadOnlyList<int> Shape, TensorValues Values)
{
    /// <summary>Creates a matrix [Count, Width], or a vector [Width] from one row if <paramref name="asVector"/>.</summary>
    public static TensorToWrite From(string name, NumberFormat format, Rows rows, bool asVector = false) =>
        new(name, format, asVector ? [checked((int)rows.Length)] : [rows.Count, rows.Width],
            (first, destination) => rows.Buffer.Span(rows.Start + first, destination.Length).CopyTo(destination));

    /// <summary>
    /// Creates a matrix from one of any format, or a vector [ColumnCount] from one row if <paramref name="asVector"/>.
    /// </summary>
    public static TensorToWrite From(string name, NumberFormat format, WeightMatrix matrix, bool asVector = false) =>
        new(
            name,
            format,
            asVector ? [checked(matrix.RowCount * matrix.ColumnCount)] : [matrix.RowCount, matrix.ColumnCount],
            (first, destination) =>
            {
                // Blocks are whole rows.
                int row = (int)(first / matrix.ColumnCount);
                for (int done = 0; done < destination.Length; done += matrix.ColumnCount)
                {
                    matrix.Read(row++, 0, destination.Slice(done, matrix.ColumnCount));
                }
            });

    /// <summary>Creates a tensor from an array.</summary>
    public static TensorToWrite From(string name, NumberFormat format, float[] values, params int[] shape) =>
        new(name, format, shape.Aggregate(1L, (product, extent) => product * extent) == values.Length ? shape
            : throw new ArgumentException($"{name} has {values.Length} values for the shape [{string.Join(", ", shape)}].", nameof(values)),
            (first, destination) => values.AsSpan((int)first, destination.Length).CopyTo(destination));

    /// <summary>Creates a copy of a tensor of another file.</summary>
    public static TensorToWrite From(StoredTensor tensor) => new(tensor.Name, tensor.Format, tensor.Shape, tensor.Read);

    /// <summary>Number of values.</summary>
    public long Count => Shape.Aggregate(1L, (product, extent) => checked(product * extent));

    internal long ByteCount => Format.BytesOf(Count);
}

/// <summary>Writes safetensors files; the same tensors give the same bytes.</summary>
public static class SafetensorsWriter
{
    const int BlockValues = 1 << 18;

    static readonly JsonWriterOptions s_options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Writes the tensors in the order of their names.</summary>
    /// <param name="path">Path of the file, which is replaced atomically.</param>
    /// <param name="tensors">In any order, with distinct names.</param>
    /// <param name="metadata">Strings for the header; null for the format "pt" only, which transformers requires.</param>
    /// <exception cref="IOException">The disk is full or fails; no file is left.</exception>
    public static void Write(string path, IEnumerable<TensorToWrite> tensors, IReadOnlyDictionary<string, string>? metadata = null)
    {
        TensorToWrite[] sorted = [.. tensors.OrderBy(t => t.Name, StringComparer.Ordinal)];
        byte[] header = Header(sorted, metadata ?? new Dictionary<string, string> { ["format"] = "pt" });
        AtomicFile.Write(path, stream =>
        {
            stream.Write(header);
            foreach (TensorToWrite tensor in sorted)
            {
                Write(stream, tensor);
            }
        });
    }

    static byte[] Header(TensorToWrite[] tensors, IReadOnlyDictionary<string, string> metadata)
    {
        using MemoryStream stream = new();
        stream.Write(new byte[SafetensorsHeader.LengthBytes]);
        using (Utf8JsonWriter json = new(stream, s_options))
        {
            json.WriteStartObject();
            WriteMetadata(json, metadata);
            WriteEntries(json, tensors);
            json.WriteEndObject();
        }
        while (stream.Length % 8 != 0)
        {
            stream.WriteByte((byte)' '); // the data starts aligned
        }
        byte[] header = stream.ToArray();
        BinaryPrimitives.WriteInt64LittleEndian(header, header.Length - SafetensorsHeader.LengthBytes);
        return header;
    }

    static void WriteMetadata(Utf8JsonWriter json, IReadOnlyDictionary<string, string> metadata)
    {
        json.WriteStartObject("__metadata__");
        foreach ((string key, string value) in metadata.OrderBy(m => m.Key, StringComparer.Ordinal))
        {
            json.WriteString(key, value);
        }
        json.WriteEndObject();
    }

    static void WriteEntries(Utf8JsonWriter json, TensorToWrite[] tensors)
    {
        long end = 0;
        string? before = null;
        foreach (TensorToWrite tensor in tensors)
        {
            if (tensor.Name == before)
            {
                throw new ArgumentException($"{tensor.Name} occurs twice.", nameof(tensors));
            }
            json.WriteStartObject(before = tensor.Name);
            json.WriteString("dtype", tensor.Format.ToString());
            json.WriteStartArray("shape");
            foreach (int extent in tensor.Shape)
            {
                json.WriteNumberValue(extent);
            }
            json.WriteEndArray();
            json.WriteStartArray("data_offsets");
            json.WriteNumberValue(end);
            json.WriteNumberValue(end += tensor.ByteCount);
            json.WriteEndArray();
            json.WriteEndObject();
        }
    }

    static void Write(Stream stream, TensorToWrite tensor)
    {
        int width = tensor.Shape.Count > 0 ? Math.Max(1, tensor.Shape[^1]) : 1;
        int block = Math.Max(1, BlockValues / width) * width;
        float[] values = new float[(int)Math.Min(block, tensor.Count)];
        byte[] stored = new byte[values.Length * tensor.Format.BytesPerValue];
        for (long first = 0; first < tensor.Count; first += block)
        {
            int count = (int)Math.Min(block, tensor.Count - first);
            tensor.Values(first, values.AsSpan(0, count));
            Span<byte> bytes = stored.AsSpan(0, count * tensor.Format.BytesPerValue);
            Narrow.FromFloat(tensor.Format, values.AsSpan(0, count), bytes);
            stream.Write(bytes);
        }
    }
}
