using Farsight.Evaluation.Metrics;

namespace Farsight.Tests.Evaluation.Metrics;

public sealed class JackknifeTests
{
    /// <summary>Three documents with two answers each: both right, one right, none right.</summary>
    static readonly double[] s_scores = [1, 1, 1, 0, 0, 0];
    static readonly int[][] s_documents = [[0, 1], [2, 3], [4, 5]];

    [Fact]
    public void The_variance_over_documents_matches_a_calculation_by_hand() =>
        // Without each document in turn 1/4, 2/4, 3/4; (2/3) · (1/16 + 0 + 1/16) = 1/12.
        Assert.Equal(1 / 12.0, Jackknife.Variance(s_documents, rest => rest.Average(i => s_scores[i])), 1e-12);

    [Fact]
    public void Over_single_examples_the_variance_of_a_mean_is_its_squared_standard_error() =>
        // s² = 6 · (1/2)² / 5, over 6.
        Assert.Equal(0.05, Jackknife.Variance([[0], [1], [2], [3], [4], [5]], rest => rest.Average(i => s_scores[i])), 1e-12);

    [Fact]
    public void Documents_of_different_sizes_match_a_naive_twin()
    {
        double[] scores = [0.2, 0.9, 0.4, 0.7, 0.1, 0.6, 0.3];
        string[] documents = ["a", "b", "b", "b", "c", "a", "d"];

        double variance = Jackknife.Variance([[0, 5], [1, 2, 3], [4], [6]], rest => rest.Average(i => scores[i]));

        List<double> without = [];
        foreach (string left in new[] { "a", "b", "c", "d" })
        {
            (double sum, int count) = (0, 0);
            for (int i = 0; i < scores.Length; i++)
            {
                (sum, count) = documents[i] == left ? (sum, count) : (sum + scores[i], count + 1);
            }
            without.Add(sum / count);
        }
        double mean = without.Sum() / 4, squares = 0;
        foreach (double w in without)
        {
            squares += (w - mean) * (w - mean);
        }
        Assert.Equal(squares * 3 / 4, variance, 1e-12);
    }

    [Fact]
    public void A_single_unit_has_no_variance() => Assert.Equal(0, Jackknife.Variance([[0, 1]], _ => double.NaN));

    [Fact]
    public void A_share_over_three_documents_has_the_interval_of_less_than_one_answer()
    {
        // n = 1/4 · 12 · (1.959964 / 4.302653)² = 0.622515; z²/n = 6.170873.
        Interval interval = Interval.Share(0.5, 1 / 12.0, freedom: 2, units: 3, examples: 6);

        Assert.Equal(0.036172, interval.Low, 1e-5);
        Assert.Equal(0.963828, interval.High, 1e-5);
    }

    [Fact]
    public void Where_all_answers_are_right_a_share_counts_documents() =>
        Assert.Equal(Interval.Wilson(1, 3), Interval.Share(1, 0, freedom: 2, units: 3, examples: 6));
}
