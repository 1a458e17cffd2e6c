using System.Text.Json;
using Farsight.Engine.Checkpoints;
using Farsight.Engine.Machine;
using Farsight.Engine.Models;
using Farsight.Text.Tokenizers;

namespace Farsight.Tests.Golden;

/// <summary>The exported files in tests/exports, for PEFT, transformers and llama.cpp, are those of this version.</summary>
[Trait("Category", "Golden")]
public sealed class ExportedFilesTests
{
    const string Text = "The lamp is red. The door of the house is blue, and the boats leave the harbour in the morning.";
    const string LogProbs = "log-probs.json";

    static readonly string s_stored = Path.Combine(Repository.Root, "tests/exports");

    static readonly string[] s_made = ["base", "adapter", "adapter-embeddings", "merged", "model.gguf", "trl.jsonl", LogProbs];

    static readonly JsonSerializerOptions s_json = new() { WriteIndented = true, NewLine = "\n" };

    /// <summary>FARSIGHT_UPDATE_GOLDEN=1 (tools/export-set) writes the files; the test fails, so that nobody leaves it set.</summary>
    [Fact]
    public async Task The_stored_files_are_those_that_the_commands_write()
    {
        using TemporaryFolder folder = new();
        await Export(folder);
        string[] names = [.. Files(folder.Path).Order(StringComparer.Ordinal)];
        if (Environment.GetEnvironmentVariable("FARSIGHT_UPDATE_GOLDEN") == "1")
        {
            Replace(folder.Path, names);
            Assert.Fail($"{s_stored} was written; unset FARSIGHT_UPDATE_GOLDEN and run the test again.");
        }

        Assert.Equal(Files(s_stored).Order(StringComparer.Ordinal), names);
        using JsonDocument stored = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(s_stored, LogProbs)));
        // Sums have another order at another vector width, so training and log-probabilities differ in their last bits there.
        bool isSameWidth = stored.RootElement.GetProperty("vector_bits").GetInt32() == Processor.VectorBits;
        foreach (string name in names.Where(n => isSameWidth || Path.GetExtension(n) is not (".safetensors" or ".gguf") && n != LogProbs))
        {
            Assert.True(
                File.ReadAllBytes(folder[name]).AsSpan().SequenceEqual(File.ReadAllBytes(Path.Combine(s_stored, name))),
                $"{name} is not that of tests/exports; run tools/export-set if the change is intended.");
        }
    }

    [Fact]
    public void The_merged_models_give_the_log_probabilities_of_model_and_adapter()
    {
        using JsonDocument stored = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(s_stored, LogProbs)));
        JsonElement models = stored.RootElement.GetProperty("models");
        double[] Of(string model) => [.. models.GetProperty(model).GetProperty("log_probs").EnumerateArray().Select(v => v.GetDouble())];

        Near.Each(Of("base + adapter-embeddings"), [.. Of("merged").Select(v => (float)v)], relative: 0, absolute: 1e-4);
        Near.Each(Of("base + adapter"), [.. Of("model.gguf").Select(v => (float)v)], relative: 0, absolute: 1e-4);
        Assert.All(Of("base").Zip(Of("base + adapter")), p => Assert.NotEqual(p.First, p.Second));
        Assert.All(Of("base + adapter").Zip(Of("merged")), p => Assert.NotEqual(p.First, p.Second));
    }

    static async Task Export(TemporaryFolder folder)
    {
        foreach (string file in Directory.GetFiles(Path.Combine(s_stored, "input")))
        {
            File.Copy(file, folder[Path.GetFileName(file)]);
        }
        await Run("pretrain", folder["pretrain.jsonc"], "--documents", folder["documents.txt"], "--out", folder["run"]);
        Directory.Move(folder["run/model"], folder["base"]);
        await Run("data", "import", folder["preferences.jsonl"], "--model", folder["base"], "--out", folder["data.jsonl"]);
        await Run("train", folder["train.jsonc"], "--out", folder["plain"]);
        Directory.Move(folder["plain/adapter"], folder["adapter"]);
        await Run("train", folder["train.jsonc"], "--set", "lora.train_embeddings=true", "--out", folder["embeddings"]);
        Directory.Move(folder["embeddings/adapter"], folder["adapter-embeddings"]);
        await Run(
            "merge", "--model", folder["base"], "--adapter", folder["adapter-embeddings"], "--type", "f32", "--out", folder["merged"]);
        await Run(
            "export", "gguf", "--model", folder["base"], "--adapter", folder["adapter"], "--type", "f32", "--out", folder["model.gguf"]);
        await Run("data", "export", folder["data.jsonl"], "--format", "trl", "--out", folder["trl.jsonl"]);
        File.WriteAllText(folder[LogProbs], JsonSerializer.Serialize(Scores(folder), s_json) + "\n");
    }

    static async Task Run(params string[] command)
    {
        (int code, _, string error) = await CommandLine.Run(command);
        Assert.True(code == 0, $"farsight {string.Join(' ', command)}: {error}");
    }

    static object Scores(TemporaryFolder folder)
    {
        int[] tokens = Tokenizer.Load(folder["base"]).Encode(Text);
        return new
        {
            vector_bits = Processor.VectorBits,
            text = Text,
            tokens,
            models = new SortedDictionary<string, object>(StringComparer.Ordinal)
            {
                ["base"] = Score(folder["base"], null, tokens),
                ["base + adapter"] = Score(folder["base"], folder["adapter"], tokens),
                ["base + adapter-embeddings"] = Score(folder["base"], folder["adapter-embeddings"], tokens),
                ["merged"] = Score(folder["merged"], null, tokens),
                ["model.gguf"] = Score(folder["model.gguf"], null, tokens),
            },
        };
    }

    /// <summary>Log-probabilities of the tokens after the first, and the logits that predict the last one.</summary>
    static object Score(string path, string? adapter, int[] tokens)
    {
        using DecoderModel model = ModelLoader.Load(path);
        if (adapter is not null)
        {
            ModelLoader.LoadAdapter(model, adapter);
        }
        return new
        {
            log_probs = model.LogProbs(TokenTree.Sequence(tokens)),
            last_logits = FamilyFilesTests.Logits(model, tokens)[^model.Config.VocabSize..],
        };
    }

    static IEnumerable<string> Files(string folder) => Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories)
        .Select(f => Path.GetRelativePath(folder, f))
        .Where(f => s_made.Contains(f.Split('/')[0]));

    static void Replace(string folder, IEnumerable<string> names)
    {
        foreach (string old in Files(s_stored).ToArray())
        {
            File.Delete(Path.Combine(s_stored, old));
        }
        foreach (string name in names)
        {
            string to = Path.Combine(s_stored, name);
            Directory.CreateDirectory(Path.GetDirectoryName(to)!);
            File.Copy(Path.Combine(folder, name), to);
        }
    }
}
