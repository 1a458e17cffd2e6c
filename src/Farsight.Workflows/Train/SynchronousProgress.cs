namespace Farsight.Workflows.Train;

/// <summary>Reports progress on the calling thread, in order.</summary>
sealed class SynchronousProgress<T>(Action<T> handler) : IProgress<T>
{
    public void Report(T value) => handler(value);
}
