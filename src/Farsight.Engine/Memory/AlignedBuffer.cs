using System.Runtime.InteropServices;

namespace Farsight.Engine.Memory;

/// <summary>Represents zeroed floats outside the managed heap, aligned to a cache line.</summary>
/// <remarks>
/// The system assigns a page of a large buffer only when it is first written, so unused rows cost nothing.
/// A buffer has one owner, which disposes it. It has no finalizer: a span holds only the address, so the collector could free a
/// buffer that a kernel still reads. The collector therefore frees no buffer, and reporting memory pressure to it would only cause
/// useless collections. A forgotten buffer is a leak, which shows in <see cref="LiveBytes"/>. The owner disposes a buffer only when no
/// span of it is in use.
/// </remarks>
public sealed unsafe partial class AlignedBuffer : IDisposable
{
    const nuint Alignment = 64;

    static long s_allocations, s_liveBytes, s_peakBytes;

    nint _memory; // 0 once freed
    readonly float* _data;

    /// <summary>Allocates zeros.</summary>
    /// <param name="count">Number of floats, ≥ 0.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="count"/> is negative.</exception>
    /// <exception cref="OutOfMemoryException">The system has no memory left.</exception>
    public AlignedBuffer(long count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        Count = count;
        nuint bytes = checked((nuint)count * sizeof(float) + Alignment);
        _memory = (nint)NativeMemory.AllocZeroed(bytes);
        _data = (float*)(((nuint)_memory + Alignment - 1) & ~(Alignment - 1));
        Interlocked.Increment(ref s_allocations);
        RaisePeak(Interlocked.Add(ref s_liveBytes, count * sizeof(float)));
    }

    /// <summary>Number of floats.</summary>
    public long Count { get; }

    /// <summary>Number of buffers that this process has allocated.</summary>
    internal static long Allocations => Volatile.Read(ref s_allocations);

    /// <summary>Bytes of all buffers that are not disposed.</summary>
    internal static long LiveBytes => Volatile.Read(ref s_liveBytes);

    /// <summary>Maximum of <see cref="LiveBytes"/> since <see cref="ResetPeak"/>.</summary>
    internal static long PeakBytes => Volatile.Read(ref s_peakBytes);

    /// <summary>Sets <see cref="PeakBytes"/> to <see cref="LiveBytes"/>.</summary>
    internal static void ResetPeak() => Volatile.Write(ref s_peakBytes, LiveBytes);

    /// <summary>Returns the floats from <paramref name="start"/> on; valid until the buffer is disposed.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The range leaves the buffer.</exception>
    /// <exception cref="ObjectDisposedException">The buffer is disposed.</exception>
    public Span<float> Span(long start, int count)
    {
        ObjectDisposedException.ThrowIf(_memory == 0, this);
        ArgumentOutOfRangeException.ThrowIfNegative(start);
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(start + count, Count);
        return new(_data + start, count);
    }

    /// <summary>Asks the system for large pages, before the first write: reading from one end to the other is then faster.</summary>
    /// <remarks>Large pages that are not full would waste memory, so this is for buffers that will be. Only Linux is asked.</remarks>
    internal void PreferLargePages()
    {
        const int LargePages = 14;
        nuint page = (nuint)Environment.SystemPageSize, first = ((nuint)_data + page - 1) / page * page;
        nuint end = ((nuint)_data + (nuint)Count * sizeof(float)) / page * page;
        if (OperatingSystem.IsLinux() && end > first)
        {
            _ = Advise((void*)first, end - first, LargePages); // advice only
        }
    }

    /// <summary>Frees the memory; further calls do nothing.</summary>
    public void Dispose()
    {
        nint memory = Interlocked.Exchange(ref _memory, 0);
        if (memory != 0)
        {
            NativeMemory.Free((void*)memory);
            Interlocked.Add(ref s_liveBytes, -Count * sizeof(float));
        }
    }

    static void RaisePeak(long bytes)
    {
        long peak = Volatile.Read(ref s_peakBytes);
        while (bytes > peak)
        {
            long before = Interlocked.CompareExchange(ref s_peakBytes, bytes, peak);
            if (before == peak)
            {
                return;
            }
            peak = before;
        }
    }

    [LibraryImport("libc", EntryPoint = "madvise")]
    private static partial int Advise(void* address, nuint length, int advice);
}
