using Farsight.Engine.Memory;

namespace Farsight.Tests.Support;

/// <summary>Sets the number of threads for a block of a test and puts the old number back.</summary>
sealed class ThreadCount : IDisposable
{
    readonly int _before = Workers.Threads;

    internal ThreadCount(int threads) => Workers.Threads = threads;

    public void Dispose() => Workers.Threads = _before;
}
