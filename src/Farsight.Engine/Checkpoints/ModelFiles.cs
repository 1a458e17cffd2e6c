using Farsight.Engine.Checkpoints.Gguf;
using Farsight.Engine.Models;

namespace Farsight.Engine.Checkpoints;

/// <summary>Represents the files of a model: its shape and its weights.</summary>
public interface IModelFiles : IWeightSource
{
    /// <summary>Path of the directory or the file.</summary>
    string Path { get; }

    /// <summary>Shape of the model.</summary>
    ModelConfig Config { get; }

    /// <summary>Returns the bytes of a tensor in its file.</summary>
    /// <exception cref="InputException">The tensor does not exist.</exception>
    long StoredBytes(string name);
}

/// <summary>Opens the files of a model by its path: a Hugging Face directory, or a GGUF file.</summary>
public static class ModelFiles
{
    /// <summary>Maps the weights and checks them against the model's shape.</summary>
    /// <exception cref="InputException">The files are not a model that this engine can run.</exception>
    public static IModelFiles Open(string path)
    {
        CheckExists(path);
        if (File.Exists(path) && PyTorchWeights.ProblemOfFile(path) is { } problem)
        {
            throw new InputException(problem);
        }
        return File.Exists(path) ? GgufWeights.Open(path) : new DirectoryWeights(ModelDirectory.Open(path));
    }

    /// <summary>Checks that a path exists and is not a directory of pickled weights alone.</summary>
    /// <exception cref="InputException">It does not exist, or it is one.</exception>
    public static void CheckExists(string path)
    {
        if (!Path.Exists(path))
        {
            throw new InputException($"{path} does not exist; use a model directory or a GGUF file.");
        }
        if (Directory.Exists(path) && !File.Exists(Path.Combine(path, "config.json")) && PyTorchWeights.ProblemOf(path) is { } problem)
        {
            throw new InputException(problem);
        }
    }

    /// <summary>
    /// Returns the name of a model for people: that of its directory or file, or of the repository if it is a snapshot of the Hugging Face
    /// cache.
    /// </summary>
    public static string NameOf(string path)
    {
        string[] parts = Path.TrimEndingDirectorySeparator(Path.GetFullPath(path)).Split(Path.DirectorySeparatorChar);
        return parts is [.., ['m', 'o', 'd', 'e', 'l', 's', '-', '-', ..] cached, "snapshots", _] ? cached.Split("--")[^1] : parts[^1];
    }

    /// <summary>Reads only the model's shape.</summary>
    /// <exception cref="InputException">The files are not a model that this engine can run.</exception>
    public static ModelConfig ReadConfig(string path)
    {
        CheckExists(path);
        if (!File.Exists(path))
        {
            return HuggingFaceConfig.Read(Path.Combine(path, "config.json"));
        }
        using GgufWeights file = GgufWeights.Open(path);
        return file.Config;
    }
}
