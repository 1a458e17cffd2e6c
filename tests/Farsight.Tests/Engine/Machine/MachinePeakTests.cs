using Farsight.Engine.Machine;

namespace Farsight.Tests.Engine.Machine;

public sealed class MachinePeakTests
{
    /// <summary>How fast two threads are beside one is not tested: it depends on what else the machine does.</summary>
    [Fact]
    public void A_measurement_says_how_many_threads_took_part_and_what_they_did()
    {
        using ThreadCount threads = new(2);

        MachinePeak peak = MachinePeak.Measure();

        Assert.Equal(2, peak.Threads);
        Assert.InRange(peak.OneCore, 1, 1e13);
        Assert.InRange(peak.AllCores, 1, 1e13);
    }

    [Fact]
    public void A_piece_is_a_million_rounds_of_twelve_sums_of_sixteen_lanes_at_two_operations_a_lane()
    {
        Assert.Equal(1_000_000 * 12.0 * 16 * 2, MachinePeak.Throughput(1, 1));
        Assert.Equal(4 * MachinePeak.Throughput(1, 1) / 0.5, MachinePeak.Throughput(4, 0.5));
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
