using System.Collections.Concurrent;
using Farsight.Engine.Memory;

namespace Farsight.Engine.Kernels;

/// <summary>Represents the memory for the work on one chunk; kept for later chunks.</summary>
/// <remarks>
/// Sizes depend on the head dimension alone. Depth: Dh rounded up to 8 (rows of tiles); Width: Dh rounded up to 32 (columns of tiles);
/// what lies beyond Dh is zero.
/// </remarks>
sealed class AttentionScratch : IDisposable
{
    internal const int Lanes = 32, ChunkBlocks = 8, ChunkLanes = Lanes * ChunkBlocks, KeyBlock = 96, Panel = 8;

    static readonly ConcurrentDictionary<(int HeadDim, bool Backward), ConcurrentBag<AttentionScratch>> s_free = new();

    readonly AlignedBuffer _memory;
    readonly ConcurrentBag<AttentionScratch> _home;
    bool _isTaken;

    AttentionScratch(int headDim, bool backward, ConcurrentBag<AttentionScratch> home)
    {
        _home = home;
        Depth = (headDim + Panel - 1) / Panel * Panel;
        Width = (headDim + Lanes - 1) / Lanes * Lanes;
        int perLane = backward ? 3 * Depth + 2 * Width + 2 : 2 * Depth + 2;
        int perKey = backward ? 3 * Depth + 2 * Width + 2 * Lanes : 2 * Depth + Lanes;
        _memory = new AlignedBuffer(ChunkLanes * perLane + KeyBlock * perKey);
    }

    internal int Depth { get; }

    internal int Width { get; }

    /// <summary>The lanes of the current chunk.</summary>
    internal AttentionLanes LaneTable { get; } = new();

    /// <summary>Source rows of the current key block.</summary>
    internal int[] KeyRows { get; } = new int[KeyBlock];

    /// <summary>Takes a scratch for this head dimension.</summary>
    internal static AttentionScratch Take(int headDim, bool backward)
    {
        ConcurrentBag<AttentionScratch> free = s_free.GetOrAdd((headDim, backward), _ => []);
        AttentionScratch scratch = free.TryTake(out AttentionScratch? kept) ? kept : new(headDim, backward, free);
        scratch._isTaken = true;
        return scratch;
    }

    /// <summary>Gives the scratch back; further calls do nothing.</summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _isTaken, false))
        {
            _home.Add(this);
        }
    }

    /// <summary>Takes memory from the start again.</summary>
    internal Taker Floats() => new(_memory);

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
