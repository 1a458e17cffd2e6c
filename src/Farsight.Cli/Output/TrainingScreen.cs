using System.CommandLine;
using System.Globalization;
using Farsight.Alignment.Runs;
using Farsight.Alignment.Training;
using Farsight.Engine;
using Farsight.Workflows.Reports;

namespace Farsight.Cli.Output;

/// <summary>Shows a training run: progress, held-out metrics before and after, and the command that resumes after Ctrl-C.</summary>
/// <param name="parse">The command line; the resume command repeats it.</param>
/// <param name="output">The run directory.</param>
/// <param name="shown">The metrics on the progress line and in the table, if the run has them.</param>
/// <param name="next">Returns the words of the command to run next, given the folder with the result.</param>
sealed class TrainingScreen(
    ParseResult parse, string output, IReadOnlyList<ShownMetric> shown, Func<string, IReadOnlyList<string>> next)
{
    const string Resume = "--resume";

    /// <summary>Runs the training and prints the result.</summary>
    /// <param name="train">Trains; receives the display of notes and progress, and returns the output folder.</param>
    /// <param name="cancel">Cancelled by Ctrl-C.</param>
    /// <exception cref="InputException">A run is to be resumed, and the folder has none.</exception>
    internal int Run(Func<TrainingDisplay, string> train, CancellationToken cancel)
    {
        Ending ending = new();
        bool isResumed = parse.Tokens.Any(t => t.Value == Resume);
        if (isResumed && !RunDirectory.IsRun(output))
        {
            throw new InputException($"{Resume}: {output} is not a run, so nothing can be resumed; start a run without {Resume}.");
        }
        try
        {
            if (isResumed)
            {
                Console.Error.WriteLine(Newest is { } from
                    ? $"Resuming {output} after step {from.Step}."
                    : $"Resuming {output} before the first step, because it has no checkpoint yet.");
            }
            string made = WithProgress(train, cancel);
            WriteHeldOut();
            WriteAlarms();
            Console.WriteLine(made);
            ending.Write($"Curves: {TypedCommand.Of("report", output)}", next(made));
            return ExitCode.Done;
        }
        catch (TrainingStoppedException)
        {
            Console.Error.WriteLine(
                "Training stopped at an alarm (watch.stop_on_alarm); the step is saved. "
                + $"Start a run with other settings, or continue with: farsight {Again()}");
            return ExitCode.Failed;
        }
        catch (OperationCanceledException)
        {
            Console.Error.WriteLine(Newest is { } newest
                ? $"Stopped; step {newest.Step} is saved. Resume with: farsight {Again()}"
                : $"Stopped before the first step. Restart with: farsight {Again()}");
            throw;
        }
    }

    (int Step, string Path)? Newest => new CheckpointFolder(Path.Combine(output, "checkpoints")).Newest;

    /// <summary>Returns the command that continues; without <c>--resume</c> if the run had not begun.</summary>
    string Again() => string.Join(
        ' ', parse.Tokens.Select(t => t.Value).Where(t => t != Resume).Concat(RunDirectory.IsRun(output) ? [Resume] : []));

    string WithProgress(Func<TrainingDisplay, string> train, CancellationToken cancel)
    {
        using ProgressLine line = ProgressLine.OnStandardError("step");
        using CancellationTokenRegistration note = cancel.Register(() => line.Note(
            "Stopping after this step, which is saved. Press Ctrl-C again to stop now and lose the work since the last checkpoint."));
        using SecondInterrupt second = new(cancel);
        return train(new(line, shown));
    }

    void WriteHeldOut()
    {
        MetricsLine[] measured = [.. MetricsLog.Read(Path.Combine(output, "metrics.jsonl")).Where(l => l.HeldOut is not null)];
        if (measured.Length < 2)
        {
            return;
        }
        IReadOnlyDictionary<string, double> before = measured[0].HeldOut!, after = measured[^1].HeldOut!;
        Console.WriteLine($"{"held out",-16}{"before [95 % interval]",27}{"after [95 % interval]",27}{"n",6}");
        foreach (ShownMetric metric in shown.Where(s => before.ContainsKey(s.Name)))
        {
            string count = MeanInterval.CountOf(after, metric.Name)?.ToString(CultureInfo.InvariantCulture) ?? "";
            Console.WriteLine($"{metric.Label,-16}{metric.WithInterval(before),27}{metric.WithInterval(after),27}{count,6}");
        }
    }

    /// <summary>Writes all alarms of the run, including those of earlier processes.</summary>
    void WriteAlarms()
    {
        foreach (AlarmLine alarm in RunDirectory.AlarmsOf(output))
        {
            Console.WriteLine(alarm);
        }
    }
}

/// <summary>Shows the notes and the progress of a training on a progress line.</summary>
sealed class TrainingDisplay(ProgressLine line, IReadOnlyList<ShownMetric> shown) : IProgress<TrainingProgress>
{
    /// <inheritdoc cref="ProgressLine.Note"/>
    internal void Note(string text) => line.Note(text);

    /// <summary>Shows a step that is done, with its measurement above the line.</summary>
    public void Report(TrainingProgress value)
    {
        if (value.Line.HeldOut is { } heldOut)
        {
            line.Note($"step {value.Line.Step}  held out: {Describe(heldOut)}");
        }
        line.Report(
            value.Line.Step,
            value.Steps,
            string.Create(
                CultureInfo.InvariantCulture,
                $"{(value.Tokens > 0 ? $"{value.TokensPerSecond:0} tokens/s  " : "")}{Describe(value.Line.Values)}"),
            (double)value.Line.Step / value.Steps);
    }

    /// <summary>Shows the samples of a step, or of what is computed between two steps.</summary>
    internal void Part(TrainingPart part)
    {
        string unit = part.Kind switch
        {
            TrainingPartKind.Reference => "reference sample",
            TrainingPartKind.Teacher => "teacher question",
            TrainingPartKind.HeldOut => "held-out sample",
            TrainingPartKind.Answers => "held-out answer",
            _ => "sample",
        };
        bool isStep = part.Kind == TrainingPartKind.Step;
        line.ReportPart(unit, part.Done, part.Total, isStep ? null : part.Share, isStep ? (part.Step + part.Share) / part.Steps : null);
    }

    string Describe(IReadOnlyDictionary<string, double> values) =>
        string.Join("  ", shown.Where(s => values.ContainsKey(s.Name)).Select(s => $"{s.Label} {s.Of(values)}"));
}

/// <summary>Represents a metric as it is displayed.</summary>
/// <param name="Name">The key in metrics.jsonl.</param>
/// <param name="Label">The displayed name.</param>
/// <param name="Format">The number format.</param>
sealed record ShownMetric(string Name, string Label, string Format)
{
    internal string Of(IReadOnlyDictionary<string, double> values) => Text(values[Name]);

    /// <summary>Formats the value with its 95 % interval: "0.512 [0.498, 0.526]".</summary>
    internal string WithInterval(IReadOnlyDictionary<string, double> values) =>
        MeanInterval.Of(values, Name, isShare: Format.EndsWith('%')) is { } interval
            ? $"{Of(values)} [{Text(interval.Low)}, {Text(interval.High)}]"
            : Of(values);

    string Text(double value) => value.ToString(Format, CultureInfo.InvariantCulture);
}
