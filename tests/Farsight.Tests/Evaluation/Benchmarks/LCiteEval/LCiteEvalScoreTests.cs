using Farsight.Evaluation.Benchmarks.LCiteEval;
using Farsight.Evaluation.Metrics;

namespace Farsight.Tests.Evaluation.Benchmarks.LCiteEval;

/// <summary>Cases worked out by hand; the golden tests compare with the official program.</summary>
public sealed class LCiteEvalScoreTests
{
    [Fact]
    public void LCiteEval_reads_one_line_without_citations()
    {
        Assert.Equal("Paris London.", Citations.Remove("Paris [1] | London[22]."));
        Assert.Equal([1, 22], Citations.Numbers("Paris [1] London[22]."));
        Assert.Equal(1, LCiteEvalScore.Answer("Paris [1]\nmore", ["Rome", "paris"]).F1);
        Assert.Equal(1, LCiteEvalScore.Summary("Here is a summary: a b [1]", "a b"), 8);
        Assert.Equal(0, LCiteEvalScore.Summary("A summary", "A summary"));
        Assert.Equal(0.5, LCiteEvalScore.Needle("a x\nb", "a b"));
        (PrecisionRecall score, int cited) = LCiteEvalScore.NeedleCitation("it [3][2][1][1]", ["no", "here", "here"], "here");
        Assert.Equal((1.0 / 3, 1.0, 3), (score.Precision, score.Recall, cited));
    }

    [Fact]
    public void LCiteEval_counts_stars()
    {
        string[] passages = ["x", "The little penguin counted 15 ★", "The little penguin counted 7 ★"];
        (double accuracy, PrecisionRecall citation) = LCiteEvalScore.CountingStars(
            "Sure {\"little_penguin\": [15, 8, 7], \"passage_id\": [2, 2, 1]}",
            passages);
        Assert.Equal((0.5, 0.5, 0.5), (accuracy, citation.Precision, citation.Recall));
        Assert.Equal((0.0, default(PrecisionRecall)), LCiteEvalScore.CountingStars("none", passages));
    }
}
