using Farsight.Alignment.Data.Positions;
using Farsight.Alignment.Objectives;
using Farsight.Alignment.Recipes;
using Farsight.Engine;
using Farsight.Engine.Models;
using Farsight.Engine.Optimizers;
using Farsight.Engine.Rope;

namespace Farsight.Tests.Alignment.Recipes;

public sealed class TrainRecipeTests
{
    [Fact]
    public void Reads_every_part()
    {
        TrainRecipe recipe = Parse();

        Assert.Equal(new Logo(2, 0.5, 1), recipe.Objective);
        Assert.Equal(new SynthesizedPositions(400, 0.1), recipe.Positions);
        Assert.Equal(new LearningRateSchedule.Cosine(2, 0.1), recipe.Schedule);
        Assert.Equal(["q_proj", "v_proj", "down_proj"], recipe.Lora!.Targets);
        Assert.Equal(
            RecipeFile.Resolve(recipe),
            RecipeFile.Resolve(RecipeFile.Parse<TrainRecipe>(RecipeFile.Resolve(recipe), "resolved", [])));
    }

    [Theory]
    [InlineData("base_model=\"\"", "base_model: it is empty")]
    [InlineData("data=\" \"", "data: it is empty")]
    [InlineData("rope=yarn", "rope: 'yarn' is unknown")]
    [InlineData("rope=yarn:0.5", "rope: 'yarn:0.5' is unknown")]
    [InlineData("held_out=-1", "held_out: -1")]
    [InlineData("positions.target_length=0", "positions.target_length: 0")]
    [InlineData("positions.sparse_share=2", "positions.sparse_share: 2")]
    [InlineData("positions.scheme=random", "positions.scheme: 'random' is unknown; use one of")]
    [InlineData(
        "positions={\"scheme\":\"e2llm\",\"target_length\":4096,\"max_scale\":8}",
        "positions.max_scale: 8 belongs to the rope linear:8, and rope is "
    )]
    [InlineData("lora.rank=0", "lora.rank: 0")]
    [InlineData("lora.alpha=0", "lora.alpha: 0")]
    [InlineData("lora.targets=[]", "lora.targets: the list is empty")]
    [InlineData("lora.targets=[\"x_proj\"]", "lora.targets: 'x_proj' is unknown")]
    [InlineData("lora.targets=[\"q_proj\",\"q_proj\"]", "lora.targets: a name is duplicated")]
    [InlineData("objective.beta=0", "objective.beta: 0")]
    [InlineData("attention={\"name\":\"shifted_sparse\",\"group\":1}", "attention.group: 1 is not usable; use 2 or more")]
    [InlineData("attention={\"name\":\"sparse\",\"group\":8}", "attention.name: 'sparse' is unknown; use one of shifted_sparse")]
    [InlineData("attention={\"name\":\"shifted_sparse\"}", "attention.group")]
    [InlineData("optimizer.learning_rate=10", "optimizer.learning_rate: 10")]
    [InlineData("optimizer.embedding_learning_rate=0", "optimizer.embedding_learning_rate: 0")]
    [InlineData("optimizer.beta1=1", "optimizer.beta1: 1")]
    [InlineData("optimizer.beta2=0", "optimizer.beta2: 0")]
    [InlineData("optimizer.epsilon=0", "optimizer.epsilon: 0")]
    [InlineData("optimizer.weight_decay=-0.1", "optimizer.weight_decay: -0.1")]
    [InlineData("optimizer.clip_norm=0", "optimizer.clip_norm: 0")]
    [InlineData("optimizer.muon={\"learning_rate\":2,\"momentum\":0.95,\"weight_decay\":0}", "optimizer.muon.learning_rate: 2")]
    [InlineData("optimizer.rmsprop=true", "optimizer.beta1: RMSprop keeps no mean of the gradients; use 0")]
    [InlineData("schedule.warmup_share=0.1", "schedule.warmup_share: warmup_steps sets the warm-up already")]
    [InlineData("schedule.warmup_share=2", "schedule.warmup_share: 2 is not a share of the steps")]
    [InlineData("schedule.warmup_steps=13", "schedule.warmup_steps: 13")]
    [InlineData("schedule.floor=1.5", "schedule.floor: 1.5")]
    [InlineData("schedule={\"name\":\"constant_then_linear\",\"warmup_steps\":0,\"decay_share\":2,\"floor\":0}", "schedule.decay_share: 2")]
    [InlineData(
        "schedule.name=exponential",
        "schedule.name: 'exponential' is unknown; use one of constant, linear, cosine, constant_then_linear"
    )]
    [InlineData("steps=0", "steps: 0")]
    [InlineData("steps=2147483647", "steps: 2147483647 is not usable; use 1 to 1000000.")]
    [InlineData("batch_size=2147483647", "batch_size: 2147483647 is not usable; use 1 to 65536.")]
    [InlineData("seed=4294967296", "seed: 4294967296 is not a whole number from -2147483648 to 2147483647.")]
    [InlineData("lora.rank=2147483647", "lora.rank: 2147483647")]
    [InlineData("lora.alpha=NaN", "lora.alpha: \"NaN\" is not a number")]
    [InlineData("lora.alpha=1e999", "lora.alpha")]
    [InlineData("objective.beta=-1", "objective.beta: -1")]
    [InlineData("batch_size=0", "batch_size: 0")]
    [InlineData("micro_batch_tokens=0", "micro_batch_tokens: 0")]
    [InlineData("eval_every=0", "eval_every: 0")]
    [InlineData("checkpoint_every=0", "checkpoint_every: 0")]
    [InlineData("adapter_every=0", "adapter_every: 0")]
    [InlineData("watch={\"samples_every\":0,\"samples\":1,\"max_new_tokens\":8,\"stop_on_alarm\":false}", "watch.samples_every: 0")]
    [InlineData(
        "watch={\"samples_every\":1,\"samples\":4,\"max_new_tokens\":8,\"stop_on_alarm\":false}",
        "watch.samples: 4 is not usable; use 0 to 3"
    )]
    [InlineData("watch={\"samples_every\":1,\"samples\":1,\"max_new_tokens\":0,\"stop_on_alarm\":false}", "watch.max_new_tokens: 0")]
    [InlineData("watch={\"sample\":1}", "watch.sample: unknown key; the known keys here are samples_every, samples, max_new_tokens, ")]
    public void Names_what_makes_no_sense(string change, string named)
    {
        var e = Assert.Throws<RecipeException>(() => Parse(change));

        Assert.Contains(e.Problems, p => p.StartsWith(named, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("""{"name":"cosine","warmup_share":0.25}""", 3, 1, 0.1)]
    [InlineData("""{"name":"linear"}""", 0, 1, 0)]
    [InlineData("""{"name":"constant","warmup_steps":2}""", 2, 1, 1)]
    [InlineData("""{"name":"constant_then_linear"}""", 0, 1, 0)]
    public void A_schedule_needs_its_name_only(string schedule, int warmup, double first, double last)
    {
        LearningRateSchedule read = Parse($"schedule={schedule}").Schedule;

        Assert.Equal((warmup, first), (read.Warmup(12), read.Factor(warmup, 12)));
        Assert.Equal(last, read.Factor(12, 12), 12);
    }

    [Fact]
    public void More_samples_than_a_plan_can_look_at_are_refused() => Assert.Equal(
        [
            "batch_size: 1000000 steps of 65536 are more than 5000000 samples; lower it or steps. The override 'batch_size=65536' sets it.",
        ],
        Assert.Throws<RecipeException>(() => Parse("steps=1000000", "batch_size=65536")).Problems);

    [Fact]
    public void E2llm_and_its_linear_rope_go_together() =>
        Assert.Equal(
            new E2Llm(4096, 8),
            Parse("rope=linear:8", """positions={"scheme":"e2llm","target_length":4096,"max_scale":8}""").Positions);

    [Fact]
    public void Every_key_is_explained_in_the_documentation()
    {
        string text = File.ReadAllText(Path.Combine(Repository.Root, "docs/training.md"));
        string[] keys = [.. RecipeFile.Json.GetTypeInfo(typeof(TrainRecipe)).Properties.Select(p => p.Name)];

        Assert.NotEmpty(keys);
        Assert.DoesNotContain(keys, key => !text.Contains($"\n| `{key}` |", StringComparison.Ordinal)); // add a row to docs/training.md
    }

    [Fact]
    public void Attention_is_full_unless_a_pattern_is_named()
    {
        TrainRecipe named = Parse("""attention={"name":"shifted_sparse","group":2048}""");

        Assert.Null(Parse().Attention);
        Assert.Equal(new AttentionPattern.ShiftedSparse(2048), named.Attention);
        Assert.Equal(named.Attention, RecipeFile.Parse<TrainRecipe>(RecipeFile.Resolve(named), "resolved", []).Attention);
    }

    [Theory]
    [InlineData("yarn:8", typeof(RopeScaling.Yarn), 8 * 512)]
    [InlineData("linear:2.5", typeof(RopeScaling.Linear), 1280)]
    [InlineData("none", typeof(RopeScaling.Unscaled), 512)]
    [InlineData("dynamic:4", typeof(RopeScaling.DynamicNtk), 2048)]
    [InlineData("ntk:8", typeof(RopeScaling.NtkAware), 4096)]
    [InlineData("truncated:16", typeof(RopeScaling.Truncated), 8192)]
    [InlineData("dropped:16", typeof(RopeScaling.Dropped), 8192)]
    [InlineData("theta:160000", typeof(RopeScaling.AdjustedBase), 4096)] // 16^(6/8) = 8
    [InlineData("theta:5000", typeof(RopeScaling.AdjustedBase), 512)]
    public void Rope_is_spelt_by_rule_and_factor(string text, Type expected, int window)
    {
        ModelConfig config = Config();

        RopeScaling scaling = RopeOption.Parse(text, config)!;

        Assert.IsType(expected, scaling);
        Assert.Equal(window, config.With(scaling).MaxPositionEmbeddings);
    }

    [Fact]
    public void No_rope_keeps_the_models_own() => Assert.Null(RopeOption.Parse(null, Config()));

    [Theory]
    [InlineData("yarn:nine")]
    [InlineData("ntk")]
    [InlineData("ntk:0.5")]
    [InlineData("theta:1")]
    [InlineData("theta:NaN")]
    [InlineData("truncated:8:2")]
    [InlineData("linear:1e7")]
    [InlineData("none:2")]
    [InlineData("")]
    public void An_unknown_rope_is_answered_with_the_spellings(string text) =>
        Assert.Contains("yarn:8", Assert.Throws<InputException>(() => RopeOption.Parse(text, Config())).Message, StringComparison.Ordinal);

    [Fact]
    public void A_rule_for_the_base_needs_pairs_to_spread_over() =>
        Assert.Contains(
            "head_dim above 2",
            Assert.Throws<InputException>(() => RopeOption.Parse("ntk:8", Config() with { HeadDim = 2 })).Message,
            StringComparison.Ordinal);

    static TrainRecipe Parse(params string[] overrides) => RecipeFile.Parse<TrainRecipe>(TrainingFiles.Recipe, "recipe.jsonc", overrides);

    static ModelConfig Config() => new()
    {
        ModelType = "llama",
        VocabSize = 1,
        HiddenSize = 1,
        IntermediateSize = 1,
        NumHiddenLayers = 1,
        NumAttentionHeads = 1,
        NumKeyValueHeads = 1,
        HeadDim = 8,
        RmsNormEps = 1e-5f,
        RopeTheta = 10_000,
        RopeScaling = new RopeScaling.Unscaled(),
        MaxPositionEmbeddings = 512,
        TieWordEmbeddings = true,
    };
}
