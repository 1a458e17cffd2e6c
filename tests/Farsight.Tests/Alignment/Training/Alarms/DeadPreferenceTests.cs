using Farsight.Alignment.Runs;
using Farsight.Alignment.Training;
using Farsight.Alignment.Training.Alarms;

namespace Farsight.Tests.Alignment.Training.Alarms;

public sealed class DeadPreferenceTests
{
    [Fact]
    public void Wide_margins_of_the_held_out_samples_are_reported_before_the_first_step_and_once()
    {
        DeadPreference alarm = new();

        string? seen = alarm.See(Line(0, null, (0.03125, 0.5)));

        Assert.StartsWith(
            "the comparison still trains 3.1 % of the questions, measured on the held-out samples;", seen, StringComparison.Ordinal);
        Assert.Null(alarm.See(Line(10, null, (0.03125, 0.5))));
    }

    [Fact]
    public void A_likelihood_term_that_outweighs_the_comparison_is_reported()
    {
        string? seen = new DeadPreference().See(Line(0, null, (0.3, 0.002)));

        Assert.StartsWith("0.20 % of the chosen responses' gradient comes from the comparison", seen, StringComparison.Ordinal);
    }

    [Fact]
    public void In_training_the_mean_of_the_last_steps_counts()
    {
        DeadPreference alarm = new();

        int[] seen =
        [
            .. Enumerable.Range(1, 60).Where(step => alarm.See(Line(step, (step <= 20 ? 1 : 0.05, 1), null)) is not null),
        ];

        // With k of the last 20 steps at 1, the mean is 0.05 + 0.0475·k; it is below 0.1 from k = 1 on, at step 39.
        Assert.Equal([39], seen);
    }

    [Fact]
    public void Objectives_without_a_comparison_raise_nothing()
    {
        DeadPreference alarm = new();
        MetricsLine sft = new(1, new Dictionary<string, double> { [PreferenceMetrics.Loss] = 1 }, null);

        Assert.All(Enumerable.Range(0, 40), _ => Assert.Null(alarm.See(sft)));
    }

    static MetricsLine Line(int step, (double Live, double Share)? training, (double Live, double Share)? heldOut) =>
        new(step, Values(training) ?? [], Values(heldOut));

    static Dictionary<string, double>? Values((double Live, double Share)? values) => values is not { } v ? null : new()
    {
        [PreferenceMetrics.LiveComparisons] = v.Live,
        [PreferenceMetrics.PreferenceShare] = v.Share,
    };
}
