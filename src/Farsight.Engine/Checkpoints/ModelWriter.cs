using Farsight.Engine.Models;
using Farsight.Engine.Numerics;

namespace Farsight.Engine.Checkpoints;

/// <summary>Writes a model whose every weight is a parameter, as a Hugging Face directory.</summary>
public static class ModelWriter
{
    /// <summary>Writes config.json and model.safetensors; a tokenizer is the caller's to add.</summary>
    /// <param name="directory">An existing folder; use <see cref="AtomicDirectory"/> to make it appear whole.</param>
    /// <param name="config">The model's shape.</param>
    /// <param name="parameters">All weights, by Hugging Face's names.</param>
    /// <param name="format">How the values are stored.</param>
    /// <exception cref="IOException">The disk is full.</exception>
    public static void Write(string directory, ModelConfig config, IReadOnlyList<Parameter> parameters, NumberFormat format)
    {
        HuggingFaceConfig.Write(Path.Combine(directory, "config.json"), config, format);
        SafetensorsWriter.Write(
            Path.Combine(directory, "model.safetensors"),
            parameters.Select(p => TensorToWrite.From(p.Name, format, p.Value, asVector: p.Role == ParameterRole.Vector)));
    }
}
