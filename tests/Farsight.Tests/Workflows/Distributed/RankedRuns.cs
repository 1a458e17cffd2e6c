using System.Text;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Farsight.Alignment.Data;
using Farsight.Alignment.Recipes;
using Farsight.Alignment.Training;
using Farsight.Engine.Communication;
using Farsight.Workflows.Train;

namespace Farsight.Tests.Workflows.Distributed;

/// <summary>Trains by ranks that are threads, and compares the files of two runs.</summary>
public abstract partial class RankedRuns : IDisposable
{
    protected const string SampleByTree = "micro_batch_tokens=1";

    protected const string Opsdl = """objective={"name":"opsdl","sampling":{"max_new_tokens":6,"responses":2}}""";
    protected const string Grpo = """objective={"name":"grpo","sampling":{"max_new_tokens":6,"responses":2,"every":3},"kl_weight":0.1}""";
    protected const string Distill = """objective={"name":"distill","top_k":4,"context":"short"}""";
    protected const string LiveDistill = """objective={"name":"distill","top_k":4,"context":"short","live":true}""";

    /// <summary>Settings of the recipe by name; batches of 3 and 5 samples, one tree per sample unless stated otherwise.</summary>
    private protected static readonly Dictionary<string, string[]> Settings = new()
    {
        ["logo"] = [SampleByTree],
        ["logo, several samples per tree"] = ["batch_size=5"],
        ["logo, batch of 5"] = [SampleByTree, "batch_size=5"],
        ["dpo with reference"] = [SampleByTree, """objective={"name":"dpo","beta":0.5}"""],
        ["longpo"] = [SampleByTree, """objective={"name":"longpo","beta":0.5,"preference_weight":0.5}"""],
        ["language modelling"] = [SampleByTree, """objective={"name":"lm"}"""],
        ["kto"] = [SampleByTree, """objective={"name":"kto","beta":0.5}"""],
        ["solopo with both references"] =
            [SampleByTree, """objective={"name":"solopo","preference":{"name":"dpo","beta":0.5},"alignment_weight":1}"""],
        ["adapter only, rmsprop"] =
            [SampleByTree, "lora.train_embeddings=false", "lora.train_norms=false", "optimizer.rmsprop=true", "optimizer.beta1=0"],
        ["every weight"] = [SampleByTree, "lora=null"],
        ["more ranks than samples"] = [SampleByTree, "batch_size=2"],
    };

    private protected TrainingFiles Files { get; } = new();

    private protected double[] Losses(string run) =>
    [
        .. File.ReadLines(Files.In($"{run}/metrics.jsonl"))
            .Select(l => JsonNode.Parse(l)!["loss"])
            .OfType<JsonNode>()
            .Select(l => (double)l),
    ];

    public void Dispose()
    {
        Files.Dispose();
        GC.SuppressFinalize(this);
    }

    private protected void Train(
        string run, int size, string[] settings, TrainingFiles? files = null, (CancellationTokenSource Source, int Step)? stop = null,
        int context = 1) =>
        ThreadRanks.Run(size, ranks => Start(
            ranks, run, settings, files ?? Files,
            stop is { } at && ranks.IsFirst ? new Stopping(at.Source, at.Step) : null,
            context,
            cancel: stop?.Source.Token ?? CancellationToken.None));

    private protected static string Start(
        Communicator ranks, string run, string[] settings, TrainingFiles files, IProgress<TrainingProgress>? progress = null,
        int context = 1, string? folder = null, CancellationToken cancel = default) =>
        TrainRun.Start(
            new(Recipe(settings, files), files.RecipePath, files.In(run), Resume: true)
            {
                Ranks = ranks,
                ContextParallel = context,
                Folder = folder,
            },
            _ => { }, progress, cancel);

    /// <summary>Gives every sample a known answer; null for the last word of its chosen response.</summary>
    private protected void GiveFacts(string? answer) => Write(PreferenceDataset.Read(Files.In("data.jsonl")).Samples.Select(
        s => s with { Provenance = s.Provenance with { Fact = new(s.Chosen, answer ?? s.Chosen.Split(' ')[^1], 0) } }));

    private protected void Write(IEnumerable<PreferenceSample> samples) =>
        File.WriteAllLines(Files.In("data.jsonl"), [.. samples.Select(s => PreferenceLine.Format(s))]);

    private protected static TrainRecipe Recipe(string[] settings, TrainingFiles files) =>
        RecipeFile.Read<TrainRecipe>(files.RecipePath, settings);

    private protected void AssertSameFiles(string expected, string actual, TrainingFiles? files = null, int last = 12)
    {
        // These depend on the clock or on the number of threads, which other tests set, or name the run.
        string[] free = ["timing.jsonl", "run.lock", "notices.txt", "plan.json"];
        string[] Names(string run) =>
        [
            .. Directory
                .GetFiles((files ?? Files).In(run), "*", SearchOption.AllDirectories)
                .Select(f => Path.GetRelativePath((files ?? Files).In(run), f))
                .Where(f => !free.Contains(f) && !f.StartsWith("checkpoints", StringComparison.Ordinal))
                .Order(StringComparer.Ordinal),
        ];
        string newest = $"checkpoints/step-{last:D6}/";
        string[] checkpoint = ["parameters.safetensors", "optimizer.safetensors", "state.json"];
        Assert.Equal(Names(expected), Names(actual));
        Assert.All(
            Names(expected).Concat(checkpoint.Select(c => newest + c)),
            name => Assert.Equal(Content($"{expected}/{name}"), Content($"{actual}/{name}")));

        // The number of threads, which other tests set, is also in the manifest.
        byte[] Content(string path)
        {
            byte[] bytes = File.ReadAllBytes((files ?? Files).In(path));
            return path.EndsWith("manifest.json", StringComparison.Ordinal)
                ? Encoding.UTF8.GetBytes(Threads().Replace(Encoding.UTF8.GetString(bytes), "", 1))
                : bytes;
        }
    }

    [GeneratedRegex("\"threads\": [0-9]+")]
    private static partial Regex Threads();

    private protected sealed class Stopping(CancellationTokenSource source, int step) : IProgress<TrainingProgress>
    {
        public void Report(TrainingProgress value)
        {
            if (value.Line.Step == step)
            {
                source.Cancel();
            }
        }
    }

    private protected sealed class Counting(Action<long> tokens) : IProgress<TrainingProgress>
    {
        public void Report(TrainingProgress value) => tokens(value.Tokens);
    }
}
