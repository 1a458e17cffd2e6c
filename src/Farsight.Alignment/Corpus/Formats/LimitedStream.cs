using Farsight.Engine;

namespace Farsight.Alignment.Corpus.Formats;

/// <summary>Limits the bytes that are read from a part of a file that unpacks to more than it takes on disk.</summary>
/// <param name="part">The unpacked part.</param>
/// <param name="name">Name of the part, for the message.</param>
/// <param name="limit">Maximum number of bytes.</param>
sealed class LimitedStream(Stream part, string name, long limit) : Stream
{
    long _read;

    /// <inheritdoc/>
    public override bool CanRead => true;

    /// <inheritdoc/>
    public override bool CanSeek => false;

    /// <inheritdoc/>
    public override bool CanWrite => false;

    /// <inheritdoc/>
    public override long Length => throw new NotSupportedException();

    /// <inheritdoc/>
    public override long Position { get => _read; set => throw new NotSupportedException(); }

    /// <inheritdoc/>
    /// <exception cref="InputException">The part is larger than the limit.</exception>
    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    /// <inheritdoc/>
    /// <exception cref="InputException">The part is larger than the limit.</exception>
    public override int Read(Span<byte> buffer)
    {
        int read = part.Read(buffer);
        _read += read;
        return _read <= limit ? read
            : throw new InputException($"the part {name} unpacks to more than {limit >> 20} MiB, which is the limit");
    }

    /// <inheritdoc/>
    public override void Flush()
    {
    }

    /// <inheritdoc/>
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override void SetLength(long value) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            part.Dispose();
        }
        base.Dispose(disposing);
    }
}
