using System.Collections.Concurrent;
using Farsight.Engine.Memory;

namespace Farsight.Engine.Kernels;

/// <summary>Represents the memory for the work on one chunk; kept for later chunks.</summary>
/// <remarks>
/// Sizes depend on the head dimension alone. Depth: Dh rounded up to 8 (rows of tiles); Width: Dh rounded up to 32 (columns of tiles);
/// what lies beyond Dh is zero.
/// </remarks>
readonly struct AttentionScratch : IDisposable
{
    internal const int Lanes = 32, ChunkBlocks = 8, ChunkLanes = Lanes * ChunkBlocks, KeyBlock = 96, Panel = 8;

    static readonly ConcurrentDictionary<(int HeadDim, bool Backward), ConcurrentBag<Slot>> s_free = new();

    readonly Slot _slot;
    readonly long _lease;

    AttentionScratch(Slot slot) => (_slot, _lease) = (slot, slot.Lease);

    internal int Depth => _slot.Depth;

    internal int Width => _slot.Width;

    /// <summary>The lanes of the current chunk.</summary>
    internal AttentionLanes LaneTable => _slot.LaneTable;

    /// <summary>Source rows of the current key block.</summary>
    internal int[] KeyRows => _slot.KeyRows;

    /// <summary>Takes a scratch for this head dimension.</summary>
    internal static AttentionScratch Take(int headDim, bool backward)
    {
        ConcurrentBag<Slot> free = s_free.GetOrAdd((headDim, backward), _ => []);
        return new(free.TryTake(out Slot? slot) ? slot : new(headDim, backward, free));
    }

    /// <summary>Gives the scratch back; further calls, also on copies of this value, do nothing.</summary>
    public void Dispose()
    {
        // The slot may be leased again by now; only the holder of the current lease ends it.
        if (Interlocked.CompareExchange(ref _slot.Lease, _lease + 1, _lease) == _lease)
        {
            _slot.Home.Add(_slot);
        }
    }

    /// <summary>Takes memory from the start again.</summary>
    internal Taker Floats() => new(_slot.Memory);

    /// <summary>The memory, and the number of times it was given back.</summary>
    sealed class Slot
    {
        internal long Lease;

        internal Slot(int headDim, bool backward, ConcurrentBag<Slot> home)
        {
            Home = home;
            Depth = (headDim + Panel - 1) / Panel * Panel;
            Width = (headDim + Lanes - 1) / Lanes * Lanes;
            int perLane = backward ? 3 * Depth + 2 * Width + 2 : 2 * Depth + 2;
            int perKey = backward ? 3 * Depth + 2 * Width + 2 * Lanes : 2 * Depth + Lanes;
            Memory = new AlignedBuffer(ChunkLanes * perLane + KeyBlock * perKey);
        }

        internal ConcurrentBag<Slot> Home { get; }

        internal AlignedBuffer Memory { get; }

        internal int Depth { get; }

        internal int Width { get; }

        internal AttentionLanes LaneTable { get; } = new();

        internal int[] KeyRows { get; } = new int[KeyBlock];
    }

    /// <summary>Allocates the memory piece by piece.</summary>
    internal ref struct Taker(AlignedBuffer memory)
    {
        int _used;

        internal Span<float> Floats(int count)
        {
            Span<float> taken = memory.Span(_used, count);
            _used += count;
            return taken;
        }
    }
}
