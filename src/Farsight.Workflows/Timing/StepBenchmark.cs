using System.Diagnostics;
using Farsight.Alignment.Data;
using Farsight.Alignment.Objectives;
using Farsight.Alignment.Training;
using Farsight.Engine;
using Farsight.Engine.Checkpoints;
using Farsight.Engine.Lora;
using Farsight.Engine.Machine;
using Farsight.Engine.Models;
using Farsight.Engine.Numerics;
using Farsight.Engine.Parameters;

namespace Farsight.Workflows.Timing;

/// <summary>Times whole training steps: forward, backward, clipping and optimizer, exactly as in training.</summary>
/// <remarks>
/// An adapter is trained and, unless the options say otherwise, the embeddings; an output head of its own stays frozen.
/// </remarks>
public static class StepBenchmark
{
    const int Seed = 0;

    /// <summary>Stands for all linear layers in <see cref="StepBenchmarkOptions.LoraTargets"/>.</summary>
    const string AllLinear = "all-linear";

    /// <summary>The default targets; each model has some of them.</summary>
    static readonly string[] s_attention = ["q_proj", "k_proj", "v_proj", "qkv_proj", "o_proj"];

    static readonly OptimizerOptions s_optimizer = new(1e-4, 1e-5, 0.9, 0.999, 1e-8, 0, 1);

    /// <summary>The objectives that need no reference, by their name in recipes, with the paper's settings.</summary>
    public static IReadOnlyDictionary<string, IPreferenceObjective> Objectives { get; } =
        new SortedDictionary<string, IPreferenceObjective>(StringComparer.Ordinal)
        {
            ["logo"] = new Logo(Beta: 10, Gamma: 3, SftWeight: 0.1),
            ["sft_partial"] = new SftPartial(),
            ["simpo"] = new SimPo(Beta: 10, Gamma: 3),
        };

    /// <summary>Makes or loads the model, takes the warm-up steps and times the others.</summary>
    /// <param name="options">What to time.</param>
    /// <param name="progress">Receives the number of finished steps, including warm-up.</param>
    /// <param name="cancel">Checked between steps.</param>
    /// <exception cref="InputException">The model is unsound or of another shape, it has no layers for an adapter target, or the shape
    /// has too few responses for the objective.</exception>
    public static StepBenchmarkResult Run(StepBenchmarkOptions options, IProgress<int>? progress, CancellationToken cancel)
    {
        IPreferenceObjective objective = Objectives[options.Objective];
        int responses = 1 + (objective.RejectedResponses ?? options.Shape.Responses.Count - 1);
        if (responses > options.Shape.Responses.Count || (responses == 1 && objective is Logo))
        {
            throw new InputException(
                $"{options.Objective} compares responses, and the shape has {options.Shape.Responses.Count}; list a length for the "
                    + "chosen one and for each rejected one."
            );
        }

        (TokenTree tree, int prompt, int[] leaves) = options.Shape.Tree(responses, options.Sharing, objective.ScoresPrompt);
        ModelConfig config = Config(options);
        LoraOptions lora = Adapter(options, config);
        Recomputation level = Level(options, config, lora, tree);
        using DecoderModel model = Open(options);
        model.Arithmetic = options.Arithmetic;
        model.AttachLora(lora, Seed);
        Sample sample = new(tree, new(prompt, leaves[0], leaves[1..]), objective, level, options.Attention);
        TrainingOptions training = new(
            options.Warmup + options.Steps,
            1,
            1,
            s_optimizer,
            new Engine.Optimizers.LearningRateSchedule.Constant(0));
        using ParameterUpdates updates = new(model.Parameters, training);

        MachinePeak before = PeakOf(options.Arithmetic);
        List<StepTime> times = [];
        double loss = 0;
        for (int step = 1; step <= training.Steps; step++)
        {
            cancel.ThrowIfCancellationRequested();
            StepTime time = Step(model, sample, updates, step, out loss);
            if (step > options.Warmup)
            {
                times.Add(time);
            }
            progress?.Report(step);
        }
        MachinePeak after = PeakOf(options.Arithmetic);
        TokenTree shared = options.Shape.Tree(responses, sharing: true, objective.ScoresPrompt).Tree;
        return new(
            options,
            lora,
            level,
            tree.Count,
            [.. times.OrderBy(t => t.Total)],
            loss,
            StepFlops.Of(config, shared, lora, options.Attention),
            before.AllCores > after.AllCores ? before : after,
            Processor.PeakMemory);
    }

    /// <summary>Measures the peak of an arithmetic, or that of F32 if the processor has no instruction for it.</summary>
    internal static MachinePeak PeakOf(Arithmetic arithmetic) => MachinePeak.Measure(arithmetic) ?? MachinePeak.Measure();

    /// <summary>The fastest level that fits into the memory; without a bound the one that computes nothing twice.</summary>
    static Recomputation Level(StepBenchmarkOptions options, ModelConfig config, LoraOptions lora, TokenTree tree)
    {
        if (options.Memory is not { } budget)
        {
            return Recomputation.None;
        }
        long weights = options is { Model: { } model, Weights: null }
            ? StoredBytes(model, config)
            : TrainingShape.ConvertedBytes(config, options.Weights ?? NumberFormat.F32);
        TrainingShape shape = new(config, weights, lora, tree.Tokens.Distinct().Count(), Muon: false);
        (Recomputation Level, long Bytes)[] levels =
            [.. Enum.GetValues<Recomputation>().Select(l => (l, MemoryPlan.Of(shape, TreeSize.Of(tree), l).Total))];
        int chosen = Array.FindIndex(levels, l => l.Bytes <= budget);
        return chosen >= 0
            ? levels[chosen].Level
            : throw new InputException(
                $"The step needs at least {levels[^1].Bytes >> 20} MiB and may use {budget >> 20} MiB; allow more memory, or use a "
                    + "shorter prompt or narrower weights."
            );
    }

    static long StoredBytes(string model, ModelConfig config)
    {
        using IModelFiles files = ModelFiles.Open(model);
        return ParameterShapes.Of(config).Sum(p => files.StoredBytes(p.Name));
    }

    static DecoderModel Open(StepBenchmarkOptions options)
    {
        if (options.Model is { } path)
        {
            return ModelLoader.Load(path, weights: options.Weights);
        }
        UniformWeights random = new(Seed);
        return new(
            options.Shape.Model,
            options.Weights is { } format and not NumberFormat.F32 ? new ConvertedWeights(random, format) : random);
    }

    /// <summary>Returns the shape of the model, which must be the one that the options say.</summary>
    static ModelConfig Config(StepBenchmarkOptions options)
    {
        StepShape s = options.Shape;
        if (options.Model is not { } path)
        {
            return s.Model;
        }
        ModelConfig c = ModelFiles.ReadConfig(path);
        (string Key, int Shape, int Model)[] extents =
        [
            ("hidden", s.Hidden, c.HiddenSize), ("layers", s.Layers, c.NumHiddenLayers), ("heads", s.Heads, c.NumAttentionHeads),
            ("kv_heads", s.KvHeads, c.NumKeyValueHeads), ("ffn", s.Ffn, c.IntermediateSize), ("vocab", s.Vocab, c.VocabSize),
        ];
        foreach ((string key, int shape, int actual) in extents.Where(e => e.Shape != e.Model))
        {
            throw new InputException($"{path}: the model's {key} is {actual}, and the shape says {shape}; use a shape of this model.");
        }
        return c;
    }

    static LoraOptions Adapter(StepBenchmarkOptions options, ModelConfig config)
    {
        IReadOnlyList<string> existing = LinearShape.TargetsOf(config);
        IReadOnlyList<string> targets = options.LoraTargets switch
        {
            null => [.. s_attention.Intersect(existing)],
            [AllLinear] => existing,
            { } names => [.. names.Distinct()],
        };
        return targets.Except(existing).FirstOrDefault() is { } unknown
            ? throw new InputException(
                $"The model has no layers for the adapter target '{unknown}'; use {AllLinear} or some of {string.Join(", ", existing)}.")
            : new(options.LoraRank, Alpha: 16, targets, options.TrainEmbeddings, TrainNorms: false);
    }

    static StepTime Step(DecoderModel model, Sample sample, ParameterUpdates updates, int step, out double loss)
    {
        long start = Stopwatch.GetTimestamp();
        foreach (Parameter parameter in model.Parameters)
        {
            parameter.Gradient.Clear();
        }
        using TreePass pass = model.Forward(sample.Tree, sample.Level, sample.Attention);
        float[] dLogProbs = sample.Loss(pass.LogProbs, out loss);
        long forward = Stopwatch.GetTimestamp();
        pass.Backward(dLogProbs);
        long backward = Stopwatch.GetTimestamp();
        updates.ClipGradients();
        updates.Apply(step);
        long end = Stopwatch.GetTimestamp();
        return new(
            Stopwatch.GetElapsedTime(start, forward).TotalSeconds, Stopwatch.GetElapsedTime(forward, backward).TotalSeconds,
            Stopwatch.GetElapsedTime(backward, end).TotalSeconds);
    }

    /// <summary>Represents a tree with the place of its responses, and the settings of its run.</summary>
    sealed record Sample(
        TokenTree Tree,
        SampleNodes Nodes,
        IPreferenceObjective Objective,
        Recomputation Level,
        AttentionPattern? Attention)
    {
        internal float[] Loss(float[] logProbs, out double loss)
        {
            ObjectiveValue value = Objective.Evaluate(PreferenceBridge.Read(Tree, Nodes, logProbs));
            float[] dLogProbs = new float[logProbs.Length];
            PreferenceBridge.Spread(Tree, Nodes, value, 1, dLogProbs);
            loss = value.Loss;
            return dLogProbs;
        }
    }
}

/// <summary>Represents the settings of a timing.</summary>
/// <param name="Shape">Shape of the model and the sample.</param>
/// <param name="Objective">A key of <see cref="StepBenchmark.Objectives"/>.</param>
/// <param name="Sharing">The prompt is computed once; false computes it for each response.</param>
/// <param name="Warmup">Steps that are taken before the clock runs; ≥ 0.</param>
/// <param name="Steps">Steps that are timed; ≥ 1.</param>
/// <param name="Model">Model directory or GGUF file of the same shape, to map; null for random weights.</param>
public sealed record StepBenchmarkOptions(StepShape Shape, string Objective, bool Sharing, int Warmup, int Steps, string? Model)
{
    /// <summary>Rank of the adapter; ≥ 1.</summary>
    public int LoraRank { get; init; } = 32;

    /// <summary>Names of the adapted layers, or only "all-linear" for all but the output head; null for those of the attention.</summary>
    public IReadOnlyList<string>? LoraTargets { get; init; }

    /// <summary>Whether the embeddings are trained.</summary>
    public bool TrainEmbeddings { get; init; } = true;

    /// <summary>
    /// What matrices are converted to, in memory; null leaves random ones in F32 and those of a model as they are stored.
    /// </summary>
    public NumberFormat? Weights { get; init; }

    /// <summary>How products are computed. Default: F32.</summary>
    public Arithmetic Arithmetic { get; init; }

    /// <summary>Keys that each head attends to; null for all.</summary>
    public AttentionPattern? Attention { get; init; }

    /// <summary>Bytes that the process may take; null for no bound.</summary>
    public long? Memory { get; init; }
}

/// <summary>Seconds of one step by phase.</summary>
/// <param name="Forward">Gradients cleared, log-probabilities, loss.</param>
/// <param name="Backward">All gradients.</param>
/// <param name="Update">Clipping and optimizer.</param>
public readonly record struct StepTime(double Forward, double Backward, double Update)
{
    /// <summary>Seconds of the step.</summary>
    public double Total => Forward + Backward + Update;
}

/// <summary>Represents the results of a step benchmark.</summary>
/// <param name="Options">Settings of the timing.</param>
/// <param name="Lora">The adapter that was trained.</param>
/// <param name="Level">Arrays that the passes kept.</param>
/// <param name="Tokens">T: rows that the tree has; without sharing each prompt counts.</param>
/// <param name="Times">Time of each timed step, the fastest first.</param>
/// <param name="Loss">Loss of the last step.</param>
/// <param name="Flops">Operations of a step over the shared tree, whether or not it was shared.</param>
/// <param name="Peak">The better of a measurement just before and one just after the steps.</param>
/// <param name="PeakMemory">Bytes, the most that the process held, mapped pages included.</param>
public sealed record StepBenchmarkResult(
    StepBenchmarkOptions Options,
    LoraOptions Lora,
    Recomputation Level,
    int Tokens,
    IReadOnlyList<StepTime> Times,
    double Loss,
    StepFlops Flops,
    MachinePeak Peak,
    long PeakMemory)
{
    /// <summary>Seconds of the fastest step.</summary>
    public double SecondsMin => Times[0].Total;

    /// <summary>Seconds of the step in the middle.</summary>
    public double SecondsMedian => Times[Times.Count / 2].Total;

    /// <summary>Operations per second of the fastest step, as a share of the peak of the threads in use.</summary>
    public double ShareOfPeak => Flops.Total / SecondsMin / Peak.AllCores;
}
