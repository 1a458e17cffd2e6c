using Farsight.Engine.Optimizers;

namespace Farsight.Alignment.Recipes;

/// <summary>Checks the length and the learning-rate schedule of a run.</summary>
static class ScheduleProblems
{
    internal const int MaxSteps = 1_000_000;

    const int MaxBatchSize = 1 << 16;
    const long MaxSamples = 5_000_000; // the plan looks at each, which takes seconds

    /// <summary>Returns the problems of a number of steps and of samples per step: "key: what is wrong; what to do".</summary>
    internal static IEnumerable<string> OfSteps(string stepsKey, int steps, string batchKey, int batchSize)
    {
        if (steps is < 1 or > MaxSteps)
        {
            yield return $"{stepsKey}: {steps} is not usable; use 1 to {MaxSteps}.";
        }
        if (batchSize is < 1 or > MaxBatchSize)
        {
            yield return $"{batchKey}: {batchSize} is not usable; use 1 to {MaxBatchSize}.";
        }
        else if ((long)steps * batchSize > MaxSamples)
        {
            yield return $"{batchKey}: {steps} steps of {batchSize} are more than {MaxSamples} samples; lower it or {stepsKey}.";
        }
    }

    internal static IEnumerable<string> Of(string path, LearningRateSchedule schedule, int steps)
    {
        if (schedule.WarmupSteps < 0 || schedule.WarmupSteps > steps)
        {
            yield return $"{path}.warmup_steps: {schedule.WarmupSteps} is not between 0 and the {steps} steps of the run.";
        }
        if (schedule.WarmupShare is not (>= 0 and <= 1))
        {
            yield return FormattableString.Invariant(
                $"{path}.warmup_share: {schedule.WarmupShare} is not a share of the steps; use 0 to 1.");
        }
        if (schedule.WarmupShare != 0 && schedule.WarmupSteps != 0)
        {
            yield return $"{path}.warmup_share: warmup_steps sets the warm-up already; set one of the two to 0.";
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
