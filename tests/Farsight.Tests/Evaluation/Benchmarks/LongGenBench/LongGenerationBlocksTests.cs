using System.Numerics;
using Farsight.Evaluation.Benchmarks.LongGenBench;

namespace Farsight.Tests.Evaluation.Benchmarks.LongGenBench;

/// <summary>Cases worked out by hand; the golden tests compare with the official program.</summary>
public sealed class LongGenerationBlocksTests
{
    [Fact]
    public void LongGenBench_keeps_the_first_part_of_a_number()
    {
        OrderedDictionary<BigInteger, string> blocks = LongGenerationBlocks.Parse("#*# Week 1: a#*# Week 1: b#*# none#*# Week 9", "Week");
        Assert.Equal(" Week 1: a", blocks[1]);
        Assert.Equal(50, LongGenerationBlocks.CompletionRate(blocks, 2));
    }

    [Fact]
    public void Parts_keep_the_order_of_the_text_and_a_second_day_inside_one_is_not_split_off()
    {
        OrderedDictionary<BigInteger, string> blocks = LongGenerationBlocks.Parse("intro Day 7 text#*# Day 1: a Day 2: inside", "Day");

        Assert.Equal([(7, "intro Day 7 text"), (1, " Day 1: a Day 2: inside")], blocks.Select(b => ((int)b.Key, b.Value)));
    }
}
