using Farsight.Alignment.Data;
using Farsight.Engine.Checkpoints;
using Farsight.Engine.Models;
using Farsight.Engine.Numerics;
using Farsight.Engine.Rope;
using Farsight.Text.Conversations;
using Farsight.Text.Tokenizers;

namespace Farsight.Tests.Support;

/// <summary>A folder with a random model of two layers, its tokenizer, a preference dataset and a recipe that belong together.</summary>
sealed class TrainingFiles : IDisposable
{
    const int Window = 64;

    internal const string Recipe = """
        {
          // Paths begin at this file.
          "base_model": "model", "rope": null,
          "data": "data.jsonl", "held_out": 3,
          "positions": { "scheme": "synthesized", "target_length": 400, "sparse_share": 0.1 },
          "lora": { "rank": 4, "alpha": 8, "targets": ["q_proj", "v_proj", "down_proj"], "train_embeddings": true, "train_norms": true },
          "objective": { "name": "logo", "beta": 2, "gamma": 0.5, "sft_weight": 1 },
          "optimizer": { "learning_rate": 0.01, "embedding_learning_rate": 0.003, "beta1": 0.9, "beta2": 0.95, "epsilon": 1e-8,
        """ + """
         "weight_decay": 0, "clip_norm": 1 },
          "schedule": { "name": "cosine", "warmup_steps": 2, "floor": 0.1 },
          "steps": 12, "batch_size": 3, "micro_batch_tokens": 160, "eval_every": 5, "checkpoint_every": 4,
          "seed": 7,
        }
        """;

    internal TrainingFiles(bool tied = true)
    {
        Root = Directory.CreateTempSubdirectory("farsight-train-").FullName;
        Tokenizer tokenizer = BpeTrainer.Train(
            ["The lamp is red. The door is blue. What is the lamp?"],
            275,
            ChatFormat.SpecialTokens,
            ChatFormat.SpecialTokens[0]);
        ChatFormat format = ChatFormat.For(tokenizer);
        Directory.CreateDirectory(In("model"));
        tokenizer.Save(In("model"));
        ModelConfig config = new()
        {
            ModelType = "llama",
            VocabSize = tokenizer.VocabSize,
            HiddenSize = 32,
            IntermediateSize = 48,
            NumHiddenLayers = 2,
            NumAttentionHeads = 4,
            NumKeyValueHeads = 2,
            HeadDim = 8,
            RmsNormEps = 1e-5f,
            RopeTheta = 10_000,
            RopeScaling = new RopeScaling.Unscaled(),
            MaxPositionEmbeddings = Window,
            TieWordEmbeddings = tied,
            BosTokenId = format.Bos,
            EosTokenIds = [format.Eos],
        };
        using DecoderModel model = new(config, new RandomWeights(1));
        model.TrainEverything();
        ModelWriter.Write(In("model"), config, model.Parameters, NumberFormat.F32);
        File.WriteAllLines(In("data.jsonl"), Enumerable.Range(0, 12).Select(i => PreferenceLine.Format(Sample(i, tokenizer))));
        File.WriteAllText(RecipePath, Recipe);
    }

    internal string Root { get; }

    internal string RecipePath => In("recipe.jsonc");

    internal string In(string path) => Path.Combine(Root, path);

    /// <summary>Writes the dataset again with a known answer of each sample, by which responses can be rewarded.</summary>
    internal void AnswerFacts()
    {
        Tokenizer tokenizer = Tokenizer.LoadFor(In("model"), 275);
        File.WriteAllLines(In("data.jsonl"), Enumerable.Range(0, 12).Select(i => Sample(i, tokenizer)).Select(s =>
            PreferenceLine.Format(s with { Provenance = s.Provenance with { Fact = new(s.Chosen, "e", 0) } })));
    }

    public void Dispose() => Directory.Delete(Root, recursive: true);

    internal static PreferenceSample Sample(int i, Tokenizer tokenizer)
    {
        string color = new[] { "red", "blue", "green" }[i % 3];
        ContextChunk Chunk(int index, string text) => new("toy.txt", index, tokenizer.Encode(text), 1, ChunkRole.Relevant);
        return new(
            $"toy-{i}", [Chunk(0, $" The lamp is {color}."), Chunk(1, $" The door is number {i}.")], "What is the lamp?",
            $"The lamp is {color}.", ["It is a door.", "red blue"], new(["toy.txt"], 1, i, new([0], [[1], [1]])));
    }
}
