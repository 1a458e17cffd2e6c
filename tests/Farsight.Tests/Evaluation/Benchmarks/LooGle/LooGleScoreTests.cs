using Farsight.Evaluation.Benchmarks.LooGle;

namespace Farsight.Tests.Evaluation.Benchmarks.LooGle;

/// <summary>Cases worked out by hand; the golden tests compare with the official program.</summary>
public sealed class LooGleScoreTests
{
    [Fact]
    public void LooGle_compares_masks_and_texts()
    {
        Dictionary<string, string> masks = new() { ["<mask-0>"] = "New York", ["<mask-1>"] = "Bob" };
        Assert.Equal((1, 2), LooGleScore.ClozeMatches(masks, "{'<mask-0>': 'York', '<mask-1>': 'Bob'}"));
        Assert.Equal((0, 0), LooGleScore.ClozeMatches(masks, "Bob"));
        Assert.Equal((1, 1), LooGleScore.BleuScores("a b c d", "a b c d"));
        Assert.Equal((1.0, 0.0, 1.0), LooGleScore.RougeRecalls("None", ""));
    }
}
