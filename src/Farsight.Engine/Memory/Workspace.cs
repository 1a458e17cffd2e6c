namespace Farsight.Engine.Memory;

/// <summary>Represents the working memory of a pass: a stack from which rows are taken and to which they are released.</summary>
/// <remarks>Released memory is kept for the next pass, so a steady run allocates nothing. Not safe for concurrent use.</remarks>
sealed class Workspace : IDisposable
{
    const int AlignmentFloats = 16;

    readonly List<AlignedBuffer> _blocks = [];
    readonly long _blockFloats;
    Mark _at;
    bool _isDisposed;

    /// <summary>Creates an empty workspace that grows by blocks of at least <paramref name="blockFloats"/>.</summary>
    public Workspace(long blockFloats = 1 << 22) => _blockFloats = blockFloats;

    /// <summary>Maximum number of floats in use at once since the last <see cref="Reset"/>.</summary>
    public long Peak { get; private set; }

    /// <summary>Floats that [count, width] rows take.</summary>
    public static long Floats(int count, int width) => ((long)count * width + AlignmentFloats - 1) / AlignmentFloats * AlignmentFloats;

    /// <summary>Replaces the blocks of a workspace that is not in use by one block of at least so many floats.</summary>
    /// <remarks>One block loses no floats at the ends of blocks.</remarks>
    /// <exception cref="InvalidOperationException">Rows are in use.</exception>
    /// <exception cref="ObjectDisposedException">The workspace is disposed.</exception>
    public void Reserve(long floats)
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        if (_at.Taken > 0)
        {
            throw new InvalidOperationException("Memory cannot be reserved while rows are in use; release them first.");
        }
        if (_blocks.Count != 1 || _blocks[0].Count < floats)
        {
            Free();
            _blocks.Add(new AlignedBuffer(floats));
        }
    }

    /// <summary>Takes [count, width] rows; their initial contents are undefined.</summary>
    /// <exception cref="ObjectDisposedException">The workspace is disposed.</exception>
    public Rows Rows(int count, int width)
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        long wanted = Floats(count, width);
        (int block, long used, long taken) = _at;
        while (block < _blocks.Count && used + wanted > _blocks[block].Count)
        {
            block++;
            used = 0;
        }
        if (block == _blocks.Count)
        {
            _blocks.Add(new AlignedBuffer(Math.Max(wanted, _blockFloats)));
        }
        _at = new(block, used + wanted, taken + wanted);
        Peak = Math.Max(Peak, _at.Taken);
        return new(_blocks[block], used, count, width);
    }

    /// <summary>Takes [count, width] rows of zeros.</summary>
    public Rows ZeroRows(int count, int width)
    {
        Rows rows = Rows(count, width);
        rows.Clear();
        return rows;
    }

    /// <summary>Returns the current position, for <see cref="Release"/>.</summary>
    public Mark Here() => _at;

    /// <summary>Releases all rows taken since <paramref name="mark"/>.</summary>
    public void Release(Mark mark) => _at = mark;

    /// <summary>Releases all rows; the memory stays reserved for the next pass.</summary>
    public void Reset()
    {
        Release(default);
        Peak = 0;
    }

    /// <summary>Frees all blocks; further calls do nothing.</summary>
    public void Dispose()
    {
        _isDisposed = true;
        Free();
    }

    void Free()
    {
        foreach (AlignedBuffer block in _blocks)
        {
            block.Dispose();
        }
        _blocks.Clear();
        Reset();
    }

    /// <summary>Represents a position in the stack.</summary>
    /// <param name="Block">Index of the current block.</param>
    /// <param name="Used">Floats used in it.</param>
    /// <param name="Taken">Floats in use in all blocks.</param>
    public readonly record struct Mark(int Block, long Used, long Taken);
}
