using Farsight.Engine.Kernels.Assembled;
using Farsight.Engine.Machine;
using Farsight.Engine.Numerics;

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

    // 4 × 16 instructions, of 16 lanes with two or four multiply-adds each.
    [Theory, InlineData(Arithmetic.BF16, 4096), InlineData(Arithmetic.Q8, 8192)]
    public void A_round_has_two_operations_for_each_multiply_add(Arithmetic arithmetic, int operations) =>
        Assert.Equal(operations, PeakKernel.OperationsPerRound(arithmetic));

    [Theory, InlineData(Arithmetic.F32), InlineData(Arithmetic.BF16), InlineData(Arithmetic.Q8)]
    public void A_peak_names_its_arithmetic_and_is_missing_without_the_instruction(Arithmetic arithmetic)
    {
        using ThreadCount threads = new(1);

        MachinePeak? peak = MachinePeak.Measure(arithmetic);

        Assert.Equal(arithmetic == Arithmetic.F32 || PeakKernel.Has(arithmetic), peak is not null);
        Assert.Equal(peak is null ? null : arithmetic, peak?.Arithmetic);
        Assert.Equal(peak?.OneCore, peak?.AllCores);
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
