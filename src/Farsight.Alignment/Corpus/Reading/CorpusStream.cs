using System.Buffers.Binary;
using Farsight.Engine;
using Farsight.Engine.Files;
using ZstdSharp;
using ZstdSharp.Unsafe;

namespace Farsight.Alignment.Corpus.Reading;

/// <summary>Reads a file and decompresses it if its first bytes indicate compression, regardless of its name.</summary>
sealed class CorpusStream : IDisposable
{
    const ushort GzipMagic = 0x8B1F;

    // RFC 8878: frames begin with the first number. Skippable frames, with which pzstd begins, have any of 16 from the second on.
    const uint ZstdMagic = 0xFD2FB528, ZstdSkippable = 0x184D2A50, SkippableMask = 0xFFFFFFF0;

    // The largest window of "zstd --long". The decoder allocates the window that a frame states, not the largest one.
    const int MaxZstdWindowLog = 31;

    /// <summary>Maximum size of a document or record in bytes.</summary>
    internal const int MostBytes = 1 << 28;

    // Text compresses by a factor of 3 to 20. A file of a few megabytes that expands without end is a bomb.
    const int MostExpansion = 200;
    const long ExpansionChecked = 1 << 26;

    readonly CorpusFile _file;
    readonly FileStream _raw;
    readonly Stream _bytes;
    long _read;

    CorpusStream(CorpusFile file, FileStream raw, Stream bytes) => (_file, _raw, _bytes) = (file, raw, bytes);

    /// <summary>Opens the file.</summary>
    /// <exception cref="InputException">It cannot be read.</exception>
    internal static CorpusStream Open(CorpusFile file)
    {
        FileStream? raw = null;
        try
        {
            raw = new(file.Path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0, FileOptions.SequentialScan);
            Span<byte> magic = stackalloc byte[4];
            int read = raw.ReadAtLeast(magic, magic.Length, throwOnEndOfStream: false);
            raw.Position = 0;
            return new(file, raw, Decompressed(raw, magic[..read]));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            raw?.Dispose();
            throw file.Unreadable(e);
        }
    }

    /// <summary>Reads the next bytes.</summary>
    /// <param name="target">Not empty.</param>
    /// <param name="line">Where reading is, for the message.</param>
    /// <returns>0 at the end.</returns>
    /// <exception cref="InputException">The file cannot be read, or the compressed data is damaged or incomplete.</exception>
    internal int Read(Span<byte> target, long line)
    {
        try
        {
            int read = _bytes.Read(target);
            _read += read;
            return _read <= ExpansionChecked || ReferenceEquals(_bytes, _raw) || _read / MostExpansion <= _raw.Position ? read
                : throw new InputException(
                    $"'{_file.Path}', line {line}: the compressed data expands to more than {MostExpansion} times its size, which is the "
                        + "limit; decompress the file yourself if that is intended.");
        }
        catch (Exception e) when (e is InvalidDataException or ZstdException or EndOfStreamException)
        {
            throw new InputException(
                $"'{_file.Path}', line {line}: the compressed data is damaged or incomplete; download the file again.",
                e);
        }
        catch (IOException e)
        {
            throw _file.Unreadable(e);
        }
    }

    /// <summary>Reads the whole file; null if it has more than <see cref="MostBytes"/>.</summary>
    /// <exception cref="InputException">As <see cref="Read"/>.</exception>
    internal static ReadOnlyMemory<byte>? ReadAll(CorpusFile file)
    {
        using CorpusStream stream = Open(file);
        long stored = stream._raw.Length;
        if (stored > MostBytes && ReferenceEquals(stream._bytes, stream._raw))
        {
            return null;
        }
        byte[] buffer = new byte[(int)Math.Clamp(stored + 1, 1 << 12, MostBytes + 1)];
        int end = 0;
        while (true)
        {
            int read = stream.Read(buffer.AsSpan(end), 1 + buffer.AsSpan(0, end).Count((byte)'\n'));
            if (read == 0)
            {
                return buffer.AsMemory(0, end);
            }
            end += read;
            if (end > MostBytes)
            {
                return null;
            }
            if (end == buffer.Length)
            {
                Array.Resize(ref buffer, Grown(buffer.Length));
            }
        }
    }

    /// <summary>Doubles a buffer length, up to one byte more than the largest document.</summary>
    internal static int Grown(int length) => Math.Min(length * 2, MostBytes + 1);

    /// <summary>Creates the exception for a document or record that is too large.</summary>
    /// <param name="place">"'file', line 3".</param>
    internal static InputException TooLarge(string place) =>
        new($"{place}: the document has more than {MostBytes >> 20} MiB, which is the limit; split it into several.");

    /// <inheritdoc/>
    public void Dispose() => _bytes.Dispose();

    static Stream Decompressed(FileStream raw, ReadOnlySpan<byte> magic)
    {
        if (magic.Length >= 2 && BinaryPrimitives.ReadUInt16LittleEndian(magic) == GzipMagic)
        {
            return new GzipFileStream(raw);
        }
        uint four = magic.Length == 4 ? BinaryPrimitives.ReadUInt32LittleEndian(magic) : 0;
        if (four != ZstdMagic && (four & SkippableMask) != ZstdSkippable)
        {
            return raw;
        }
        DecompressionStream content = new(raw, bufferSize: 1 << 17, checkEndOfStream: true, leaveOpen: false);
        content.SetParameter(ZSTD_dParameter.ZSTD_d_windowLogMax, MaxZstdWindowLog);
        return content;
    }
}
