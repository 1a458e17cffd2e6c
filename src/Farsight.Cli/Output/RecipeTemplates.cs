using System.Globalization;
using System.Text.Json;
using Farsight.Alignment.Recipes;
using Farsight.Engine.Checkpoints;
using Farsight.Engine.Models;

namespace Farsight.Cli.Output;

/// <summary>Writes the texts of new pretrain and study recipes.</summary>
static class RecipeTemplates
{
    /// <summary>Returns a pretrain recipe for a model of 2 million parameters, which takes about an hour on a few cores.</summary>
    /// <param name="command">The command that runs it.</param>
    internal static string Pretraining(string command) => $$"""
        {
          // Trains a tokenizer and a Llama of 2 million parameters with a window of 512 tokens from your documents.
          //   {{command}}
          "$schema": "pretrain.schema.json",
          "model": {
            "vocab_size": 2048, "hidden_size": 192, "intermediate_size": 512, "num_hidden_layers": 4,
            "num_attention_heads": 6, "num_key_value_heads": 2, "head_dim": 32,
            "rms_norm_eps": 1e-5, "rope_theta": 10000, "max_position_embeddings": 512
          },
          "documents": [], // all files of the folder; a list with hashes makes the run repeatable elsewhere
          "fiction": { "documents": 400, "words": 3000 }, // generated documents to add; 0 for none

          // Short sequences come first: the model learns to find and copy there at low cost.
          "phases": [
            { "steps": 500, "lengths": [128], "tokens_per_step": 8192, "needle_share": 0.75, "copy_share": 0.12, "most_needles": 2 },
            { "steps": 500, "lengths": [256], "tokens_per_step": 8192, "needle_share": 0.70, "copy_share": 0.06, "most_needles": 4 },
            {
              "steps": 1500, "lengths": [512, 512, 512, 256, 128], "tokens_per_step": 12288,
              "needle_share": 0.60, "copy_share": 0.03, "most_needles": 8
            }
          ],

          // Muon trains the matrices of the layers, AdamW the embeddings and norms.
          "optimizer": { "learning_rate": 3e-3, "beta2": 0.98, "muon": { "learning_rate": 0.02, "weight_decay": 0.05 } },
          "schedule": { "name": "constant_then_linear", "warmup_steps": 30, "decay_share": 0.5, "floor": 0.02 },
          "micro_batch_tokens": 4096,
          "eval_every": 100,
          "checkpoint_every": 100,
          "seed": 1
        }

        """.ReplaceLineEndings("\n");

    /// <summary>Returns a study that compares a train recipe with its base model, YaRN alone and supervised fine-tuning.</summary>
    /// <param name="command">The command that runs it.</param>
    /// <param name="path">The train recipe, from the study's folder.</param>
    /// <param name="recipe">The train recipe.</param>
    /// <param name="model">Its base model, from the study's folder.</param>
    /// <param name="data">Its dataset, from the study's folder.</param>
    /// <param name="modelPath">Path of the base model; null if it does not exist yet.</param>
    internal static string Study(string command, string path, TrainRecipe recipe, string model, string data, string? modelPath)
    {
        const int UsualWindow = 8192;
        ModelConfig? config = modelPath is null ? null : ModelFiles.ReadConfig(modelPath);
        int window = config?.MaxPositionEmbeddings ?? UsualWindow;
        bool isExtended = recipe.Rope is not (null or "none");
        string lengths = string.Join(", ", isExtended ? [window, 2 * window] : new[] { window });
        string scaled = isExtended
            ? $$"""{ "name": {{Quoted($"base model, {recipe.Rope}")}}, "train": false, "rope": {{Quoted(recipe.Rope!)}} },"""
            : "// the recipe does not change the window, so scaling without training is no baseline";
        return string.Create(
            CultureInfo.InvariantCulture,
            $$"""
            {
              // Compares variants of a train recipe. Rerun the command to resume; run it twice to split the work.
              //   {{command}}
              "$schema": "study.schema.json",
              "title": {{Quoted($"Variants of {Path.GetFileName(path)}")}},
              "question": "Does preference training beat the base model and supervised fine-tuning on the same samples?",

              "base": {{Quoted(path)}},
              "set": { "base_model": {{Quoted(model)}}, "data": {{Quoted(data)}} }, // changes for all variants
              "seeds": [1, 2, 3], // each variant is trained once per seed

              "baseline": "SFT", // all variants are compared with it
              "variants": [
                { "name": "base model", "train": false },
                {{scaled}}
                { "name": "SFT", "set": { "objective": { "name": "sft_partial" } } },
                { "name": "as in the recipe" }
              ],

              "measure": [
                { "tasks": ["needle/single", "needle/near"], "lengths": [{{lengths}}], "depths": 5, "samples": 10, "seed": 7 },
                { "tasks": ["perplexity"], "lengths": [{{window}}], "depths": 1, "samples": 1, "seed": 7 }
              ]
            }

            """).ReplaceLineEndings("\n");
    }

    static string Quoted(string text) => JsonSerializer.Serialize(text, RecipeFile.Json);
}
