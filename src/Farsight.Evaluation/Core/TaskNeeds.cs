using Farsight.Engine;
using Farsight.Evaluation.Core.Answering;

namespace Farsight.Evaluation.Core;

/// <summary>What a task needs beside its own code: data, a judge, a model that shows more than text.</summary>
static class TaskNeeds
{
    /// <summary>Why a task cannot run: a file of the data folder that is missing; null where all is there.</summary>
    internal static string? Data(IEvalTask task, EvalData data) =>
        task.Card.Data.FirstOrDefault(f => !f.IsOptional && !data.Exists(f)) is { } file
            ? $"{task.Card.Name} needs {file.Path} in the data folder{(data.Root is null ? $", which --data or {EvalData.Variable} names" : $" {data.Root}")}; 'farsight eval data' says where to get it."
            : null;

    /// <summary>Why a model cannot run a task: what it does not show, or who would judge; null where nothing is missing.</summary>
    internal static string? Model(IEvalTask task, IEvalModel model, EvalJudge? judge) =>
        task is IChoiceTask && !model.GivesLogProbs
            ? $"{task.Card.Name} compares log-probabilities of given answers, which an endpoint does not give; leave it out, or evaluate a local model."
        : task is IObservedTask && !model.ShowsHeads
            ? $"{task.Card.Name} looks at the model's attention, which an endpoint does not show; leave it out, or evaluate a local model."
        : task is IJudgedTask && judge is null
            ? $"{task.Card.Name} is judged by another model; name one with --judge-endpoint, or leave the task out."
        : null;

    /// <summary>Takes out of a plan what cannot run, if its suite and not its name was asked for.</summary>
    /// <returns>What is left, and what was taken out with its reasons.</returns>
    /// <exception cref="InputException">A task that was named cannot run, or nothing is left.</exception>
    internal static (EvalPlan Plan, IReadOnlyList<SkippedPart> LeftOut) Met(EvalPlan plan, IEvalModel model, EvalJudge? judge)
    {
        List<SkippedPart> leftOut = [];
        List<IEvalTask> left = [];
        foreach (IEvalTask task in plan.Tasks)
        {
            string? obstacle = Model(task, model, judge) ?? Data(task, plan.Setting.Data);
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
