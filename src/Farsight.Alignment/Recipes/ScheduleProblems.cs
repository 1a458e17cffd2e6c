using Farsight.Engine.Optimizers;

namespace Farsight.Alignment.Recipes;

/// <summary>Checks learning-rate schedules of recipes.</summary>
static class ScheduleProblems
{
    internal static IEnumerable<string> Of(string path, LearningRateSchedule schedule, int steps)
    {
        if (schedule.WarmupSteps < 0 || schedule.WarmupSteps > steps)
        {
            yield return $"{path}.warmup_steps: {schedule.WarmupSteps} is not between 0 and the {steps} steps of the run.";
        }
        (double floor, double decayShare) = schedule switch
        {
            LearningRateSchedule.Linear linear => (linear.Floor, 0.0),
            LearningRateSchedule.Cosine cosine => (cosine.Floor, 0),
            LearningRateSchedule.ConstantThenLinear constant => (constant.Floor, constant.DecayShare),
            _ => (0, 0),
        };
        if (floor is not (>= 0 and <= 1))
        {
            yield return FormattableString.Invariant($"{path}.floor: {floor} is not a share of the peak; use 0 to 1.");
        }
        if (decayShare is not (>= 0 and <= 1))
        {
            yield return FormattableString.Invariant($"{path}.decay_share: {decayShare} is not a share of the steps; use 0 to 1.");
        }
    }
}
