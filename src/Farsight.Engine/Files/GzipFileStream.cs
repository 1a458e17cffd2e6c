using System.IO.Compression;

namespace Farsight.Engine.Files;

/// <summary>Decompresses gzip and detects truncated files, which <see cref="GZipStream"/> does not.</summary>
/// <remarks>
/// A gzip file may consist of several members. Behind the file's own bytes stands one more, whose content is known: if the file is
/// whole, that content comes out last. In a cut file it becomes part of the damage.
/// </remarks>
public sealed class GzipFileStream : ForwardStream
{
    static readonly byte[] s_mark = [.. "the end of the file, as it should be"u8];
    static readonly byte[] s_member = Compressed(s_mark);

    readonly Stream _file;
    readonly GZipStream _content;
    readonly byte[] _buffer = new byte[1 << 17];
    int _start, _end;
    bool _isAtEnd;

    /// <summary>Creates a stream over a gzip file, read from its start.</summary>
    /// <param name="file">The compressed file; disposed with this stream.</param>
    public GzipFileStream(Stream file) => (_file, _content) = (file, new(new ExtendedStream(file, s_member), CompressionMode.Decompress));

    /// <exception cref="InvalidDataException">The data is damaged or incomplete.</exception>
    public override int Read(Span<byte> buffer)
    {
        while (_end - _start <= s_mark.Length && !_isAtEnd)
        {
            Fill();
        }
        int count = Math.Min(buffer.Length, _end - _start - (_isAtEnd ? 0 : s_mark.Length));
        _buffer.AsSpan(_start, count).CopyTo(buffer);
        _start += count;
        return count;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _content.Dispose();
            _file.Dispose();
        }
        base.Dispose(disposing);
    }

    void Fill()
    {
        _buffer.AsSpan(_start.._end).CopyTo(_buffer);
        (_start, _end) = (0, _end - _start);
        int read = _content.Read(_buffer.AsSpan(_end));
        _end += read;
        if (read == 0)
        {
            _isAtEnd = _buffer.AsSpan(0, _end).SequenceEqual(s_mark)
                ? true
                : throw new InvalidDataException("The compressed data is incomplete.");
            _end = 0;
        }
    }

    static byte[] Compressed(byte[] bytes)
    {
        using MemoryStream target = new();
        using (GZipStream gzip = new(target, CompressionLevel.Fastest))
        {
            gzip.Write(bytes);
        }
        return target.ToArray();
    }

    /// <summary>Represents a stream with bytes appended to it.</summary>
    sealed class ExtendedStream(Stream stream, byte[] more) : ForwardStream
    {
        int _given;
        bool _hasBytes;

        public override int Read(Span<byte> buffer)
        {
            int read = _given == 0 ? stream.Read(buffer) : 0;
            if (read > 0)
            {
                _hasBytes = true;
                return read;
            }
            if (!_hasBytes)
            {
                throw new InvalidDataException("The compressed data is incomplete."); // nothing at all is no gzip file
            }
            int count = Math.Min(buffer.Length, more.Length - _given);
            more.AsSpan(_given, count).CopyTo(buffer);
            _given += count;
            return count;
        }
    }
}

/// <summary>Represents a stream that can only be read forward.</summary>
public abstract class ForwardStream : Stream
{
    public sealed override bool CanRead => true;

    public sealed override bool CanSeek => false;

    public sealed override bool CanWrite => false;

    public sealed override long Length => throw new NotSupportedException();

    public sealed override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <inheritdoc/>
    public abstract override int Read(Span<byte> buffer);

    public sealed override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public sealed override void Flush()
    {
    }

    public sealed override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public sealed override void SetLength(long value) => throw new NotSupportedException();

    public sealed override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
}
