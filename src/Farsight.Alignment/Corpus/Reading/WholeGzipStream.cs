using System.IO.Compression;

namespace Farsight.Alignment.Corpus.Reading;

/// <summary>Decompresses gzip and notices a file that was cut off, which <see cref="GZipStream"/> takes for its end.</summary>
/// <remarks>
/// A gzip file may consist of several members. Behind the file's own bytes stands one more, whose content is known: if the file is
/// whole, that content comes out last. In a cut file it becomes part of the damage.
/// </remarks>
sealed class WholeGzipStream : ForwardStream
{
    static readonly byte[] s_mark = [.. "the end of the file, as it should be"u8];
    static readonly byte[] s_member = Compressed(s_mark);

    readonly Stream _file;
    readonly GZipStream _content;
    readonly byte[] _buffer = new byte[1 << 17];
    int _start, _end;
    bool _isAtEnd;

    /// <summary>Reads on from a gzip file's beginning.</summary>
    /// <param name="file">Is owned from now on.</param>
    internal WholeGzipStream(Stream file) => (_file, _content) = (file, new(new Longer(file, s_member), CompressionMode.Decompress));

    /// <exception cref="InvalidDataException">The data are damaged or end too early.</exception>
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
                : throw new InvalidDataException("The compressed data end too early.");
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

    /// <summary>A stream, and some bytes behind it.</summary>
    sealed class Longer(Stream stream, byte[] more) : ForwardStream
    {
        int _given;

        public override int Read(Span<byte> buffer)
        {
            int read = _given == 0 ? stream.Read(buffer) : 0;
            if (read > 0)
            {
                return read;
            }
            int count = Math.Min(buffer.Length, more.Length - _given);
            more.AsSpan(_given, count).CopyTo(buffer);
            _given += count;
            return count;
        }
    }
}
