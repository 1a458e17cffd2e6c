using System.Collections.Concurrent;
using Farsight.Engine.Memory;
using Farsight.Engine.Numerics;

namespace Farsight.Engine.Kernels;

/// <summary>Represents the memory for the work on one chunk; kept for later chunks.</summary>
/// <remarks>
/// Sizes depend on the head dimension alone. Depth: Dh rounded up to 8 (rows of tiles); Width: Dh rounded up to 32 (columns of tiles);
/// what lies beyond Dh is zero.
/// </remarks>
readonly struct AttentionScratch : IDisposable
{
    internal const int Lanes = 32, ChunkBlocks = 8, ChunkLanes = Lanes * ChunkBlocks, KeyBlock = 96, Panel = 8;

    /// <summary>Words between the BF16 weights of one key and the next: the lanes of a chunk in pairs, and a line of the cache.</summary>
    internal const int WeightsPitch = ChunkLanes / 2 + 16;

    static readonly ConcurrentDictionary<(int HeadDim, bool Backward, Arithmetic Arithmetic), ConcurrentBag<Slot>> s_free = new();

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
    internal static AttentionScratch Take(int headDim, bool backward, Arithmetic arithmetic = Arithmetic.F32)
    {
        ConcurrentBag<Slot> free = s_free.GetOrAdd((headDim, backward, arithmetic), _ => []);
        return new(free.TryTake(out Slot? slot) ? slot : new(headDim, backward, arithmetic, free));
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

        internal Slot(int headDim, bool backward, Arithmetic arithmetic, ConcurrentBag<Slot> home)
        {
            Home = home;
            Depth = (headDim + Panel - 1) / Panel * Panel;
            Width = (headDim + Lanes - 1) / Lanes * Lanes;
            (int perLane, int perKey) = (arithmetic, backward) switch
            {
                (Arithmetic.BF16, false) => (3 * Width / 2 + 2, Width + 3 * Lanes / 2),
                (Arithmetic.BF16, true) => (3 * Width + 2, 7 * Width / 2 + 5 * Lanes / 2 + 2 * WeightsPitch),
                (_, false) => (2 * Depth + 2, 2 * Depth + Lanes),
                (_, true) => (3 * Depth + 2 * Width + 2, 3 * Depth + 2 * Width + 2 * Lanes),
            };
            int temporary = arithmetic == Arithmetic.BF16 ? Lanes * Width : 0;
            Memory = new AlignedBuffer(ChunkLanes * perLane + KeyBlock * perKey + temporary);
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
