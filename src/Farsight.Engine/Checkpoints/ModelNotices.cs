using System.Text.Json;
using Farsight.Engine.Checkpoints.Families;
using Farsight.Engine.Models;

namespace Farsight.Engine.Checkpoints;

/// <summary>Finds what a model directory contains but the engine does not use, and contradictions that do not prevent loading.</summary>
public static class ModelNotices
{
    const string ConfigFile = "config.json";

    /// <summary>Returns the notices of a model, each a sentence that names the file; none for a GGUF file.</summary>
    /// <param name="path">Path of a model directory or a GGUF file.</param>
    /// <exception cref="InputException">The directory does not contain a model that this engine can run.</exception>
    public static IReadOnlyList<string> Of(string path)
    {
        if (File.Exists(path))
        {
            return [];
        }
        using ModelDirectory model = ModelDirectory.Open(path);
        string config = Path.Combine(path, ConfigFile);
        string?[] all =
        [
            Multimodal(config, model),
            GenerationConfig.Contradiction(config, model.Config.VocabSize),
            GenerationConfig.BeginContradiction(config, model.Config.VocabSize),
            Window(config, model.Config),
            Head(model),
            model.OtherWeights(),
            Architecture(config, model.Config),
        ];
        return [.. all.OfType<string>()];
    }

    static string? Multimodal(string path, ModelDirectory model) => TextPart.IsIn(ConfigReader.Open(path))
        ? $"{path}: the model is multimodal. Only its text part is used; {model.UnusedWeights} weights of other parts are ignored."
        : null;

    static string? Window(string path, ModelConfig config)
    {
        const string Key = "max_position_embeddings";
        ConfigReader file = TextPart.Of(ConfigReader.Open(path));
        return file.Has(Key) && file.Int(Key, 1, int.MaxValue) is var stated && stated < config.MaxPositionEmbeddings
            ? $"{path}: {Key} is {stated}, but the RoPE scaling is {config.RopeScaling.Describe()}; "
                + $"a window of {config.MaxPositionEmbeddings} tokens is used."
            : null;
    }

    static string? Architecture(string path, ModelConfig config)
    {
        const string Key = "architectures";
        string used = ModelFamily.All[config.ModelType].Architecture;
        ConfigReader file = ConfigReader.Open(path);
        string[] stated = !TextPart.IsIn(file) && file.Element(Key) is { ValueKind: JsonValueKind.Array } list
            ? [.. list.EnumerateArray().Where(e => e.ValueKind == JsonValueKind.String).Select(e => e.GetString()!)]
            : [];
        return stated.Length == 0 || stated.Contains(used)
            ? null
            : $"{path}: {Key} names {string.Join(", ", stated)}, but model_type {config.ModelType} is {used}; "
                + "model_type is used, as transformers does.";
    }

    static string? Head(ModelDirectory model)
    {
        if (!model.Config.TieWordEmbeddings || !model.Stores(PeftAdapter.Head))
        {
            return null;
        }
        StoredTensor head = model.Weight(PeftAdapter.Head);
        bool isCopy = PeftAdapter.AreEqual(head, model.Weight(PeftAdapter.Embedding));
        head.Forget();
        return isCopy
            ? null
            : $"{model.Path}: {PeftAdapter.Head} is stored and differs from the embedding, but {ConfigFile} sets tie_word_embeddings; "
                + "the embedding is used as the head. To use the stored head, set tie_word_embeddings to false.";
    }
}
