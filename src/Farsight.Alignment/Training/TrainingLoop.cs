using System.Diagnostics;
using System.Globalization;
using Farsight.Alignment.Runs;
using Farsight.Engine;
using Farsight.Engine.Communication;
using Farsight.Engine.Optimizers;
using Farsight.Engine.Parameters;

namespace Farsight.Alignment.Training;

/// <summary>Micro-steps, gradients, clip, update; metrics, evaluations and checkpoints on the way.</summary>
/// <remarks>
/// A checkpoint contains parameters, optimizer state, the step and the length of metrics.jsonl. Random values depend on the seed
/// and the step only, so a resumed run has the bits of an uninterrupted one. Several ranks divide the micro-steps and get the bits of one
/// process; rank 0 alone has the run directory, watches and reports.
/// </remarks>
public sealed class TrainingLoop : IDisposable
{
    readonly ITrainable _model;
    readonly ITrainingWork _work;
    readonly TrainingOptions _options;
    readonly RunDirectory? _run;
    readonly Communicator _ranks;
    readonly RankedPasses _passes;
    readonly ParameterUpdates _updates;
    readonly Stopwatch _clock = new();
    long _tokens;

    /// <summary>Creates a loop without reading or writing anything.</summary>
    /// <param name="model">The model before the first step, also for a resumed run.</param>
    /// <param name="work">The training work.</param>
    /// <param name="options">Steps, optimizer, schedule.</param>
    /// <param name="run">Folder of metrics and checkpoints; null on every rank but 0.</param>
    /// <param name="ranks">Processes that divide the micro-steps and their rows; null for this one alone.</param>
    public TrainingLoop(ITrainable model, ITrainingWork work, TrainingOptions options, RunDirectory? run, RankGrid? ranks = null)
    {
        ranks ??= new(SingleProcess.Instance);
        _ranks = ranks.All;
        if (run is null == _ranks.IsFirst)
        {
            throw new ArgumentException("Rank 0 needs the run directory, and the other ranks must not have it.", nameof(run));
        }
        (_model, _work, _options, _run) = (model, work, options, run);
        _passes = new(model, ranks);
        _updates = new(model.Parameters, options);
    }

    /// <summary>Watches every step; null for none.</summary>
    public ITrainingWatch? Watch { get; init; }

    /// <summary>Receives the samples of steps and measurements as they are computed; null for none.</summary>
    public Action<TrainingPart>? Parts { get; init; }

    /// <summary>Trains from the newest checkpoint, or from the start, to the last step.</summary>
    /// <exception cref="OperationCanceledException">Cancelled, or stopped by <see cref="RunDirectory.RequestStop"/>; the step was
    /// finished and a checkpoint saved.</exception>
    /// <exception cref="DivergedException">The loss or a gradient is not finite.</exception>
    /// <exception cref="TrainingStoppedException">The watch stopped the run; a checkpoint was saved.</exception>
    /// <exception cref="InputException">A checkpoint is damaged.</exception>
    /// <exception cref="IOException">The disk is full; the last checkpoint is complete.</exception>
    public void Run(IProgress<TrainingProgress>? progress, CancellationToken cancel)
    {
        using MetricsLog? metrics = _run is null ? null : new(_run.Metrics);
        using TimingLog? timing = _run is null ? null : new(_run.Timing);
        int done = Restore(metrics);
        Watch?.Begin(done);
        if (done == 0)
        {
            if (_ranks.Any(cancel.IsCancellationRequested))
            {
                throw new OperationCanceledException(cancel);
            }
            Report(Line(0, [], HeldOut(0)), metrics, progress);
        }
        for (int step = done + 1; step <= _options.Steps; step++)
        {
            TimeSpan before = _clock.Elapsed;
            long tokensBefore = _tokens, sentBefore = _ranks.SentBytes;
            _clock.Start();
            OrderedDictionary<string, double> values = Step(step);
            _clock.Stop();
            long? sent = _ranks.Size == 1 ? null : _ranks.AllGather<long>([_ranks.SentBytes - sentBefore]).Max();
            timing?.Append(step, _clock.Elapsed - before, _tokens - tokensBefore, sent);
            string? alarm = Report(Line(step, values, IsDue(step, _options.EvalEvery) ? HeldOut(step) : null), metrics, progress);

            alarm = _ranks.Broadcast(alarm);
            bool isRequested = cancel.IsCancellationRequested || _run?.TakeStopRequest() == true;
            bool stop = (_ranks.Any(isRequested) || alarm is not null) && step < _options.Steps;
            if (_run is not null && metrics is not null && (stop || IsDue(step, _options.CheckpointEvery)))
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

    /// <summary>Returns the number of steps done; metrics written after that are forgotten.</summary>
    int Restore(MetricsLog? metrics)
    {
        Span<int> done = [0];
        if (_run?.Checkpoints.Newest is { } newest)
        {
            metrics?.Truncate(TrainingCheckpoint.Read(newest.Path, newest.Step, _model.Parameters, _updates));
            done[0] = newest.Step;
        }
        else
        {
            metrics?.Truncate(0);
        }
        _ranks.Broadcast(done, 0);
        if (done[0] > 0 && _ranks.Size > 1)
        {
            TrainingCheckpoint.Share(_ranks, done[0], _model.Parameters, _updates);
        }
        foreach (MetricsLine line in done[0] > 0 ? MetricsLog.Read(_run?.Metrics, _ranks) : [])
        {
            _work.Observe(line);
        }
        return done[0];
    }

    OrderedDictionary<string, double> Step(int step)
    {
        foreach (Parameter parameter in _model.Parameters)
        {
            parameter.Gradient.Clear();
        }
        IReadOnlyList<IReadOnlyList<long>> loadBefore = _model.ExpertLoad;
        MetricSums sums = new();
        StepSamples samples = new();
        PassCount? count = CountOf(TrainingPartKind.Step, step - 1);
        count?.Begin([]); // the work may sample responses first
        _tokens += _passes.Train(_work.MicroSteps(step), sums, samples, count);
        OrderedDictionary<string, double> values = sums.Means();
        RequireFinite(step, "loss", values["loss"], samples);

        double norm = _updates.ClipGradients();
        RequireFinite(step, "gradient", norm, samples);
        _updates.Apply(step);
        values["gradient_norm"] = norm;
        values["learning_rate"] = _options.Optimizer.LearningRate * _updates.Factor(step);
        foreach ((string name, double value) in _work.Values(step))
        {
            values[name] = value;
        }
        if (Imbalance(OverRanks(loadBefore), OverRanks(_model.ExpertLoad)) is { } imbalance)
        {
            values["expert_imbalance"] = imbalance;
        }
        return values;
    }

    /// <summary>Computes the tokens of the busiest expert over the mean of its layer, averaged over layers; null without experts.</summary>
    /// <param name="before">[L][E] tokens that chose each expert until then.</param>
    /// <param name="after">The same after the step.</param>
    internal static double? Imbalance(IReadOnlyList<IReadOnlyList<long>> before, IReadOnlyList<IReadOnlyList<long>> after)
    {
        long[][] loads =
        [
            .. after.Select((layer, l) => layer.Select((tokens, e) => tokens - before[l][e]).ToArray()).Where(l => l.Sum() > 0),
        ];
        return loads.Length == 0 ? null : loads.Average(l => l.Max() / l.Average());
    }

    /// <summary>Sums the tokens of each expert over the ranks: [L][E].</summary>
    IReadOnlyList<IReadOnlyList<long>> OverRanks(IReadOnlyList<IReadOnlyList<long>> load) =>
        _ranks.Size == 1 ? load : [.. load.Select(layer => _ranks.Sum((long[])[.. layer]))];

    MetricSums? HeldOut(int step) => _passes.Measure(_work.HeldOut(), CountOf(TrainingPartKind.HeldOut, step));

    PassCount? CountOf(TrainingPartKind kind, int done) =>
        Parts is null ? null : new(kind, done, _options.Steps, Parts);

    static MetricsLine Line(int step, OrderedDictionary<string, double> values, MetricSums? heldOut) =>
        new(
            step,
            values,
            heldOut?.Measured(),
            heldOut is { Margins.Count: > 0 } ? heldOut.Margins : null,
            heldOut is { PreferenceShares.Count: > 0 } ? heldOut.PreferenceShares : null);

    /// <summary>Reports a step, and returns the watch's reason to stop.</summary>
    string? Report(MetricsLine line, MetricsLog? metrics, IProgress<TrainingProgress>? progress)
    {
        metrics?.Append(line);
        _work.Observe(line);
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
        string kept = _run?.Checkpoints.Newest is { } newest
            ? $"the checkpoint of step {newest.Step} is complete"
            : "there is no checkpoint yet";
        string change =
            step == 1
                ? "Nothing has been trained yet, so check the base model with farsight inspect, and check the samples"
                : "Start a run with a lower learning rate, a longer warm-up or a smaller clip_norm";
        string reason = string.Create(
            CultureInfo.InvariantCulture,
            $"the {what} of step {step} is {value}{samples.Described}; no parameter was updated with it, and {kept}. {change}.");
        Watch?.Diverged(step, reason);
        throw new DivergedException($"Training diverged: {reason}");
    }
}

/// <summary>Represents the length of a training and the intervals of evaluations and checkpoints.</summary>
/// <param name="Steps">Optimizer steps of the whole run.</param>
/// <param name="EvalEvery">Steps between evaluations on held-out work; there is also one before
/// the first step and one after the last.</param>
/// <param name="CheckpointEvery">Steps between checkpoints; there is also one after the last.</param>
/// <param name="Optimizer">Optimizer.</param>
/// <param name="Schedule">Learning-rate schedule.</param>
public sealed record TrainingOptions(
    int Steps,
    int EvalEvery,
    int CheckpointEvery,
    OptimizerOptions Optimizer,
    LearningRateSchedule Schedule);

/// <summary>Represents the progress of a loop.</summary>
/// <param name="Steps">Steps of the whole run.</param>
/// <param name="Tokens">Rows computed forward and backward by all ranks since the process started.</param>
/// <param name="Seconds">Time for these rows, without evaluations.</param>
/// <param name="Line">Metrics of the last step.</param>
public sealed record TrainingProgress(int Steps, long Tokens, double Seconds, MetricsLine Line)
{
    /// <summary>0 before the first step.</summary>
    public double TokensPerSecond => Seconds > 0 ? Tokens / Seconds : 0;
}

/// <summary>Reports that a run diverged; a repeated run ends the same way.</summary>
/// <param name="message">What happened at which step, and what to change.</param>
public sealed class DivergedException(string message) : InputException(message);

/// <summary>Reports that a watch stopped a run; the step's checkpoint is saved.</summary>
/// <param name="message">Why.</param>
public sealed class TrainingStoppedException(string message) : Exception(message);
