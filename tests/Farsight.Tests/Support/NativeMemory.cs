using Farsight.Engine.Memory;

namespace Farsight.Tests.Support;

/// <summary>Tests that count native memory run alone: the counters belong to the process.</summary>
[CollectionDefinition(Collection, DisableParallelization = true)]
public sealed class NativeMemory
{
    internal const string Collection = "native memory";

    /// <summary>Runs an action and returns by how many bytes the native memory in use rose above its level before, at most.</summary>
    internal static long PeakOf(Action action)
    {
        long before = AlignedBuffer.LiveBytes;
        AlignedBuffer.ResetPeak();
        action();
        return AlignedBuffer.PeakBytes - before;
    }
}
