using Farsight.Engine.Optimizers;

namespace Farsight.Tests.Engine.Optimizers;

public sealed class LearningRateScheduleTests
{
    const int Total = 110;

    // Values by hand at the steps: first and last of the warm-up, first after it, a quarter, the middle, the end.
    public static TheoryData<LearningRateSchedule, double[]> Cases => new()
    {
        { new LearningRateSchedule.Constant(10), [0.1, 1, 1, 1, 1, 1] },
        { new LearningRateSchedule.Linear(10, 0), [0.1, 1, 1, 0.75, 0.5, 0] },
        { new LearningRateSchedule.Linear(10, 0.2), [0.1, 1, 1, 0.8, 0.6, 0.2] },
        { new LearningRateSchedule.Cosine(10, 0), [0.1, 1, 1, 0.5 + Math.Sqrt(0.125), 0.5, 0] },
        { new LearningRateSchedule.Cosine(10, 0.1), [0.1, 1, 1, 0.55 + 0.9 * Math.Sqrt(0.125), 0.55, 0.1] },
        { new LearningRateSchedule.ConstantThenLinear(10, 0.5, 0.02), [0.1, 1, 1, 1, 1 - 0.98 / 11, 0.02] },
    };

    [Theory, MemberData(nameof(Cases))]
    public void Factors_match_a_calculation_by_hand(LearningRateSchedule schedule, double[] expected)
    {
        int[] steps = [0, 9, 10, 35, 60, Total];

        for (int i = 0; i < steps.Length; i++)
        {
            Assert.Equal(expected[i], schedule.Factor(steps[i], Total), 1e-12);
        }
    }

    [Theory, MemberData(nameof(Cases))]
    public void Factors_never_rise_after_the_warm_up_nor_fall_below_the_end(LearningRateSchedule schedule, double[] expected)
    {
        for (int step = 10; step < Total; step++)
        {
            Assert.InRange(schedule.Factor(step, Total), expected[^1], schedule.Factor(step - 1, Total));
        }
    }

    [Fact]
    public void No_warm_up_starts_at_the_peak() => Assert.Equal(1, new LearningRateSchedule.Cosine(0, 0).Factor(0, 100));

    [Theory]
    [InlineData(0.1, 30, 3)] // 0.1 · 30 is 3.0000000000000004
    [InlineData(0.1, 313, 32)] // rounded up
    [InlineData(0, 30, 0)]
    public void A_share_of_the_steps_warms_up_as_that_many_steps(double share, int total, int steps)
    {
        LearningRateSchedule byShare = new LearningRateSchedule.Cosine(0, 0.1) { WarmupShare = share },
            bySteps = new LearningRateSchedule.Cosine(steps, 0.1);

        Assert.Equal(steps, byShare.Warmup(total));
        Assert.All(Enumerable.Range(0, total), s => Assert.Equal(bySteps.Factor(s, total), byShare.Factor(s, total)));
    }

    [Fact]
    public void A_run_shorter_than_its_warm_up_only_rises() => Assert.Equal(0.5, new LearningRateSchedule.Linear(20, 0).Factor(9, 10));
}
