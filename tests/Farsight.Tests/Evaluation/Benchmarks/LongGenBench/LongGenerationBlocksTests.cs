using System.Numerics;
using Farsight.Evaluation.Benchmarks.LongGenBench;

namespace Farsight.Tests.Evaluation.Benchmarks.LongGenBench;

/// <summary>Cases worked out by hand; the golden tests compare with the official program.</summary>
public sealed class LongGenerationBlocksTests
{
    [Fact]
    public void LongGenBench_keeps_the_first_part_of_a_number()
    {
        SortedDictionary<BigInteger, string> blocks = LongGenerationBlocks.Parse("#*# Week 1: a#*# Week 1: b#*# none#*# Week 9", "Week");
        Assert.Equal(" Week 1: a", blocks[1]);
        Assert.Equal(50, LongGenerationBlocks.CompletionRate(blocks, 2));
    }
}
