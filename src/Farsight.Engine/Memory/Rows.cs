namespace Farsight.Engine.Memory;

/// <summary>Represents a view of consecutive rows of equal width, row-major, without gaps: [Count, Width].</summary>
/// <remarks>Unlike a span, a view can be captured by the bodies given to <see cref="Workers"/>. It does not own its buffer.</remarks>
/// <param name="Buffer">The memory that holds the floats.</param>
/// <param name="Start">Index of the first float in the buffer.</param>
/// <param name="Count">Number of rows.</param>
/// <param name="Width">Floats per row.</param>
public readonly record struct Rows(AlignedBuffer Buffer, long Start, int Count, int Width)
{
    /// <summary>Allocates rows of zeros with a buffer of their own, which the caller owns and disposes.</summary>
    public static Rows Allocate(int count, int width) => new(new AlignedBuffer((long)count * width), 0, count, width);

    /// <summary>Number of floats.</summary>
    public long Length => (long)Count * Width;

    /// <summary>Returns one row: [Width].</summary>
    public Span<float> this[int row] => Buffer.Span(Start + (long)row * Width, Width);

    /// <summary>Returns all rows, one after the other: [Count · Width].</summary>
    /// <exception cref="OverflowException">There are more than 2³¹ − 1 floats.</exception>
    public Span<float> Span => Buffer.Span(Start, checked((int)Length));

    /// <summary>Returns a view of some of the rows: [count, Width].</summary>
    public Rows Slice(int first, int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(first);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(first + count, Count);
        return this with { Start = Start + (long)first * Width, Count = count };
    }

    /// <summary>Sets every float to zero.</summary>
    public void Clear()
    {
        for (int row = 0; row < Count; row++)
        {
            this[row].Clear();
        }
    }

    /// <summary>Copies rows of the same shape into this view.</summary>
    /// <exception cref="ArgumentException">The shapes differ.</exception>
    public void CopyFrom(Rows source)
    {
        if (source.Count != Count || source.Width != Width)
        {
            throw new ArgumentException($"Cannot copy [{source.Count}, {source.Width}] into [{Count}, {Width}].", nameof(source));
        }
        for (int row = 0; row < Count; row++)
        {
            source[row].CopyTo(this[row]);
        }
    }
}
