using System.Runtime.InteropServices;

namespace Farsight.Engine.Memory;

/// <summary>Floats outside the garbage collector's heap, aligned to a cache line, zeroed at birth.</summary>
/// <remarks>Freed by <see cref="Dispose"/> or, when forgotten, by the finaliser.</remarks>
public sealed unsafe class AlignedBuffer : IDisposable
{
    const nuint Alignment = 64;

    float* _data;

    /// <summary>Allocates <paramref name="count"/> zeros.</summary>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="count"/> is negative.</exception>
    /// <exception cref="OutOfMemoryException">The system has no memory left.</exception>
    public AlignedBuffer(long count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        Count = count;
        nuint bytes = checked((nuint)Math.Max(1, count) * sizeof(float));
        _data = (float*)NativeMemory.AlignedAlloc(bytes, Alignment);
        NativeMemory.Clear(_data, bytes);
    }

    /// <summary>Frees the memory if nobody disposed of the buffer.</summary>
    ~AlignedBuffer() => Free();

    /// <summary>Number of floats.</summary>
    public long Count { get; }

    /// <summary>The floats from <paramref name="start"/> on.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The range leaves the buffer.</exception>
    /// <exception cref="ObjectDisposedException">The memory is freed.</exception>
    public Span<float> Span(long start, int count)
    {
        ObjectDisposedException.ThrowIf(_data == null, this);
        ArgumentOutOfRangeException.ThrowIfNegative(start);
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(start + count, Count);
        return new(_data + start, count);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Free();
        GC.SuppressFinalize(this);
    }

    void Free()
    {
        NativeMemory.AlignedFree(_data);
        _data = null;
    }
}
