using Farsight.Evaluation.Core;
using Farsight.Evaluation.Metrics;
using Farsight.Workflows.Study;

namespace Farsight.Tests.Workflows.Study;

public sealed class SeedsAndExamplesTests
{
    /// <summary>Scores [seed][example]: means by seed 1/2 and 1, by example 1/2, 1, 1, 1/2; together 3/4.</summary>
    static readonly double[][] s_scores = [[0, 1, 1, 0], [1, 1, 1, 1]];

    [Fact]
    public void Variances_are_the_squared_standard_errors_of_both_means()
    {
        SeedsAndExamples estimate = Of(s_scores);

        Assert.Equal(0.75, estimate.Value, 1e-12);
        Assert.Equal(0.0625, estimate.SeedVariance, 1e-12); // ((1/4)² + (1/4)²) / (2·1)
        Assert.Equal(0.25 / 12, estimate.ExampleVariance, 1e-12); // 4 · (1/4)² / (4·3)
        // (1/16 + 1/48)² / ((1/16)²/1 + (1/48)²/3) = (1/144) / (1/256 + 1/6912) = 12/7
        Assert.Equal(12.0 / 7, estimate.Freedom, 1e-9);
    }

    [Fact]
    public void The_quantile_is_Students()
    {
        // Tables of the distribution, two-sided 5 %.
        Assert.Equal(12.7062, StudentT.Quantile95(1), 1e-4);
        Assert.Equal(4.3027, StudentT.Quantile95(2), 1e-4);
        Assert.Equal(2.5706, StudentT.Quantile95(5), 1e-4);
        Assert.Equal(2.0423, StudentT.Quantile95(30), 1e-4);
        Assert.Equal(Interval.NormalQuantile, StudentT.Quantile95(1e9), 1e-6);
    }

    [Fact]
    public void A_plain_interval_is_t_standard_errors_to_each_side()
    {
        // One seed, scores 1, 2, 3: standard error 1/√3, t of 2 degrees.
        Interval interval = Of([[1, 2, 3]]).Plain();

        Assert.Equal(2 - 4.302653 / Math.Sqrt(3), interval.Low, 1e-5);
        Assert.Equal(2 + 4.302653 / Math.Sqrt(3), interval.High, 1e-5);
    }

    [Fact]
    public void A_number_above_0_has_an_interval_of_ratios()
    {
        Interval interval = Of([[1, 2, 3]]).Positive();

        Assert.Equal(4, interval.Low * interval.High, 1e-9);
        Assert.Equal(Math.Exp(4.302653 / Math.Sqrt(3) / 2), interval.High / 2, 1e-5);
    }

    [Fact]
    public void A_share_is_Wilsons_with_as_many_examples_as_would_vary_so()
    {
        SeedsAndExamples estimate = Of(s_scores);
        double ratio = Interval.NormalQuantile / StudentT.Quantile95(12.0 / 7), n = 0.75 * 0.25 / (0.0625 + 0.25 / 12) * ratio * ratio;

        Assert.Equal(Interval.Wilson(0.75, n), estimate.Share());
        Assert.InRange(n, 0.1, 1); // two seeds that differ so much say little
    }

    [Fact]
    public void Where_all_is_right_the_examples_count_once_and_not_once_a_seed() =>
        Assert.Equal(Interval.Wilson(1, 4), Of([[1, 1, 1, 1], [1, 1, 1, 1], [1, 1, 1, 1]]).Share());

    [Fact]
    public void More_seeds_that_agree_do_not_make_the_examples_more()
    {
        double[] one = [.. Enumerable.Range(0, 40).Select(i => i % 4 == 0 ? 0.0 : 1)];
        SeedsAndExamples three = Of([one, one, one]);

        Assert.Equal(0, three.SeedVariance);
        Assert.Equal(Of([one]).Plain(), three.Plain());
    }

    [Fact]
    public void An_aggregate_is_left_without_each_example_in_turn()
    {
        // The largest of 1, 2, 5: without one of them 5, 5, 2; (2/3) · (1 + 1 + 4) = 4.
        double[] values = [1, 2, 5];

        Assert.Equal(4, SeedsAndExamples.Of(1, ResamplingUnits.Each(3), (_, drawn) => drawn.Max(i => values[i])).ExampleVariance, 1e-12);
    }

    [Fact]
    public void Answers_about_one_document_are_left_out_together()
    {
        // Two seeds, two documents of two answers. By document 1/2 and 1: V_E = (1/2) · (2 · (1/4)²) = 1/16 with one degree of freedom.
        SeedsAndExamples estimate = SeedsAndExamples.Of(
            2,
            ResamplingUnits.Of(["a", "a", "b", "b"]),
            (s, drawn) => drawn.Average(i => new[] { 1.0, 0, 1, 1 }[i]));

        Assert.Equal((4, 2), (estimate.Examples, estimate.Units));
        Assert.Equal(0.0625, estimate.ExampleVariance, 1e-12);
        Assert.Equal(1, estimate.Freedom, 1e-12);
        Assert.Equal(0.75 + 12.706205 * 0.25, estimate.Plain().High, 1e-5);
    }

    static SeedsAndExamples Of(double[][] scores) =>
        SeedsAndExamples.Of(scores.Length, ResamplingUnits.Each(scores[0].Length), (s, drawn) => drawn.Average(i => scores[s][i]));
}
