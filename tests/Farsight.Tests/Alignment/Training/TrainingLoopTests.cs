using Farsight.Alignment.Runs;
using Farsight.Alignment.Training;
using Farsight.Engine;
using Farsight.Engine.Models;
using Farsight.Engine.Numerics;
using Farsight.Engine.Optimizers;

namespace Farsight.Tests.Alignment.Training;

public sealed class TrainingLoopTests : IDisposable
{
    const int Steps = 30;

    readonly string _root = Directory.CreateTempSubdirectory("farsight-loop-").FullName;

    [Fact]
    public void Learns()
    {
        Train("run", new TableModel(7), new Counting());

        IReadOnlyList<MetricsLine> lines = Metrics("run");
        Assert.Equal(Enumerable.Range(0, Steps + 1), lines.Select(l => l.Step));
        Assert.True(lines[^1].Values["loss"] < 0.2 * lines[1].Values["loss"], $"{lines[1].Values["loss"]} → {lines[^1].Values["loss"]}");
        Assert.True(lines[^1].HeldOut!["loss"] < 0.2 * lines[0].HeldOut!["loss"]);
        Assert.Equal([0, 8, 16, 24, 30], lines.Where(l => l.HeldOut is not null).Select(l => l.Step));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(10)]  // just after a checkpoint
    [InlineData(17)]
    [InlineData(29)]
    public void Stopped_and_resumed_has_the_bits_of_never_stopped(int stopAt)
    {
        TableModel straight = new(7), resumed = new(7);
        Train("straight", straight, new Counting());

        Assert.Throws<OperationCanceledException>(() =>
            Train("resumed", StoppingAt(stopAt, out CancellationToken cancel), new Counting(), cancel: cancel));
        Assert.Equal(stopAt, Metrics("resumed")[^1].Step);
        Train("resumed", resumed, new Counting());

        Assert.Equal(straight.Parameters[0].Value.Span, resumed.Parameters[0].Value.Span);
        Assert.Equal(File.ReadAllBytes(In("straight", "metrics.jsonl")), File.ReadAllBytes(In("resumed", "metrics.jsonl")));
        foreach (
            string file in Directory
                .EnumerateFiles(In("straight", "checkpoints"), "*", SearchOption.AllDirectories)
                .Where(f => f.Contains("000030")))
        {
            Assert.Equal(File.ReadAllBytes(file), File.ReadAllBytes(In("resumed", Path.GetRelativePath(In("straight", ""), file))));
        }
    }

    [Fact]
    public void A_requested_stop_finishes_the_step_saves_and_can_be_resumed()
    {
        TableModel straight = new(7), stopped = new(7), resumed = new(7);
        Train("straight", straight, new Counting());
        stopped.OnForward = () =>
        {
            if (stopped.Passes == 2 * 5)
            {
                RunDirectory.RequestStop(Path.Combine(_root, "resumed"));
            }
        };

        Assert.Throws<OperationCanceledException>(() => Train("resumed", stopped, new Counting()));
        Assert.Equal(5, Metrics("resumed")[^1].Step);
        Train("resumed", resumed, new Counting());

        Assert.Equal(straight.Parameters[0].Value.Span, resumed.Parameters[0].Value.Span);
    }

    [Fact]
    public void A_run_that_no_process_holds_cannot_be_asked_to_stop()
    {
        Train("run", new(7), new Counting());

        Assert.Throws<Farsight.Engine.InputException>(() => RunDirectory.RequestStop(Path.Combine(_root, "run")));
        Assert.False(File.Exists(In("run", "stop.request")));
    }

    [Fact]
    public void A_kill_loses_the_work_since_the_last_checkpoint_and_nothing_else()
    {
        TableModel straight = new(7), resumed = new(7), killed = new(7);
        Train("straight", straight, new Counting());

        killed.OnForward = () =>
        {
            if (killed.Passes == 2 * 14) // in the middle of step 14
            {
                throw new InvalidOperationException("killed");
            }
        };
        Assert.Throws<InvalidOperationException>(() => Train("killed", killed, new Counting()));
        File.AppendAllText(In("killed", "metrics.jsonl"), "{\"step\":14,\"lo");
        File.AppendAllText(In("killed", "timing.jsonl"), "{\"step\":14,\"se");
        string unfinished = Directory.CreateDirectory(In("killed", "checkpoints/step-000014.tmp")).FullName;
        File.WriteAllText(Path.Combine(unfinished, "parameters.safetensors"), "half");
        Train("killed", resumed, new Counting());

        Assert.Equal(straight.Parameters[0].Value.Span, resumed.Parameters[0].Value.Span);
        Assert.Equal(File.ReadAllBytes(In("straight", "metrics.jsonl")), File.ReadAllBytes(In("killed", "metrics.jsonl")));
        Assert.False(Directory.Exists(unfinished));
        Assert.All(File.ReadAllLines(In("killed", "timing.jsonl")), line => Assert.EndsWith("}", line, StringComparison.Ordinal));
    }

    [Fact]
    public void The_last_two_checkpoints_are_kept()
    {
        Train("run", new TableModel(7), new Counting());

        Assert.Equal(["step-000020", "step-000030"], Directory.GetDirectories(In("run", "checkpoints")).Select(Path.GetFileName).Order());
    }

    [Fact]
    public void Micro_steps_add_up()
    {
        TableModel together = new(7), apart = new(7);
        Train("together", together, new Counting(microSteps: 1));
        Train("apart", apart, new Counting(microSteps: 4));

        // The same sums in another order; 30 updates of rounding.
        Near.Each([.. together.Parameters[0].Value.Span.ToArray().Select(v => (double)v)], apart.Parameters[0].Value.Span, 1e-4, 1e-5);
        Assert.Equal(Metrics("together")[^1].Values["loss"], Metrics("apart")[^1].Values["loss"], 1e-5);
    }

    [Theory]
    [InlineData(double.NaN)]
    [InlineData(double.PositiveInfinity)]
    public void A_loss_that_is_not_finite_stops_the_run_and_keeps_the_checkpoint(double loss)
    {
        Counting work = new() { LossAt = (step, value) => step == 12 ? loss : value };

        var e = Assert.ThrowsAny<InputException>(() => Train("run", new TableModel(7), work));

        Assert.Contains("the loss of step 12", e.Message, StringComparison.Ordinal);
        Assert.Contains("checkpoint of step 10", e.Message, StringComparison.Ordinal);
        Assert.Contains("with the samples sequences 0, 1, sequences 2, 3; no parameter was updated", e.Message, StringComparison.Ordinal);
        Assert.Contains("a lower learning rate", e.Message, StringComparison.Ordinal);
        Assert.True(Directory.Exists(In("run", "checkpoints/step-000010")));
    }

    [Fact]
    public void A_gradient_that_is_not_finite_stops_the_run()
    {
        Counting work = new() { GradientOf = (step, _) => step == 3 ? float.NaN : 1 };

        var e = Assert.ThrowsAny<InputException>(() => Train("run", new TableModel(7), work));

        Assert.Contains("the gradient of step 3", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Where_one_pass_alone_is_not_finite_its_samples_are_named()
    {
        Counting work = new() { GradientOf = (step, first) => step == 3 && first == 2 ? float.NaN : 1 };

        var e = Assert.ThrowsAny<InputException>(() => Train("run", new TableModel(7), work));

        Assert.Contains("(in the log-probabilities of sequences 2, 3)", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Before_anything_was_trained_the_model_and_the_samples_are_suspected()
    {
        Counting work = new() { LossAt = (_, _) => double.NaN };

        var e = Assert.ThrowsAny<InputException>(() => Train("run", new TableModel(7), work));

        Assert.Contains("the loss of step 1 is NaN", e.Message, StringComparison.Ordinal);
        Assert.Contains("farsight inspect", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_checkpoint_of_another_model_is_refused()
    {
        Assert.Throws<OperationCanceledException>(() =>
            Train("run", StoppingAt(5, out CancellationToken cancel), new Counting(), cancel: cancel));

        var e = Assert.ThrowsAny<InputException>(() => Train("run", new TableModel(8), new Counting()));

        Assert.Contains("table.weight [8, 8]", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Progress_tells_steps_tokens_and_metrics()
    {
        List<TrainingProgress> seen = [];
        Train("run", new TableModel(7), new Counting(), progress: new Immediate(seen.Add));

        Assert.Equal(Steps + 1, seen.Count);
        Assert.Equal(Steps * 4 * 5, seen[^1].Tokens);
        Assert.True(seen[^1].Line.Values.ContainsKey("gradient_norm"));
    }

    public void Dispose() => Directory.Delete(_root, recursive: true);

    void Train(
        string name,
        TableModel model,
        ITrainingWork work,
        IProgress<TrainingProgress>? progress = null,
        CancellationToken cancel = default)
    {
        using RunDirectory run = RunDirectory.Open(
            Path.Combine(_root, name), "{}", RunManifest.OfThisProcess("train", 1, new Dictionary<string, string>()), resume: true);
        TrainingOptions options = new(
            Steps, EvalEvery: 8, CheckpointEvery: 10,
            new(0.3, 0.3, 0.9, 0.95, 1e-8, WeightDecay: 0, ClipNorm: 1), new LearningRateSchedule.Cosine(3, 0.1));
        using TrainingLoop loop = new(model, work, options, run);
        loop.Run(progress, cancel);
    }

    static TableModel StoppingAt(int step, out CancellationToken cancel)
    {
        CancellationTokenSource source = new();
        TableModel model = new(7);
        model.OnForward = () =>
        {
            if (model.Passes == 2 * step)
            {
                source.Cancel();
            }
        };
        cancel = source.Token;
        return model;
    }

    IReadOnlyList<MetricsLine> Metrics(string name) => MetricsLog.Read(In(name, "metrics.jsonl"));

    string In(string run, string path) => Path.Combine(_root, run, path);

    sealed class Immediate(Action<TrainingProgress> report) : IProgress<TrainingProgress>
    {
        public void Report(TrainingProgress value) => report(value);
    }

    /// <summary>Teaches that n is followed by n + 1, beginning at a number drawn for each step and sequence.</summary>
    sealed class Counting(int microSteps = 2) : ITrainingWork
    {
        const int Length = 5, Sequences = 4;

        internal Func<int, double, double> LossAt { get; init; } = (_, value) => value;

        internal Func<int, int, float> GradientOf { get; init; } = (_, _) => 1;

        public IEnumerable<MicroStep> MicroSteps(int stepNumber) =>
            Enumerable
                .Range(0, Sequences)
                .Chunk(Sequences / microSteps)
                .Select(some => Work(stepNumber, some) with { Samples = [$"sequences {string.Join(", ", some)}"] });

        public IEnumerable<MicroStep> HeldOut() => [Work(0, [0, 1, 2, 3])];

        MicroStep Work(int step, int[] sequences)
        {
            TokenTreeBuilder builder = new();
            foreach (int sequence in sequences)
            {
                int first = SeededRandom.For(3, "counting", step * Sequences + sequence).Next(7);
                int[] tokens = [.. Enumerable.Range(first, Length).Select(n => n % 7)];
                builder.Add(TokenTreeBuilder.Root, tokens, [0, 1, 2, 3, 4], [false, true, true, true, true]);
            }
            return new(builder.Build(), (pass, dLogProbs, metrics) =>
            {
                float weight = 1f / (Sequences * (Length - 1));
                dLogProbs.Fill(-weight * GradientOf(step, sequences[0]));
                foreach (float logProb in pass.LogProbs)
                {
                    metrics.Add("loss", LossAt(step, -logProb));
                }
            });
        }
    }
}
