using System.Collections.Concurrent;
using System.Numerics;

namespace Farsight.Engine.Memory;

/// <summary>Represents rows for the duration of one call, from buffers that are kept for later calls. Safe for concurrent use.</summary>
/// <remarks>
/// Sizes are rounded up to powers of two, so that few buffers serve all calls. The buffers stay allocated until the process ends.
/// </remarks>
readonly struct Scratch : IDisposable
{
    static readonly ConcurrentBag<Slot>[] s_free = [.. Enumerable.Range(0, 48).Select(_ => new ConcurrentBag<Slot>())];

    readonly Slot? _slot;
    readonly long _lease;
    readonly int _count, _width;

    Scratch(Slot slot, int count, int width) => (_slot, _lease, _count, _width) = (slot, slot.Lease, count, width);

    /// <summary>The rows; their initial contents are undefined.</summary>
    /// <exception cref="ObjectDisposedException">The rows were given back.</exception>
    public Rows Rows
    {
        get
        {
            ObjectDisposedException.ThrowIf(_slot is null || Volatile.Read(ref _slot.Lease) != _lease, typeof(Scratch));
            return new(_slot.Buffer, 0, _count, _width);
        }
    }

    /// <summary>Takes [count, width] rows.</summary>
    public static Scratch Take(int count, int width)
    {
        ulong floats = (ulong)Math.Max(1, (long)count * width);
        int size = BitOperations.Log2(BitOperations.RoundUpToPowerOf2(floats));
        if (!s_free[size].TryTake(out Slot? slot))
        {
            slot = new(new(1L << size));
        }
        return new(slot, count, width);
    }

    /// <summary>Gives the buffer back; further calls, also on copies of this value, do nothing.</summary>
    public void Dispose()
    {
        // The slot may be leased again by now; only the holder of the current lease ends it.
        if (_slot is not null && Interlocked.CompareExchange(ref _slot.Lease, _lease + 1, _lease) == _lease)
        {
            s_free[BitOperations.Log2((ulong)_slot.Buffer.Count)].Add(_slot);
        }
    }

    /// <summary>Represents a buffer, and the number of times it was given back.</summary>
    sealed class Slot(AlignedBuffer buffer)
    {
        internal long Lease;

        internal AlignedBuffer Buffer => buffer;
    }
}
