using System.Text.Json.Nodes;
using Farsight.Alignment.Recipes;
using Farsight.Alignment.Training;
using Farsight.Engine;
using Farsight.Engine.Checkpoints;
using Farsight.Engine.Models;
using Farsight.Workflows.Pretrain;
using Farsight.Workflows.Train;

namespace Farsight.Tests.Workflows.Pretrain;

[Collection(NativeMemory.Collection)]
public sealed class ContinuedPretrainRunTests : IDisposable
{
    const string Text = """
        {
          "domains": [
            { "documents": "long", "share": 3, "length": 200, "min_tokens": 200 },
            { "documents": "short", "share": 1, "length": 40 }
          ],
          "optimizer": {
            "learning_rate": 1e-3, "beta1": 0.9, "beta2": 0.95, "epsilon": 1e-8, "weight_decay": 0, "clip_norm": 1
          },
          "steps": 4, "tokens_per_step": 400, "micro_batch_tokens": 256, "held_out": 1, "eval_every": 2, "checkpoint_every": 1
        }
        """;

    static readonly string s_tiny = Path.Combine(Repository.Root, "models/tiny");

    readonly TemporaryFolder _folder = new();

    public ContinuedPretrainRunTests()
    {
        foreach (string name in new[] { "long", "short" })
        {
            Directory.CreateDirectory(_folder[name]);
        }
        for (int i = 0; i < 3; i++)
        {
            string text = string.Concat(Enumerable.Range(0, 60).Select(k => $"Ship {k * (i + 7)} passed the lamp. "));
            File.WriteAllText(_folder[$"long/{i}.txt"], text);
            File.WriteAllText(_folder[$"short/{i}.txt"], $"The keeper wrote {i} letters to his sister in the village.");
        }
    }

    [Fact]
    public void Continues_with_every_weight_under_another_base_and_learns()
    {
        List<double> losses = [];

        string made = Start("run", new Watch(p => losses.Add(p.Line.Values.GetValueOrDefault("loss"))), "rope=theta:1000000");

        Assert.Equal(_folder["run/model"], made);
        Assert.True(losses[^1] < losses.First(l => l > 0), string.Join(", ", losses));
        using DecoderModel model = ModelLoader.Load(made);
        Assert.Equal(1_000_000, model.Config.RopeScaling.Theta(model.Config.HeadDim, model.Config.RopeTheta), 1e-6);
        Assert.True(File.Exists(Path.Combine(made, "tokenizer.json")));
    }

    [Fact]
    public void A_window_below_the_longest_sequence_grows_to_it_and_an_adapter_names_its_base()
    {
        string made = Start(
            "run", null, "domains=[{\"documents\":\"long\",\"share\":1,\"length\":700}]", "tokens_per_step=700", "steps=1", "held_out=0",
            """lora={"rank":2,"alpha":4,"targets":["q_proj"]}""");

        Assert.Equal(_folder["run/adapter"], made);
        JsonNode adapter = JsonNode.Parse(File.ReadAllText(Path.Combine(made, "adapter_config.json")))!;
        Assert.Equal(2, (int)adapter["r"]!);
        Assert.EndsWith("tiny", ((string)adapter["base_model_name_or_path"]!).TrimEnd('/'), StringComparison.Ordinal);
    }

    [Fact]
    public void Stopped_and_resumed_is_never_stopped()
    {
        Start("whole", null);
        using CancellationTokenSource stop = new();
        Assert.Throws<OperationCanceledException>(() => ContinuedPretrainRun.Start(
            Request("halves", resume: false),
            new Watch(p =>
            {
                if (p.Line.Step == 2)
                {
                    stop.Cancel();
                }
            }),
            stop.Token));

        ContinuedPretrainRun.Start(Request("halves", resume: true), null, CancellationToken.None);

        foreach (string file in new[] { "model/model.safetensors", "metrics.jsonl" })
        {
            Assert.Equal(File.ReadAllBytes(_folder[$"whole/{file}"]), File.ReadAllBytes(_folder[$"halves/{file}"]));
        }
    }

    [Fact]
    public void Domains_have_their_shares_of_the_tokens_and_the_metrics_say_so()
    {
        Start(
            "run", null,
            """domains=[{"documents":"long","share":3,"length":20},{"documents":"short","share":1,"length":10}]""",
            "steps=12", "tokens_per_step=1000", "optimizer.learning_rate=1e-9", "held_out=0", "checkpoint_every=12");

        JsonNode[] lines = [.. File.ReadLines(_folder["run/metrics.jsonl"]).Select(l => JsonNode.Parse(l)!)];
        double longs = lines.Sum(l => ValueOf(l, "tokens/long")), shorts = lines.Sum(l => ValueOf(l, "tokens/short"));
        Assert.InRange(longs / (longs + shorts), 0.70, 0.80); // 3 of 4
    }

    [Theory]
    [InlineData("domains=[]", "domains: the mixture is empty")]
    [InlineData("domains=[{\"documents\":\"long\",\"share\":0,\"length\":9}]", "domains[0].share: 0 is not a share")]
    [InlineData("domains=[{\"documents\":\"long\",\"share\":1,\"length\":1}]", "domains[0].length: 1 is too small")]
    [InlineData("steps=0", "steps: 0 is too small")]
    [InlineData("rope=yarm:2", "rope: 'yarm:2' is unknown")]
    [InlineData("held_out=-1", "held_out: -1 is too small")]
    public void Names_the_key_that_is_wrong(string change, string named) => Assert.Contains(
        named, Assert.Throws<RecipeException>(() => Recipe(change)).Message, StringComparison.Ordinal);

    [Fact]
    public void A_run_stays_within_its_plan_at_every_level_and_writes_the_same_bits()
    {
        string[] set = ["steps=2", "held_out=0", "checkpoint_every=2"];
        TrainPlan plan = ContinuedPretrainPlan.Of(Request("planned", resume: false, set), 1e9, null);
        Start("first", null, set); // kernels keep their buffers for later calls

        foreach (LevelPlan level in plan.Levels.Where(l => l.Level != Recomputation.RoundedLayer))
        {
            long peak = NativeMemory.PeakOf(() => ContinuedPretrainRun.Start(
                Request($"{level.Level}", resume: false, set) with { MemoryBytes = level.Memory.Total }, null, CancellationToken.None));

            long trained = level.Memory.Adapter + level.Memory.Embeddings + level.Memory.Optimizer;
            Assert.InRange(peak, trained, trained + level.Memory.Activations + level.Memory.Scratch);
            Assert.Equal(
                File.ReadAllBytes(_folder["first/model/model.safetensors"]),
                File.ReadAllBytes(_folder[$"{level.Level}/model/model.safetensors"]));
        }
        Assert.True(plan.TokensPerStep >= 400 && plan.Levels[0].SecondsPerStep > 0);
    }

    [Fact]
    public void A_memory_that_is_too_small_is_refused_before_anything_is_written()
    {
        string refusal = Assert.Throws<InputException>(() => ContinuedPretrainRun.Start(
            Request("run", resume: false) with { MemoryBytes = 1 << 20 }, null, CancellationToken.None)).Message;

        Assert.Matches("^Training needs at least [0-9.]+ [MG]iB and may use 1 MiB: .*Lower micro_batch_tokens or the length", refusal);
        Assert.False(Directory.Exists(_folder["run"]));
    }

    [Fact]
    public void A_domain_without_enough_documents_is_named() => Assert.Contains(
        "The domain long has 0 documents of 90000 tokens or more",
        Assert.Throws<InputException>(() => Start(
            "run", null, """domains=[{"documents":"long","share":1,"length":9,"min_tokens":90000}]""")).Message,
        StringComparison.Ordinal);

    public void Dispose() => _folder.Dispose();

    static double ValueOf(JsonNode line, string key) => (double?)(line[key] ?? line["values"]?[key]) ?? 0;

    static ContinuedPretrainRecipe Recipe(params string[] changes) => RecipeFile.Parse<ContinuedPretrainRecipe>(Text, "r.jsonc", changes);

    ContinuedPretrainRequest Request(string output, bool resume, params string[] changes) =>
        new(Recipe(changes), _folder["r.jsonc"], s_tiny, _folder[output], resume);

    string Start(string output, IProgress<TrainingProgress>? progress, params string[] changes) =>
        ContinuedPretrainRun.Start(Request(output, resume: false, changes), progress, CancellationToken.None);

    sealed class Watch(Action<TrainingProgress> seen) : IProgress<TrainingProgress>
    {
        public void Report(TrainingProgress value) => seen(value);
    }
}
