using System.Buffers;
using Farsight.Engine.Files;
using Farsight.Engine.Numerics;

namespace Farsight.Engine.Checkpoints.Gguf;

/// <summary>Represents a tensor for a GGUF file.</summary>
/// <param name="Tensor">Tensor with its name in the file.</param>
/// <param name="RowsTogether">Values are requested in multiples of so many rows.</param>
public sealed record GgufTensor(TensorToWrite Tensor, int RowsTogether = 1);

/// <summary>Writes GGUF files, version 3; the same keys and tensors give the same bytes.</summary>
/// <remarks>Format: docs/gguf.md of ggml. Values are requested block by block; no tensor is in memory as a whole.</remarks>
static class GgufWriter
{
    const int BlockValues = 1 << 18;

    /// <summary>Writes keys and tensors in their order.</summary>
    /// <param name="path">Path of the file, which is replaced atomically.</param>
    /// <param name="metadata">Keys; the writer adds the alignment.</param>
    /// <param name="tensors">Tensors with distinct names.</param>
    /// <param name="progress">Receives the bytes of values written so far; null for none.</param>
    /// <exception cref="InputException">A value is not finite, or becomes infinite in the tensor's format.</exception>
    /// <exception cref="IOException">The disk is full or fails; no file is left.</exception>
    public static void Write(string path, GgufMetadataWriter metadata, IReadOnlyList<GgufTensor> tensors, Action<long>? progress = null)
    {
        metadata.Add(GgufHeader.AlignmentKey, (uint)GgufHeader.DefaultAlignment);
        AtomicFile.Write(path, stream =>
        {
            stream.Write(Header(metadata, tensors));
            Pad(stream);
            long done = 0;
            foreach (GgufTensor tensor in tensors)
            {
                WriteValues(stream, tensor, bytes => progress?.Invoke(done += bytes));
                Pad(stream);
            }
        });
    }

    static ReadOnlySpan<byte> Header(GgufMetadataWriter metadata, IReadOnlyList<GgufTensor> tensors)
    {
        ArrayBufferWriter<byte> header = new();
        GgufMetadataWriter.Write(header, GgufHeader.Magic);
        GgufMetadataWriter.Write(header, (uint)GgufHeader.Version);
        GgufMetadataWriter.Write(header, (ulong)tensors.Count);
        GgufMetadataWriter.Write(header, (ulong)metadata.Count);
        header.Write(metadata.Bytes);
        long offset = 0;
        HashSet<string> names = new(StringComparer.Ordinal);
        foreach (TensorToWrite tensor in tensors.Select(t => t.Tensor))
        {
            if (!names.Add(tensor.Name))
            {
                throw new ArgumentException($"{tensor.Name} occurs twice.", nameof(tensors));
            }
            WriteEntry(header, tensor, offset);
            offset += Aligned(tensor.ByteCount);
        }
        return header.WrittenSpan;
    }

    static void WriteEntry(ArrayBufferWriter<byte> header, TensorToWrite tensor, long offset)
    {
        GgufMetadataWriter.WriteText(header, tensor.Name);
        GgufMetadataWriter.Write(header, (uint)tensor.Shape.Count);
        foreach (int extent in tensor.Shape.Reverse()) // the fastest first
        {
            GgufMetadataWriter.Write(header, (ulong)extent);
        }
        GgufMetadataWriter.Write(header, GgufTensorType.NumberOf(tensor.Format));
        GgufMetadataWriter.Write(header, (ulong)offset);
    }

    static void WriteValues(Stream stream, GgufTensor item, Action<long> written)
    {
        TensorToWrite tensor = item.Tensor;
        long together = (long)tensor.Shape[^1] * item.RowsTogether;
        if (together > Array.MaxLength)
        {
            throw new InputException(
                $"{tensor.Name} has {together} values in {item.RowsTogether} rows, which are written together; "
                + $"at most {Array.MaxLength} values are supported.");
        }
        long block = Math.Max(1, BlockValues / together) * together;
        float[] values = new float[Math.Min(block, tensor.Count)];
        byte[] stored = new byte[tensor.Format.BytesOf(values.Length)];
        for (long first = 0; first < tensor.Count; first += block)
        {
            Span<float> some = values.AsSpan(0, (int)Math.Min(block, tensor.Count - first));
            tensor.Values(first, some);
            CheckRange(tensor, some);
            Span<byte> bytes = stored.AsSpan(0, (int)tensor.Format.BytesOf(some.Length));
            Narrow.FromFloat(tensor.Format, some, bytes);
            stream.Write(bytes);
            written(bytes.Length);
        }
    }

    // The scale of a block, too, is an F16; it is up to the largest value itself.
    static void CheckRange(TensorToWrite tensor, ReadOnlySpan<float> values)
    {
        float largest = MathF.Abs(System.Numerics.Tensors.TensorPrimitives.MaxMagnitude(values));
        float limit = tensor.Format switch
        {
            NumberFormat.F32 => float.MaxValue,
            NumberFormat.BF16 => 3.38953139e38f,
            NumberFormat.F16 => 65504,
            NumberFormat.Q8_0 => 65504f * 127,
            _ => 65504f * 8,
        };
        if (!(largest <= limit))
        {
            throw new InputException(float.IsFinite(largest)
                ? $"{tensor.Name} contains a value of magnitude {largest:R}, which {tensor.Format} cannot represent; export as bf16 or f32."
                : $"{tensor.Name} contains a value that is not finite; the model is damaged, or its training diverged.");
        }
    }

    static void Pad(Stream stream) => stream.Write(new byte[Aligned(stream.Position) - stream.Position]);

    static long Aligned(long position) =>
        (position + GgufHeader.DefaultAlignment - 1) / GgufHeader.DefaultAlignment * GgufHeader.DefaultAlignment;
}
