namespace Farsight.Engine.Memory;

/// <summary>Allocates rows and frees all of them together.</summary>
/// <remarks>Safe for concurrent use.</remarks>
sealed class RowsOwner : IDisposable
{
    readonly Lock _access = new();
    readonly List<AlignedBuffer> _buffers = [];
    bool _isDisposed;

    /// <summary>Allocates [count, width] zeros that live until the owner is disposed or <see cref="Free"/> is called.</summary>
    /// <exception cref="ObjectDisposedException">The owner is disposed.</exception>
    public Rows Allocate(int count, int width)
    {
        lock (_access)
        {
            ObjectDisposedException.ThrowIf(_isDisposed, this);
            Rows rows = Rows.Allocate(count, width);
            _buffers.Add(rows.Buffer);
            return rows;
        }
    }

    /// <summary>Frees rows that this owner allocated before it is disposed itself.</summary>
    public void Free(Rows rows)
    {
        lock (_access)
        {
            _buffers.Remove(rows.Buffer);
        }
        rows.Buffer.Dispose();
    }

    /// <summary>Frees all rows; further calls do nothing.</summary>
    public void Dispose()
    {
        lock (_access)
        {
            _isDisposed = true;
            _buffers.ForEach(b => b.Dispose());
            _buffers.Clear();
        }
    }
}
