using System.Text.Json.Nodes;
using Farsight.Alignment.Data;
using Farsight.Alignment.Objectives;
using Farsight.Alignment.Recipes;
using Farsight.Engine.Checkpoints;
using Farsight.Engine.Models;
using Farsight.Workflows.Study;

namespace Farsight.Tests.Cli;

public sealed class NewCommandTests : IDisposable
{
    readonly TrainingFiles _files = new();

    [Theory]
    [InlineData("logo", typeof(Logo))]
    [InlineData("longpo", typeof(LongPo))]
    [InlineData("sft", typeof(SftPartial))]
    public async Task A_new_train_recipe_names_the_users_paths_and_can_be_planned(string kind, Type objective)
    {
        string path = _files.In($"recipes/{kind}.jsonc");

        (int code, string output, string error) = await CommandLine.Run(
            "new", kind, "--model", _files.In("model"), "--data", _files.In("data.jsonl"), "--out", path);
        (int planned, string plan, _) = await CommandLine.Run("plan", path);

        Assert.Equal((0, ""), (code, error));
        Assert.Contains($"Next: farsight plan {path}", output, StringComparison.Ordinal);
        Assert.Equal((0, true), (planned, plan.Contains("2 steps", StringComparison.Ordinal))); // 12 samples, 1 held out, 8 per step
        TrainRecipe recipe = RecipeFile.Read<TrainRecipe>(path, []);
        Assert.IsType(objective, recipe.Objective);
        Assert.Equal((_files.In("model"), _files.In("data.jsonl"), 1), (recipe.BaseModel, recipe.Data, recipe.HeldOut));
        Assert.Equal(["q_proj", "k_proj", "v_proj", "o_proj"], recipe.Lora!.Targets);
        Assert.Null(RecipeSchema.Violation(
            JsonNode.Parse(File.ReadAllText(_files.In("recipes/train.schema.json")))!,
            RecipeFile.ReadTree(path)));
    }

    [Theory]
    [InlineData("logo")]
    [InlineData("longpo")]
    [InlineData("sft")]
    public async Task A_new_train_recipe_warms_up_over_a_tenth_of_the_steps(string kind)
    {
        string path = _files.In($"{kind}.jsonc");

        await CommandLine.Run("new", kind, "--model", _files.In("model"), "--data", _files.In("data.jsonl"), "--out", path);

        TrainRecipe recipe = RecipeFile.Read<TrainRecipe>(path, ["steps=200"]);
        Assert.Equal(20, recipe.Schedule.Warmup(recipe.Steps));
    }

    [Theory]
    [InlineData(90, "theta:1e5", 359)] // θ is 10,000 and the window 64; tenfold gives 64 · 10^(6/8) = 359.9
    [InlineData(900, "theta:4.1e5", 1036)] // 16 · 64 tokens need 16^(8/6) = 40.3 times the base
    public async Task A_new_longpo_recipe_raises_the_base_of_rope_until_the_documents_fit(int tokens, string rope, int window)
    {
        PreferenceSample sample = PreferenceDataset.Read(_files.In("data.jsonl")).Samples[0];
        ContextChunk chunk = sample.Context[0] with { Tokens = [.. Enumerable.Repeat(sample.Context[0].Tokens[0], tokens)] };
        File.WriteAllText(_files.In("long.jsonl"), PreferenceLine.Format(sample with { Context = [chunk, .. sample.Context.Skip(1)] }));
        string path = _files.In("longpo.jsonc");

        (int code, _, string error) = await CommandLine.Run(
            "new", "longpo", "--model", _files.In("model"), "--data", _files.In("long.jsonl"), "--out", path);

        Assert.Equal((0, ""), (code, error));
        TrainRecipe recipe = RecipeFile.Read<TrainRecipe>(path, []);
        ModelConfig config = ModelFiles.ReadConfig(_files.In("model"));
        Assert.Equal(rope, recipe.Rope);
        Assert.Equal(window, config.With(RopeOption.Parse(recipe.Rope, config)!).MaxPositionEmbeddings);
    }

    [Fact]
    public async Task A_recipe_for_a_model_and_data_that_do_not_exist_yet_notes_both()
    {
        string path = _files.In("early.jsonc");

        (int code, _, string error) = await CommandLine.Run("new", "logo", "--model", "later", "--data", "later.jsonl", "--out", path);

        Assert.Equal(0, code);
        Assert.Contains("later does not exist yet", error, StringComparison.Ordinal);
        Assert.Contains("later.jsonl does not exist yet", error, StringComparison.Ordinal);
        Assert.Equal((65_536, "yarn:8"), (
            RecipeFile.Read<TrainRecipe>(path, []).Positions.Window, RecipeFile.Read<TrainRecipe>(path, []).Rope));
    }

    [Fact]
    public async Task A_name_of_the_hub_that_is_not_downloaded_yet_stays_a_name()
    {
        string path = _files.In("recipes/hub.jsonc");

        (int code, _, string error) = await CommandLine.Run(
            "new", "logo", "--model", "some-organization/some-model", "--data", _files.In("data.jsonl"), "--out", path);

        Assert.Equal(0, code);
        Assert.Contains("'farsight fetch some-organization/some-model'", error, StringComparison.Ordinal);
        Assert.Equal("some-organization/some-model", RecipeFile.Read<TrainRecipe>(path, []).BaseModel);
    }

    [Fact]
    public async Task A_new_study_compares_variants_of_the_base_recipe()
    {
        string path = _files.In("studies/study.jsonc");

        (int code, string output, string error) = await CommandLine.Run("new", "study", "--base", _files.RecipePath, "--out", path);

        Assert.Equal((0, ""), (code, error));
        Assert.Contains($"Next: farsight study {path} --out studies/study", output, StringComparison.Ordinal);
        StudyPlan plan = StudyPlan.Of(RecipeFile.Read<StudyRecipe>(path, []), path);
        Assert.Equal(["base model", "SFT", "as in the recipe"], plan.Variants.Select(v => v.Name));
        Assert.Equal(7, plan.Jobs.Count);
        Assert.Equal(_files.In("model"), RecipeFile.Locate(path, "base_model", plan.Variants[0].Recipe.BaseModel));
    }

    [Fact]
    public async Task A_new_study_of_a_scaled_model_has_scaling_without_training_as_a_variant()
    {
        string path = _files.In("study.jsonc");
        await CommandLine.Run(
            "new", "logo", "--model", _files.In("model"), "--data", _files.In("data.jsonl"), "--out", _files.In("logo.jsonc"));

        await CommandLine.Run("new", "study", "--base", _files.In("logo.jsonc"), "--out", path);

        StudyPlan plan = StudyPlan.Of(RecipeFile.Read<StudyRecipe>(path, []), path);
        Assert.Equal((false, "yarn:8"), (plan.Variants[1].IsTrained, plan.Variants[1].Rope));
    }

    [Fact]
    public async Task A_new_pretrain_recipe_is_one()
    {
        string path = _files.In("pretrain.jsonc");

        (int code, string output, _) = await CommandLine.Run("new", "pretrain", "--documents", "books", "--out", path);

        Assert.Equal(0, code);
        Assert.Contains($"Next: farsight pretrain {path} --documents books --out runs/pretrain", output, StringComparison.Ordinal);
        Assert.Equal(2500, RecipeFile.Read<PretrainRecipe>(path, []).Phases.Sum(p => p.Steps));
    }

    [Fact]
    public async Task A_relative_path_is_written_from_the_recipes_folder()
    {
        string data = Path.GetRelativePath(Directory.GetCurrentDirectory(), _files.In("data.jsonl"));

        await CommandLine.Run("new", "sft", "--model", _files.In("model"), "--data", data, "--out", _files.In("recipes/sft.jsonc"));

        Assert.Equal("../data.jsonl", RecipeFile.Read<TrainRecipe>(_files.In("recipes/sft.jsonc"), []).Data);
    }

    [Fact]
    public async Task An_existing_recipe_is_kept()
    {
        (int code, _, string error) = await CommandLine.Run(
            "new", "logo", "--model", _files.In("model"), "--data", _files.In("data.jsonl"), "--out", _files.RecipePath);

        Assert.Equal(2, code);
        Assert.Contains("exists; remove it or choose another output file.", error, StringComparison.Ordinal);
        Assert.Equal(TrainingFiles.Recipe, File.ReadAllText(_files.RecipePath));
    }

    [Fact]
    public async Task Only_five_keys_of_a_train_recipe_are_required()
    {
        JsonObject small = new()
        {
            ["base_model"] = "model",
            ["data"] = "data.jsonl",
            ["objective"] = new JsonObject { ["name"] = "sft_partial" },
            ["optimizer"] = new JsonObject { ["learning_rate"] = 1e-3 },
            ["steps"] = 2,
        };
        File.WriteAllText(_files.In("small.jsonc"), small.ToJsonString());

        TrainRecipe recipe = RecipeFile.Read<TrainRecipe>(_files.In("small.jsonc"), []);
        (int code, _, string error) = await CommandLine.Run("train", _files.In("small.jsonc"), "--out", _files.In("run"));

        Assert.Equal((8, 8192, 1, 32, 0.9, null), (
            recipe.BatchSize, recipe.MicroBatchTokens, recipe.Seed, recipe.Lora!.Rank, recipe.Optimizer.Beta1,
            recipe.Optimizer.EmbeddingLearningRate));
        Assert.True(code == 0, error);
        foreach (string key in small.Select(p => p.Key))
        {
            JsonObject without = small.DeepClone().AsObject();
            without.Remove(key);
            string message = Assert.Throws<RecipeException>(() => RecipeFile.FromTree<TrainRecipe>(without, "r")).Message;
            Assert.Contains($"{key}: missing; this key is required.", message, StringComparison.Ordinal);
        }
    }

    public void Dispose() => _files.Dispose();
}
