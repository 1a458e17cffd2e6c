using Farsight.Engine.Memory;

namespace Farsight.Engine.Kernels;

/// <summary>Represents the working memory of one thread for a chunk; reused for its next chunk.</summary>
/// <remarks>
/// Sizes depend on the head dimension alone. Depth: Dh rounded up to 8 (rows of tiles); Width: Dh rounded up to 32 (columns of tiles);
/// what lies beyond Dh is zero.
/// </remarks>
sealed class AttentionScratch : IDisposable
{
    internal const int Lanes = 32, ChunkBlocks = 8, ChunkLanes = Lanes * ChunkBlocks, KeyBlock = 96, Panel = 8;

    [ThreadStatic] static AttentionScratch? s_mine;

    readonly AlignedBuffer _memory;
    readonly int _headDim;
    readonly bool _backward;

    AttentionScratch(int headDim, bool backward)
    {
        _headDim = headDim;
        _backward = backward;
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

    /// <summary>Returns the calling thread's working memory for this head dimension.</summary>
    internal static AttentionScratch Mine(int headDim, bool backward)
    {
        if (s_mine is not { } mine || mine._headDim != headDim || (backward && !mine._backward))
        {
            s_mine?.Dispose();
            s_mine = mine = new(headDim, backward);
        }
        return mine;
    }

    /// <inheritdoc/>
    public void Dispose() => _memory.Dispose();

    /// <summary>Takes memory from the start again.</summary>
    internal Taker Take() => new(_memory);

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
