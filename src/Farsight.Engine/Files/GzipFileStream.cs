using System.IO.Compression;

namespace Farsight.Engine.Files;

/// <summary>Decompresses gzip and detects truncated files, which <see cref="GZipStream"/> does not.</summary>
/// <remarks>
/// A gzip file may consist of several members. Behind the file's own bytes stands one more, whose content is known: if the file is
/// whole, that content comes out last. In a cut file it becomes part of the damage. Zeros after the last member are ignored, as by gzip.
/// </remarks>
public sealed class GzipFileStream : ForwardStream
{
    static readonly byte[] s_mark = [.. "the end of the file, as it should be"u8];
    static readonly byte[] s_member = Compressed(s_mark);

    readonly Stream _file;
    readonly ExtendedStream _extended;
    readonly GZipStream _content;
    readonly byte[] _buffer = new byte[1 << 17];
    int _start, _end;
    bool _isAtEnd;

    /// <summary>Creates a stream over a gzip file, read from its start.</summary>
    /// <param name="file">The compressed file; disposed with this stream.</param>
    public GzipFileStream(Stream file)
    {
        (_file, _extended) = (file, new(file, s_member));
        _content = new(_extended, CompressionMode.Decompress);
    }

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
            bool isMarked = _buffer.AsSpan(0, _end).SequenceEqual(s_mark);
            _isAtEnd = isMarked || _extended.EndsInPadding ? true : throw new InvalidDataException("The compressed data is incomplete.");
            _end = isMarked ? 0 : _end;
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

    /// <summary>Represents a gzip file with a member appended to it.</summary>
    /// <remarks>
    /// Zeros may follow the last member, to fill a block of a tape; gzip ignores them. The last zeros of a file may also belong to its last
    /// member. They are therefore handed out one by one: if the decompressor stops at one of them, the members before it are whole.
    /// </remarks>
    sealed class ExtendedStream(Stream stream, byte[] more) : ForwardStream
    {
        readonly byte[] _buffer = new byte[1 << 16];
        int _start, _end, _given;
        long _zeros; // not handed out yet, before the bytes of the buffer
        bool _hasBytes, _isAtEnd, _endsInZeros;

        /// <summary>Gets whether all that was not asked for is zeros at the end of the file.</summary>
        internal bool EndsInPadding => _endsInZeros && _given == 0;

        public override int Read(Span<byte> buffer)
        {
            while (_start == _end && !_isAtEnd)
            {
                Fill();
            }
            return _zeros > 0 ? GiveZeros(buffer) : _start < _end ? GiveBytes(buffer) : GiveMore(buffer);
        }

        void Fill()
        {
            int read = stream.Read(_buffer);
            _isAtEnd = read == 0;
            _hasBytes |= read > 0;
            int first = _buffer.AsSpan(0, read).IndexOfAnyExcept((byte)0);
            (_start, _end) = (first < 0 ? read : first, read);
            _zeros += _start;
        }

        int GiveZeros(Span<byte> buffer)
        {
            int count = _isAtEnd ? 1 : (int)Math.Min(_zeros, buffer.Length);
            _endsInZeros = _isAtEnd;
            _zeros -= count;
            buffer[..count].Clear();
            return count;
        }

        int GiveBytes(Span<byte> buffer)
        {
            ReadOnlySpan<byte> bytes = _buffer.AsSpan(_start, _end - _start);
            int sound = bytes.LastIndexOfAnyExcept((byte)0) + 1, count = Math.Min(sound, buffer.Length);
            bytes[..count].CopyTo(buffer);
            _start += count;
            if (count == sound)
            {
                _zeros = _end - _start;
                _start = _end;
            }
            return count;
        }

        int GiveMore(Span<byte> buffer)
        {
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
