using Farsight.Engine.Machine;

namespace Farsight.Tests.Engine.Machine;

public sealed class MachinePeakTests
{
    [Fact]
    public void Two_threads_do_not_do_more_than_twice_as_much()
    {
        using ThreadCount threads = new(2);

        MachinePeak peak = MachinePeak.Measure();

        Assert.Equal(2, peak.Threads);
        // A vector multiply-add a cycle at 0.5 GHz is the least, and clocks waver by some percent; other tests run beside this one.
        Assert.InRange(peak.OneCore, 2 * Processor.VectorBits / 32 * 0.5e9, 1e13);
        Assert.InRange(peak.AllCores, 0.3 * peak.OneCore, 2.5 * peak.OneCore);
    }

    [Fact]
    public void The_peak_of_memory_grows_with_what_is_held_and_stays()
    {
        long before = Processor.PeakMemory;
        byte[] held = new byte[64 << 20];
        Array.Fill(held, (byte)1);

        Assert.InRange(Processor.PeakMemory, Math.Max(before, held.Length), long.MaxValue);
        Assert.NotEqual("", Processor.Name);
    }
}
