using Farsight.Engine.Machine;
using Farsight.Engine.Memory;

namespace Farsight.Tests.Engine.Machine;

/// <summary>Tests what the bandwidth of the memory is measured on.</summary>
public class MemoryBandwidthTests
{
    [Fact]
    public void Every_page_that_is_read_was_written()
    {
        const int PageFloats = 1024, Pages = 1 << 16; // 256 MiB in pages of 4 KiB
        using AlignedBuffer buffer = MemoryBandwidth.Written();

        Assert.Equal((long)Pages * PageFloats, buffer.Count);
        Assert.Equal(Pages, Enumerable.Range(0, Pages).Count(page => buffer.Span((long)page * PageFloats, 1)[0] != 0));
    }
}
