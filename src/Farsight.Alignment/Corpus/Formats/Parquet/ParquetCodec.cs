using System.Buffers.Binary;
using System.IO.Compression;
using Farsight.Engine;
using ZstdSharp;

namespace Farsight.Alignment.Corpus.Formats.Parquet;

/// <summary>Decompresses the pages of a Parquet file.</summary>
static class ParquetCodec
{
    /// <summary>Decompresses bytes whose decompressed length is known.</summary>
    /// <param name="codec">Number of the compression in the file's metadata.</param>
    /// <param name="source">Compressed bytes.</param>
    /// <param name="length">Decompressed length.</param>
    /// <exception cref="InputException">The bytes are damaged, or the compression is not known.</exception>
    internal static byte[] Decompress(int codec, ReadOnlySpan<byte> source, int length)
    {
        byte[] target = new byte[length];
        try
        {
            bool isWhole = codec switch
            {
                0 => source.Length == length && source.TryCopyTo(target),
                1 => Snappy(source, target),
                2 => Gzip(source, target),
                4 => BrotliDecoder.TryDecompress(source, target, out int written) && written == length,
                5 => Hadoop(source, target) || Lz4(source, target),
                6 => Zstd(source, target),
                7 => Lz4(source, target),
                3 => throw new InputException("the compression LZO is not supported; write the file with zstd or snappy"),
                _ => throw new InputException($"the compression {codec} is not known"),
            };
            return isWhole ? target : throw Damaged();
        }
        catch (Exception e) when (e is InvalidDataException or ZstdException or IndexOutOfRangeException or ArgumentException
            or EndOfStreamException or OverflowException)
        {
            throw Damaged(e);
        }
    }

    static InputException Damaged(Exception? cause = null) =>
        cause is null ? new("the file is damaged: a compressed page cannot be read")
            : new("the file is damaged: a compressed page cannot be read", cause);

    static bool Zstd(ReadOnlySpan<byte> source, byte[] target)
    {
        using Decompressor decompressor = new();
        return decompressor.Unwrap(source, target) == target.Length;
    }

    static bool Gzip(ReadOnlySpan<byte> source, byte[] target)
    {
        using GZipStream stream = new(new MemoryStream(source.ToArray()), CompressionMode.Decompress);
        stream.ReadExactly(target);
        return stream.ReadByte() < 0;
    }

    /// <summary>Decompresses Snappy. Source: google/snappy, format_description.txt.</summary>
    static bool Snappy(ReadOnlySpan<byte> source, Span<byte> target)
    {
        int at = 0, written = 0, shift = 0;
        uint length = 0;
        do
        {
            length |= (uint)(source[at] & 127) << shift;
            shift += 7;
        }
        while (source[at++] >= 128 && shift < 35);
        if (length != target.Length)
        {
            return false;
        }
        while (at < source.Length)
        {
            byte tag = source[at++];
            int count, offset;
            switch (tag & 3)
            {
                case 0:
                    count = tag >> 2;
                    if (count >= 60)
                    {
                        int bytes = count - 59;
                        count = 0;
                        for (int i = 0; i < bytes; i++)
                        {
                            count |= source[at++] << (8 * i);
                        }
                    }
                    count++;
                    source.Slice(at, count).CopyTo(target[written..]);
                    (at, written) = (at + count, written + count);
                    continue;
                case 1:
                    count = ((tag >> 2) & 7) + 4;
                    offset = ((tag >> 5) << 8) | source[at++];
                    break;
                case 2:
                    count = (tag >> 2) + 1;
                    offset = BinaryPrimitives.ReadUInt16LittleEndian(source[at..]);
                    at += 2;
                    break;
                default:
                    count = (tag >> 2) + 1;
                    offset = BinaryPrimitives.ReadInt32LittleEndian(source[at..]);
                    at += 4;
                    break;
            }
            Copy(target, ref written, offset, count);
        }
        return written == target.Length;
    }

    /// <summary>Decompresses a block of LZ4. Source: lz4/lz4, lz4_Block_format.md.</summary>
    static bool Lz4(ReadOnlySpan<byte> source, Span<byte> target)
    {
        int at = 0, written = 0;
        while (at < source.Length)
        {
            byte token = source[at++];
            int literals = Extended(token >> 4, source, ref at);
            source.Slice(at, literals).CopyTo(target[written..]);
            (at, written) = (at + literals, written + literals);
            if (at == source.Length)
            {
                break; // the last sequence has literals only
            }
            int offset = BinaryPrimitives.ReadUInt16LittleEndian(source[at..]);
            at += 2;
            Copy(target, ref written, offset, Extended(token & 15, source, ref at) + 4);
        }
        return written == target.Length;
    }

    static int Extended(int length, ReadOnlySpan<byte> source, ref int at)
    {
        if (length == 15)
        {
            byte next;
            do
            {
                next = source[at++];
                length = checked(length + next);
            }
            while (next == 255);
        }
        return length;
    }

    /// <summary>Decompresses Hadoop's frames around LZ4: decompressed and compressed length, big-endian, before each block.</summary>
    static bool Hadoop(ReadOnlySpan<byte> source, Span<byte> target)
    {
        while (source.Length >= 8)
        {
            int length = BinaryPrimitives.ReadInt32BigEndian(source), stored = BinaryPrimitives.ReadInt32BigEndian(source[4..]);
            if (length < 0 || length > target.Length || stored < 0 || stored > source.Length - 8)
            {
                return false;
            }
            if (!Lz4(source.Slice(8, stored), target[..length]))
            {
                return false;
            }
            source = source[(8 + stored)..];
            target = target[length..];
        }
        return source.IsEmpty && target.IsEmpty;
    }

    static void Copy(Span<byte> target, ref int written, int offset, int count)
    {
        if (offset <= 0 || offset > written || count > target.Length - written)
        {
            throw new InvalidDataException();
        }
        for (int i = 0; i < count; i++, written++)
        {
            target[written] = target[written - offset];
        }
    }
}
