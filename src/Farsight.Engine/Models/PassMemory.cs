using Farsight.Engine.Memory;

namespace Farsight.Engine.Models;

/// <summary>The memory of one pass over a model.</summary>
/// <param name="Kept">What lives from forward to backward.</param>
/// <param name="Scratch">What lives inside a layer.</param>
sealed record PassMemory(Workspace Kept, Workspace Scratch) : IDisposable
{
    internal void Reset()
    {
        Kept.Reset();
        Scratch.Reset();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Kept.Dispose();
        Scratch.Dispose();
    }
}
