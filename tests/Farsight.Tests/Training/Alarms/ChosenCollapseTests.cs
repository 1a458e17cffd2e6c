using Farsight.Alignment.Runs;
using Farsight.Alignment.Training;
using Farsight.Alignment.Training.Alarms;

namespace Farsight.Tests.Training.Alarms;

public sealed class ChosenCollapseTests
{
    [Fact]
    public void Held_out_responses_that_get_less_likely_are_reported_once_with_numbers_and_remedy()
    {
        ChosenCollapse alarm = new();

        Assert.Null(alarm.See(Line(0, null, -1.5)));
        Assert.Null(alarm.See(Line(100, -1.6, -1.99)));
        string? seen = alarm.See(Line(200, -1.6, -3.9));
        Assert.Contains("-3.90 nats per token and had -1.50 before training", seen, StringComparison.Ordinal);
        Assert.Contains("sft_weight", seen, StringComparison.Ordinal);
        Assert.Null(alarm.See(Line(300, -1.6, -5)));
    }

    [Fact]
    public void Between_evaluations_the_moving_average_tells()
    {
        ChosenCollapse alarm = new();
        alarm.See(Line(0, null, -1.5));

        int[] seen = [.. Enumerable.Range(1, 60).Where(step => alarm.See(Line(step, -1.5 - 0.05 * step, null)) is not null)];

        // The mean of steps 1 to 20 is −2.025, which is more than 0.5 below −1.5.
        Assert.Equal([ChosenCollapse.AveragedSteps], seen);
    }

    [Fact]
    public void Without_held_out_samples_the_first_steps_stand_for_the_model_before_training()
    {
        ChosenCollapse alarm = new();

        int[] seen = [.. Enumerable.Range(1, 60).Where(step => alarm.See(Line(step, step <= 10 ? -1 : -2, null)) is not null)];

        // 0.5 · n > 0.5 · 20 needs eleven of the last twenty steps at −2.
        Assert.Equal([21], seen);
    }

    [Fact]
    public void One_bad_step_is_no_alarm()
    {
        ChosenCollapse alarm = new();

        Assert.DoesNotContain(Enumerable.Range(1, 60), step => alarm.See(Line(step, step == 30 ? -9 : -1, null)) is not null);
    }

    [Fact]
    public void Likelier_responses_are_none_either()
    {
        ChosenCollapse alarm = new();
        alarm.See(Line(0, null, -3));

        Assert.DoesNotContain(Enumerable.Range(1, 60), step => alarm.See(Line(step, -3 + 0.05 * step, step % 10 == 0 ? -3 + 0.05 * step : null)) is not null);
    }

    static MetricsLine Line(int step, double? training, double? heldOut) => new(step, Values(training), heldOut is null ? null : Values(heldOut));

    static Dictionary<string, double> Values(double? value) => value is { } v ? new() { [PreferenceMetrics.ChosenLogProb] = v } : [];
}
