using Farsight.Alignment.Synthesis;
using Farsight.Alignment.Training;
using Farsight.Evaluation.Core;
using static System.FormattableString;

namespace Farsight.Workflows.Train;

/// <summary>Represents the progress of a workflow of several stages: a study, a self-evolution or the demo.</summary>
/// <param name="Stage">The stage: documents, synth, train, eval.</param>
/// <param name="What">The current model, or the work in progress.</param>
/// <param name="Done">Items done in this stage.</param>
/// <param name="Total">Items of this stage; 0 if unknown.</param>
/// <param name="Detail">Additional text; may be empty.</param>
public sealed record StageProgress(string Stage, string What, long Done, long Total, string Detail)
{
    internal static StageProgress Of(string stage, string what, SynthesisProgress at) =>
        new(stage, what, at.Counts.Written, at.Samples, at.Responses > 0 ? Invariant($"{at.Responses} responses to the next group") : "");

    internal static StageProgress Of(string stage, string what, TrainingProgress at) =>
        new(
            stage,
            what,
            at.Line.Step,
            at.Steps,
            at.Line.Values.TryGetValue(PreferenceMetrics.Loss, out double loss) ? Invariant($"loss {loss:0.000}") : "");

    /// <summary>Reports the progress within a measurement of a training, or before its first step; not the samples of each step.</summary>
    internal static void Tell(IProgress<StageProgress>? progress, string stage, string what, TrainingPart at)
    {
        string part = at.Kind switch
        {
            TrainingPartKind.Reference => "reference",
            TrainingPartKind.Teacher => "teacher",
            TrainingPartKind.HeldOut => "held-out samples",
            TrainingPartKind.Answers => "answers",
            _ => "",
        };
        if (part.Length > 0)
        {
            progress?.Report(new(stage, what, at.Step, at.Steps, Invariant($"{part} {at.Done}/{at.Total}")));
        }
    }

    internal static StageProgress Of(string stage, string what, EvalProgress at) =>
        new(stage, what, at.Done, at.Total ?? 0, at.Length is { } length ? Invariant($"{at.Task} at {length}") : at.Task);
}
