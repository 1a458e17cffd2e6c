using System.Runtime.InteropServices;

namespace Farsight.Engine.Memory;

/// <summary>Floats outside the garbage collector's heap, aligned to a cache line, zeroed at birth.</summary>
/// <remarks>
/// The system gives a page of a large buffer only when it is first written, so what is never used costs nothing.
/// Freed by <see cref="Dispose"/> or, when forgotten, by the finaliser.
/// </remarks>
public sealed unsafe class AlignedBuffer : IDisposable
{
    const nuint Alignment = 64;

    void* _memory;
    float* _data;

    /// <summary>Allocates <paramref name="count"/> zeros.</summary>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="count"/> is negative.</exception>
    /// <exception cref="OutOfMemoryException">The system has no memory left.</exception>
    public AlignedBuffer(long count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        Count = count;
        nuint bytes = checked((nuint)count * sizeof(float) + Alignment);
        _memory = NativeMemory.AllocZeroed(bytes);
        _data = (float*)(((nuint)_memory + Alignment - 1) & ~(Alignment - 1));
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
        NativeMemory.Free(_memory);
        _memory = _data = null;
    }
}
