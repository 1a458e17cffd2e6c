using Farsight.Alignment.Recipes;
using Farsight.Alignment.Training;
using Farsight.Engine;
using Farsight.Engine.Checkpoints;
using Farsight.Workflows.Pretrain;

namespace Farsight.Tests.Workflows.Pretrain;

public sealed class PretrainRunTests
{
    internal const string Text = """
        {
          "model": {
            "vocab_size": 400, "hidden_size": 32, "intermediate_size": 48, "num_hidden_layers": 2, "num_attention_heads": 2,
            "num_key_value_heads": 1, "head_dim": 16, "rms_norm_eps": 1e-5, "rope_theta": 10000, "max_position_embeddings": 96
          },
          "documents": [],
          "fiction": { "documents": 1, "words": 400 },
          "loss_weights": { "text": 1, "question": 0.5, "answer": 2, "value": 4, "copy": 1 },
          "phases": [
            { "steps": 6, "lengths": [64], "tokens_per_step": 256, "needle_share": 0.5, "copy_share": 0.1, "most_needles": 1 },
            { "steps": 4, "lengths": [96], "tokens_per_step": 256, "needle_share": 0.5, "copy_share": 0.1, "most_needles": 2 },
          ],
          "optimizer": {
            "learning_rate": 3e-3, "embedding_learning_rate": 3e-3, "beta1": 0.9, "beta2": 0.98, "epsilon": 1e-8, "weight_decay": 0,
        """ + """
         "clip_norm": 1,
            "muon": { "learning_rate": 0.02, "momentum": 0.95, "weight_decay": 0.05 }
          },
          "schedule": { "name": "constant_then_linear", "warmup_steps": 2, "decay_share": 0.5, "floor": 0.02 },
          "micro_batch_tokens": 128, "eval_every": 5, "checkpoint_every": 3, "seed": 1
        }
        """;

    [Fact]
    public void Makes_a_model_that_learned_something_and_answers()
    {
        using TemporaryFolder folder = new();
        List<double> losses = [];

        string made = PretrainRun.Start(
            Recipe(), Documents(folder), Path.Combine(folder.Path, "run"), resume: false,
            new Watch(p => losses.Add(p.Line.Values.GetValueOrDefault("loss"))), CancellationToken.None);

        Assert.True(losses[^1] < losses[1], $"The loss went from {losses[1]} to {losses[^1]}.");
        using Farsight.Engine.Models.DecoderModel model = ModelLoader.Load(made);
    }

    [Fact]
    public void Stopped_and_resumed_is_never_stopped()
    {
        using TemporaryFolder folder = new();
        string documents = Documents(folder), whole = Path.Combine(folder.Path, "whole"), halves = Path.Combine(folder.Path, "halves");
        PretrainRun.Start(Recipe(), documents, whole, resume: false, null, CancellationToken.None);

        using CancellationTokenSource stop = new();
        Assert.Throws<OperationCanceledException>(() => PretrainRun.Start(Recipe(), documents, halves, resume: false, new Watch(p =>
        {
            if (p.Line.Step == 7)
            {
                stop.Cancel();
            }
        }), stop.Token));
        PretrainRun.Start(Recipe(), documents, halves, resume: true, null, CancellationToken.None);

        foreach (string file in new[] { "model/model.safetensors", "model/tokenizer.json", "metrics.jsonl" })
        {
            Assert.Equal(File.ReadAllBytes(Path.Combine(whole, file)), File.ReadAllBytes(Path.Combine(halves, file)));
        }
    }

    [Fact]
    public void A_listed_document_that_is_not_there_is_named()
    {
        using TemporaryFolder folder = new();
        PretrainRecipe recipe = Recipe() with { Documents = [new("A Tale", 98, "00ff")] };

        InputException e = Assert.Throws<InputException>(() =>
            PretrainRun.Start(recipe, Documents(folder), Path.Combine(folder.Path, "run"), false, null, CancellationToken.None));

        Assert.Contains("A Tale (Project Gutenberg 98", e.Message);
    }

    [Theory]
    [InlineData("\"head_dim\": 16", "\"head_dim\": 15", "model.head_dim")]
    [InlineData("\"lengths\": [64]", "\"lengths\": [8]", "phases[0].lengths")]
    [InlineData("\"text\": 1", "\"text\": -1", "loss_weights.text")]
    [InlineData("\"words\": 400", "\"words\": 0", "fiction.words")]
    [InlineData("\"seed\": 1", "\"sead\": 1", "sead")]
    public void Names_the_key_that_is_wrong(string from, string to, string named)
    {
        Assert.Contains(from, Text);

        RecipeException e = Assert.Throws<RecipeException>(() =>
            RecipeFile.Parse<PretrainRecipe>(Text.Replace(from, to), "r.jsonc", []));

        Assert.Contains(named, e.Message);
    }

    static PretrainRecipe Recipe() => RecipeFile.Parse<PretrainRecipe>(Text, "r.jsonc", []);

    static string Documents(TemporaryFolder folder)
    {
        string path = Path.Combine(folder.Path, "documents");
        Directory.CreateDirectory(path);
        File.WriteAllText(
            Path.Combine(path, "a.txt"),
            string.Concat(Enumerable.Repeat("The keeper of the lighthouse wrote down every ship\nthat passed. ", 60)));
        return path;
    }

    sealed class Watch(Action<TrainingProgress> seen) : IProgress<TrainingProgress>
    {
        public void Report(TrainingProgress value) => seen(value);
    }
}
