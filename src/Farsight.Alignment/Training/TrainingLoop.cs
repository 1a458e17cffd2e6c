using System.Diagnostics;
using System.Globalization;
using Farsight.Alignment.Runs;
using Farsight.Engine;
using Farsight.Engine.Parameters;

namespace Farsight.Alignment.Training;

/// <summary>Micro-steps, gradients, clip, update; metrics, evaluations and checkpoints on the way.</summary>
/// <remarks>
/// A checkpoint is parameters, optimizer state, the step and the length of metrics.jsonl. Whatever is random is drawn from
/// the seed and the step, so a run that was stopped and resumed has the bits of one that never stopped.
/// </remarks>
public sealed class TrainingLoop : IDisposable
{
    readonly ITrainable _model;
    readonly ITrainingWork _work;
    readonly TrainingOptions _options;
    readonly RunDirectory _run;
    readonly ParameterUpdates _updates;
    readonly Stopwatch _clock = new();
    long _tokens;

    /// <summary>Prepares a loop; nothing is read or written yet.</summary>
    /// <param name="model">As it is before the first step, also when the run is resumed.</param>
    /// <param name="work">What is trained on.</param>
    /// <param name="options">Steps, optimizer, schedule.</param>
    /// <param name="run">Where metrics and checkpoints go.</param>
    public TrainingLoop(ITrainable model, ITrainingWork work, TrainingOptions options, RunDirectory run)
    {
        (_model, _work, _options, _run) = (model, work, options, run);
        _updates = new(model.Parameters, options);
    }

    /// <summary>Is shown every step; null for nobody.</summary>
    public ITrainingWatch? Watch { get; init; }

    /// <summary>Trains from the newest checkpoint, or from the beginning, to the last step.</summary>
    /// <exception cref="OperationCanceledException">Cancelled; the step was finished and a checkpoint saved.</exception>
    /// <exception cref="DivergedException">The loss or a gradient is not finite.</exception>
    /// <exception cref="TrainingStoppedException">The watch stopped the run; a checkpoint was saved.</exception>
    /// <exception cref="InputException">A checkpoint is damaged.</exception>
    /// <exception cref="IOException">The disk is full; the last checkpoint is whole.</exception>
    public void Run(IProgress<TrainingProgress>? progress, CancellationToken cancel)
    {
        using MetricsLog metrics = new(_run.Metrics);
        using TimingLog timing = new(_run.Timing);
        int done = Restore(metrics);
        Watch?.Begin(done);
        if (done == 0)
        {
            cancel.ThrowIfCancellationRequested();
            Report(Line(0, [], HeldOut()), metrics, progress);
        }
        for (int step = done + 1; step <= _options.Steps; step++)
        {
            TimeSpan before = _clock.Elapsed;
            long tokensBefore = _tokens;
            _clock.Start();
            OrderedDictionary<string, double> values = Step(step);
            _clock.Stop();
            timing.Append(step, _clock.Elapsed - before, _tokens - tokensBefore);
            string? alarm = Report(Line(step, values, IsDue(step, _options.EvalEvery) ? HeldOut() : null), metrics, progress);

            bool stop = (cancel.IsCancellationRequested || alarm is not null) && step < _options.Steps;
            if (stop || IsDue(step, _options.CheckpointEvery))
            {
                metrics.FlushToDisk();
                TrainingCheckpoint.Write(_run.Checkpoints, step, metrics.Length, _model.Parameters, _updates);
            }
            if (stop)
            {
                throw alarm is null ? new OperationCanceledException(cancel) : new TrainingStoppedException(alarm);
            }
        }
    }

    /// <summary>Frees the optimizer state; the model belongs to the caller.</summary>
    public void Dispose() => _updates.Dispose();

    bool IsDue(int step, int every) => step % every == 0 || step == _options.Steps;

    /// <summary>The number of steps done; metrics written after that are forgotten.</summary>
    int Restore(MetricsLog metrics)
    {
        if (_run.Checkpoints.Newest is not { } newest)
        {
            metrics.Truncate(0);
            return 0;
        }
        long bytes = TrainingCheckpoint.Read(newest.Path, newest.Step, _model.Parameters, _updates);
        metrics.Truncate(bytes);
        return newest.Step;
    }

    OrderedDictionary<string, double> Step(int step)
    {
        foreach (Parameter parameter in _model.Parameters)
        {
            parameter.Gradient.Clear();
        }
        MetricSums sums = new();
        StepSamples samples = new();
        foreach (MicroStep microStep in _work.MicroSteps(step))
        {
            using ITreePass pass = _model.Forward(microStep.Tree);
            float[] dLogProbs = new float[pass.LogProbs.Length];
            microStep.Loss(pass, dLogProbs, sums);
            samples.Add(microStep.Samples, pass.LogProbs, dLogProbs);
            pass.Backward(dLogProbs);
            _tokens += microStep.Tree.Count;
        }
        OrderedDictionary<string, double> values = sums.Means();
        RequireFinite(step, "loss", values["loss"], samples);

        double norm = _updates.ClipGradients();
        RequireFinite(step, "gradient", norm, samples);
        _updates.Apply(step);
        values["gradient_norm"] = norm;
        values["learning_rate"] = _options.Optimizer.LearningRate * _updates.Factor(step);
        return values;
    }

    MetricSums? HeldOut()
    {
        MetricSums sums = new();
        bool any = false;
        foreach (MicroStep microStep in _work.HeldOut())
        {
            using ITreePass pass = _model.Evaluate(microStep.Tree);
            microStep.Loss(pass, new float[pass.LogProbs.Length], sums);
            any = true;
        }
        return any ? sums : null;
    }

    static MetricsLine Line(int step, OrderedDictionary<string, double> values, MetricSums? heldOut) =>
        new(step, values, heldOut?.Means(), heldOut is { Margins.Count: > 0 } ? heldOut.Margins : null);

    /// <summary>Tells everybody about a step, and returns why the watch wants to stop.</summary>
    string? Report(MetricsLine line, MetricsLog metrics, IProgress<TrainingProgress>? progress)
    {
        metrics.Append(line);
        string? alarm = Watch?.After(line);
        progress?.Report(new(_options.Steps, _tokens, _clock.Elapsed.TotalSeconds, line));
        return alarm;
    }

    void RequireFinite(int step, string what, double value, StepSamples samples)
    {
        if (double.IsFinite(value))
        {
            return;
        }
        string kept = _run.Checkpoints.Newest is { } newest
            ? $"the checkpoint of step {newest.Step} is whole"
            : "there is no checkpoint yet";
        string change =
            step == 1
                ? "Nothing has been trained yet, so look at the base model with farsight inspect and at the samples"
                : "Start a run with a lower learning rate, a longer warm-up or a smaller clip_norm";
        string reason = string.Create(
            CultureInfo.InvariantCulture,
            $"the {what} of step {step} is {value}{samples.Described}, and nothing was updated with it; {kept}. {change}.");
        Watch?.Diverged(step, reason);
        throw new DivergedException($"Training diverged: {reason}");
    }
}
