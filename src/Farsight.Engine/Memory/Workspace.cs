namespace Farsight.Engine.Memory;

/// <summary>Scratch memory of a training step: rows are taken one after the other and all given back at once.</summary>
/// <remarks>Memory is kept for the next step, so that a steady run allocates nothing. Not safe for concurrent use.</remarks>
public sealed class Workspace : IDisposable
{
    const int AlignmentFloats = 16;

    readonly List<AlignedBuffer> _blocks = [];
    readonly long _blockFloats;
    int _block;
    long _used;

    /// <summary>Creates an empty workspace that grows by blocks of at least <paramref name="blockFloats"/>.</summary>
    public Workspace(long blockFloats = 1 << 22) => _blockFloats = blockFloats;

    /// <summary>Takes [count, width] rows; their contents are whatever was there before.</summary>
    public Rows Rows(int count, int width)
    {
        long wanted = ((long)count * width + AlignmentFloats - 1) / AlignmentFloats * AlignmentFloats;
        while (_block < _blocks.Count && _used + wanted > _blocks[_block].Count)
        {
            _block++;
            _used = 0;
        }
        if (_block == _blocks.Count)
        {
            _blocks.Add(new AlignedBuffer(Math.Max(wanted, _blockFloats)));
        }
        Rows rows = new(_blocks[_block], _used, count, width);
        _used += wanted;
        return rows;
    }

    /// <summary>Takes [count, width] rows of zeros.</summary>
    public Rows ZeroRows(int count, int width)
    {
        Rows rows = Rows(count, width);
        rows.Clear();
        return rows;
    }

    /// <summary>Remembers how much is taken now, for <see cref="Release"/>.</summary>
    public Mark Here() => new(_block, _used);

    /// <summary>Gives back everything taken since <paramref name="mark"/>.</summary>
    public void Release(Mark mark) => (_block, _used) = (mark.Block, mark.Used);

    /// <summary>Gives back everything; the memory stays reserved for the next use.</summary>
    public void Reset() => Release(default);

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (AlignedBuffer block in _blocks)
        {
            block.Dispose();
        }
        _blocks.Clear();
        Reset();
    }

    /// <summary>A point in the sequence of takings.</summary>
    /// <param name="Block">Index of the current block.</param>
    /// <param name="Used">Floats taken from it.</param>
    public readonly record struct Mark(int Block, long Used);
}
