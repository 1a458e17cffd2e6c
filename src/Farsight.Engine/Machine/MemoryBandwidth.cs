using System.Diagnostics;
using System.Numerics.Tensors;
using Farsight.Engine.Memory;

namespace Farsight.Engine.Machine;

/// <summary>Represents the memory bandwidth of all threads together, beyond the caches.</summary>
/// <param name="Read">Bytes read per second.</param>
/// <param name="Copy">Bytes read and written per second.</param>
public sealed record MemoryBandwidth(double Read, double Copy)
{
    const int BufferFloats = 1 << 26, BlockFloats = 1 << 16, Repeats = 4; // 256 MiB, above all caches of common machines

    static float s_sink; // keeps the sums from being optimized away

    /// <summary>Measures for about half a second with 256 MiB; the machine should be idle otherwise.</summary>
    public static MemoryBandwidth Measure()
    {
        using AlignedBuffer buffer = Written();
        const int Half = BufferFloats / 2;
        return new(
            Best(BufferFloats, first => s_sink = TensorPrimitives.Sum<float>(buffer.Span(first, BlockFloats))),
            Best(Half, first => buffer.Span(first, BlockFloats).CopyTo(buffer.Span(Half + first, BlockFloats))) * 2);
    }

    /// <summary>Allocates the buffer and writes all of it.</summary>
    /// <remarks>
    /// A page that was never written is the system's one page of zeros, which stays in the caches: reading it measures the caches.
    /// </remarks>
    internal static AlignedBuffer Written()
    {
        AlignedBuffer buffer = new(BufferFloats);
        Workers.For(BufferFloats / BlockFloats, b => buffer.Span((long)b * BlockFloats, BlockFloats).Fill(1f));
        return buffer;
    }

    static double Best(int floats, Action<long> block)
    {
        double shortest = double.PositiveInfinity;
        for (int i = 0; i < Repeats; i++)
        {
            long start = Stopwatch.GetTimestamp();
            Workers.For(floats / BlockFloats, b => block((long)b * BlockFloats));
            shortest = Math.Min(shortest, Stopwatch.GetElapsedTime(start).TotalSeconds);
        }
        return sizeof(float) * (double)floats / shortest;
    }
}
