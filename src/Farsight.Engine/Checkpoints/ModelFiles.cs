using Farsight.Engine.Checkpoints.Gguf;
using Farsight.Engine.Models;

namespace Farsight.Engine.Checkpoints;

/// <summary>Opens a model by its path: a Hugging Face directory, or a GGUF file.</summary>
public static class ModelFiles
{
    /// <summary>Maps the weights and checks them against the model's shape.</summary>
    /// <exception cref="InputException">The files are not a model that this engine can run.</exception>
    public static IModelFiles Open(string path) =>
        File.Exists(path) ? GgufWeights.Open(path) : new DirectoryWeights(ModelDirectory.Open(path));

    /// <summary>Reads the model's shape alone.</summary>
    /// <exception cref="InputException">As for <see cref="Open"/>.</exception>
    public static ModelConfig ReadConfig(string path)
    {
        if (!File.Exists(path))
        {
            return HuggingFaceConfig.Read(Path.Combine(path, "config.json"));
        }
        using GgufWeights file = GgufWeights.Open(path);
        return file.Config;
    }
}
