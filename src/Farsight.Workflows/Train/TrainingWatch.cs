using Farsight.Alignment.Recipes;
using Farsight.Alignment.Runs;
using Farsight.Alignment.Training;
using Farsight.Alignment.Training.Alarms;

namespace Farsight.Workflows.Train;

/// <summary>
/// Watches a run during training: alarms on the numbers that are computed anyway, and what the recipe asks for, adapters and answers.
/// </summary>
/// <remarks>Alarms keep no state of their own: when a run is resumed, they see the lines of
/// metrics.jsonl and samples.jsonl again.</remarks>
/// <param name="recipe">The recipe.</param>
/// <param name="run">Where it goes.</param>
/// <param name="files">How the adapter is written.</param>
/// <param name="answers">Requests answers; null for none.</param>
/// <param name="board">Receives every line; null for none.</param>
/// <param name="note">Receives each alarm.</param>
sealed class TrainingWatch(
    TrainRecipe recipe, RunDirectory run, TrainingOutput files, SampleWatch? answers, TensorBoardLog? board, Action<string> note)
    : ITrainingWatch
{
    const string NotFinite = "not_finite";

    readonly CheckpointFolder _adapters = files.AlongTraining(run);
    readonly ChosenCollapse _collapse = new(recipe.Schedule.Warmup(recipe.Steps), Remedy(recipe));
    readonly DeadPreference _preference = new();
    readonly AnswerRepetition _looping = new(Remedy(recipe));

    public void Begin(int done)
    {
        int last = done == 0 ? -1 : done; // step 0 is measured again
        board?.Begin(last + 1);
        _adapters.RemoveUnfinished();
        run.Alarms.KeepUpTo(last);
        run.Samples.KeepUpTo(last);
        foreach (MetricsLine line in MetricsLog.Read(run.Metrics))
        {
            Collapse(line);
            _preference.See(line);
        }
        foreach (IGrouping<int, SampleLine> lines in run.Samples.Read().GroupBy(l => l.Step))
        {
            See([.. lines]);
        }
    }

    public string? After(MetricsLine line)
    {
        board?.Append(line);
        if (line.Step > 0 && line.Step % recipe.AdapterEvery == 0)
        {
            _adapters.Write(line.Step, files.Write);
        }
        AlarmLine?[] alarms =
        [
            Alarm(line.Step, ChosenCollapse.Name, Collapse(line)),
            Alarm(line.Step, DeadPreference.Name, _preference.See(line)),
            Alarm(line.Step, AnswerRepetition.Name, Ask(line.Step)),
        ];
        foreach (AlarmLine alarm in alarms.OfType<AlarmLine>())
        {
            Raise(alarm);
        }
        return recipe.Watch is { StopOnAlarm: true } ? alarms.OfType<AlarmLine>().FirstOrDefault()?.ToString() : null;
    }

    public void Diverged(int at, string reason) => run.Alarms.Append([new(at, NotFinite, reason)]);

    string? Collapse(MetricsLine line) => recipe.Objective.LearnsChosen ? _collapse.See(line) : null;

    /// <summary>Requests answers if the step is due.</summary>
    string? Ask(int step)
    {
        if (answers is null || !(step % recipe.Watch!.SamplesEvery == 0 || step == recipe.Steps))
        {
            return null;
        }
        IReadOnlyList<SampleLine> lines = answers.At(step);
        run.Samples.Append(lines);
        return See(lines);
    }

    string? See(IReadOnlyList<SampleLine> lines) => _looping.See(lines.Average(l => l.Repetition), lines.Average(l => l.ChosenRepetition));

    void Raise(AlarmLine alarm)
    {
        run.Alarms.Append([alarm]);
        note(alarm.ToString());
    }

    static string Remedy(TrainRecipe recipe) =>
        $"{(recipe.Objective.KeepsChosen is { } change ? $"{change}, or " : "")}lower optimizer.learning_rate";

    static AlarmLine? Alarm(int step, string name, string? message) => message is null ? null : new(step, name, message);
}
