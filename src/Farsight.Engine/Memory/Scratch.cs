using System.Collections.Concurrent;
using System.Numerics;

namespace Farsight.Engine.Memory;

/// <summary>Rows for the duration of one call, from buffers that are kept for the next one. Safe from any thread.</summary>
/// <remarks>Sizes are rounded up to powers of two, so that few buffers serve all calls.</remarks>
public readonly struct Scratch : IDisposable
{
    static readonly ConcurrentBag<AlignedBuffer>[] s_free = [.. Enumerable.Range(0, 48).Select(_ => new ConcurrentBag<AlignedBuffer>())];

    Scratch(Rows rows) => Rows = rows;

    /// <summary>The rows; their contents are whatever was there before.</summary>
    public Rows Rows { get; }

    /// <summary>Takes [count, width] rows.</summary>
    public static Scratch Take(int count, int width)
    {
        ulong floats = (ulong)Math.Max(1, (long)count * width);
        int size = BitOperations.Log2(BitOperations.RoundUpToPowerOf2(floats));
        if (!s_free[size].TryTake(out AlignedBuffer? buffer))
        {
            buffer = new AlignedBuffer(1L << size);
        }
        return new(new Rows(buffer, 0, count, width));
    }

    /// <summary>Gives the buffer back.</summary>
    public void Dispose()
    {
        long count = Rows.Buffer.Count;
        s_free[BitOperations.Log2((ulong)count)].Add(Rows.Buffer);
    }
}
