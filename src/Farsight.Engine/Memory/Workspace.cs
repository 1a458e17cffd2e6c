namespace Farsight.Engine.Memory;

/// <summary>Scratch memory of a training step: rows are taken one after the other and given back in the opposite order.</summary>
/// <remarks>Memory is kept for the next step, so that a steady run allocates nothing. Not safe for concurrent use.</remarks>
public sealed class Workspace : IDisposable
{
    const int AlignmentFloats = 16;

    readonly List<AlignedBuffer> _blocks = [];
    readonly long _blockFloats;
    Mark _at;

    /// <summary>Creates an empty workspace that grows by blocks of at least <paramref name="blockFloats"/>.</summary>
    public Workspace(long blockFloats = 1 << 22) => _blockFloats = blockFloats;

    /// <summary>The most floats that were taken at once since the last <see cref="Reset"/>.</summary>
    public long Peak { get; private set; }

    /// <summary>Floats of all blocks, taken or not.</summary>
    public long Reserved => _blocks.Sum(b => b.Count);

    /// <summary>Floats that [count, width] rows take.</summary>
    public static long Floats(int count, int width) => ((long)count * width + AlignmentFloats - 1) / AlignmentFloats * AlignmentFloats;

    /// <summary>Makes one block of at least so many floats of an empty workspace, so that nothing is lost where blocks meet.</summary>
    /// <exception cref="InvalidOperationException">Something is taken.</exception>
    public void Reserve(long floats)
    {
        if (_at.Taken > 0)
        {
            throw new InvalidOperationException("Memory is reserved before any of it is taken.");
        }
        if (_blocks.Count != 1 || _blocks[0].Count < floats)
        {
            Dispose();
            _blocks.Add(new AlignedBuffer(floats));
        }
    }

    /// <summary>Takes [count, width] rows; their contents are whatever was there before.</summary>
    public Rows Rows(int count, int width)
    {
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

    /// <summary>Remembers how much is taken now, for <see cref="Release"/>.</summary>
    public Mark Here() => _at;

    /// <summary>Gives back everything taken since <paramref name="mark"/>.</summary>
    public void Release(Mark mark) => _at = mark;

    /// <summary>Gives back everything; the memory stays reserved for the next use.</summary>
    public void Reset()
    {
        Release(default);
        Peak = 0;
    }

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
    /// <param name="Used">Floats up to here in it.</param>
    /// <param name="Taken">Floats taken from all blocks.</param>
    public readonly record struct Mark(int Block, long Used, long Taken);
}
