using Farsight.Alignment.Runs;
using Farsight.Alignment.Training;
using Farsight.Alignment.Training.Alarms;

namespace Farsight.Tests.Alignment.Training.Alarms;

public sealed class ChosenCollapseTests
{
    const string Remedy = "lower optimizer.learning_rate";

    [Fact]
    public void Held_out_responses_that_get_less_likely_are_reported_once_with_numbers_and_remedy()
    {
        ChosenCollapse alarm = new(20, Remedy);

        Assert.Null(alarm.See(Line(0, null, -1.5)));
        Assert.Null(alarm.See(Line(100, -1.6, -1.99)));
        string? seen = alarm.See(Line(200, -1.6, -3.9));
        Assert.Contains("-3.90 nats per token and had -1.50 before training", seen, StringComparison.Ordinal);
        Assert.Contains($"; {Remedy}.", seen, StringComparison.Ordinal);
        Assert.Null(alarm.See(Line(300, -1.6, -5)));
    }

    [Fact]
    public void Between_evaluations_the_moving_average_tells()
    {
        ChosenCollapse alarm = new(20, Remedy);
        alarm.See(Line(0, null, -1.5));

        int[] seen = [.. Enumerable.Range(1, 60).Where(step => alarm.See(Line(step, -1.5 - 0.05 * step, null)) is not null)];

        // The mean of the 20 steps up to n is −1.5 − 0.05·(n − 9.5), that of the first five −1.65.
        Assert.Equal([23], seen);
    }

    [Theory]
    [InlineData(-4, -1)] // training is harder than what is held out
    [InlineData(-1, -4)]
    public void Samples_in_training_and_held_out_ones_are_measured_by_their_own(double training, double heldOut)
    {
        ChosenCollapse alarm = new(20, Remedy);
        alarm.See(Line(0, null, heldOut));

        int[] seen =
        [
            .. Enumerable
                .Range(1, 100)
                .Where(step => alarm.See(Line(step, step <= 50 ? training : training - 1, step % 25 == 0 ? heldOut : null)) is not null),
        ];

        Assert.Equal([61], seen);
    }

    [Fact]
    public void A_slow_fall_of_the_held_out_responses_is_seen_whatever_training_says()
    {
        ChosenCollapse alarm = new(20, Remedy);
        double[] heldOut = [-0.09, -0.17, -0.61, -0.96, -1.18]; // DPO on contrast data

        int[] seen =
        [
            .. heldOut
                .Index()
                .Where(e => alarm.See(Line(e.Index * 100, e.Index == 0 ? null : -0.1, e.Item)) is not null)
                .Select(e => e.Index),
        ];

        Assert.Equal([2], seen);
    }

    [Theory]
    [InlineData(0, -2.1, false)] // only step 1 is before training: 0.5 · √5 = 1.12
    [InlineData(0, -2.2, true)]
    [InlineData(2, -1.8, true)]  // two steps: 0.79
    public void A_collapse_in_the_first_steps_of_a_short_warm_up_is_seen(int warmupSteps, double after, bool isAlarm)
    {
        ChosenCollapse alarm = new(warmupSteps, Remedy);

        Assert.Equal(
            isAlarm,
            Enumerable.Range(1, 60).Any(step => alarm.See(Line(step, step <= Math.Clamp(warmupSteps, 1, 2) ? -1 : after, null)) is not null)
        );
    }

    [Fact]
    public void Without_held_out_samples_the_first_steps_stand_for_the_model_before_training()
    {
        ChosenCollapse alarm = new(20, Remedy);

        int[] seen = [.. Enumerable.Range(1, 60).Where(step => alarm.See(Line(step, step <= 10 ? -1 : -2, null)) is not null)];

        // 0.5 · n > 0.5 · 20 needs eleven of the last twenty steps at −2.
        Assert.Equal([21], seen);
    }

    [Fact]
    public void One_bad_step_is_no_alarm()
    {
        ChosenCollapse alarm = new(20, Remedy);

        Assert.DoesNotContain(Enumerable.Range(1, 60), step => alarm.See(Line(step, step == 30 ? -9 : -1, null)) is not null);
    }

    [Fact]
    public void Likelier_responses_are_none_either()
    {
        ChosenCollapse alarm = new(20, Remedy);
        alarm.See(Line(0, null, -3));

        Assert.DoesNotContain(
            Enumerable.Range(1, 60),
            step => alarm.See(Line(step, -3 + 0.05 * step, step % 10 == 0 ? -3 + 0.05 * step : null)) is not null);
    }

    static MetricsLine Line(int step, double? training, double? heldOut) =>
        new(step, Values(training), heldOut is null ? null : Values(heldOut));

    static Dictionary<string, double> Values(double? value) => value is { } v ? new() { [PreferenceMetrics.ChosenLogProb] = v } : [];
}
