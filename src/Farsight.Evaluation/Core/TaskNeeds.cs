using Farsight.Alignment.Answering;
using Farsight.Engine;
using Farsight.Evaluation.Core.Answering;

namespace Farsight.Evaluation.Core;

/// <summary>Checks what a task requires beside its own code: data, a judge, a model that returns more than text.</summary>
static class TaskNeeds
{
    /// <summary>Returns why a task cannot run: a missing file of the data folder; null where none is missing.</summary>
    internal static string? Data(IEvalTask task, EvalData data) =>
        task.Card.Data.FirstOrDefault(f => !f.IsOptional && !data.Exists(f)) is { } file
            ? $"{task.Card.Name} needs {file.Path} in the data "
                + $"folder{(data.Root is null ? $", which is not given (set {EvalData.Variable})" : $" {data.Root}")}; "
                + "'farsight eval data' shows where to get it."
            : null;

    /// <summary>Returns why a model cannot run a task; null where nothing is missing.</summary>
    internal static string? Model(IEvalTask task, ILanguageModel model, EvalJudge? judge) =>
        task is IChoiceTask && !model.Capabilities.ScoresContinuations
            ? $"{task.Card.Name} compares log-probabilities of given answers, which an endpoint does not return; leave it out, "
                + "or evaluate a local model."
        : task is IObservedTask && !model.Capabilities.ObservesHeads
            ? $"{task.Card.Name} measures the model's attention, which an endpoint does not return; leave it out, or evaluate a local "
                + "model."
        : task is IJudgedTask && judge is null
            ? $"{task.Card.Name} requires a model that judges; give the endpoint of a judge, or leave the task out."
        : null;

    /// <summary>Removes the tasks of suites that cannot run from a plan.</summary>
    /// <returns>The rest of the plan, and the removed tasks with their reasons.</returns>
    /// <exception cref="InputException">A task requested by its name cannot run, or no task is left.</exception>
    internal static (EvalPlan Plan, IReadOnlyList<SkippedPart> LeftOut) RemoveUnmet(EvalPlan plan, ILanguageModel model, EvalJudge? judge)
    {
        List<SkippedPart> leftOut = [];
        List<IEvalTask> left = [];
        foreach (IEvalTask task in plan.Tasks)
        {
            string? obstacle = Model(task, model, judge) ?? Data(task, plan.Setting.Data)
                ?? FewShotExamples.Obstacle(task, plan.Decoding.FewShot);
            if (obstacle is null)
            {
                left.Add(task);
            }
            else
            {
                leftOut.Add(plan.OfSuites.Contains(task) ? new(task.Card.Name, null, obstacle) : throw new InputException(obstacle));
            }
        }
        return left.Count > 0 || leftOut.Count == 0 ? (plan with { Tasks = left }, leftOut) : throw new InputException(leftOut[0].Reason);
    }
}
