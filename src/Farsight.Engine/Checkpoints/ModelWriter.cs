using Farsight.Engine.Files;
using Farsight.Engine.Models;
using Farsight.Engine.Numerics;
using Farsight.Engine.Parameters;

namespace Farsight.Engine.Checkpoints;

/// <summary>Writes a Hugging Face model directory.</summary>
public static class ModelWriter
{
    /// <summary>
    /// Writes config.json and the weights of a fully trainable model; the caller adds the tokenizer.
    /// </summary>
    /// <param name="directory">Existing folder; use <see cref="AtomicDirectory"/> for atomic writes.</param>
    /// <param name="config">Shape of the model.</param>
    /// <param name="parameters">All weights, by Hugging Face's names.</param>
    /// <param name="format">Format of the values.</param>
    /// <exception cref="IOException">The disk is full.</exception>
    public static void Write(string directory, ModelConfig config, IReadOnlyList<Parameter> parameters, NumberFormat format) =>
        Write(
            directory,
            config,
            format,
            parameters.Select(p => TensorToWrite.From(p.Name, format, p.Value, asVector: p.Role == ParameterRole.Vector)));

    /// <summary>Writes config.json and the weights, in shards if they are large, block by block.</summary>
    /// <param name="directory">Existing folder; use <see cref="AtomicDirectory"/> for atomic writes.</param>
    /// <param name="config">Shape of the model.</param>
    /// <param name="format">Format of the weights for config.json.</param>
    /// <param name="tensors">One for every entry of <see cref="ParameterShapes.Of"/>.</param>
    /// <param name="shardBytes">Maximum bytes per file.</param>
    /// <param name="progress">Receives the bytes of values written so far; null for none.</param>
    /// <exception cref="ArgumentException">A tensor is missing, has another shape, or matches no weight of the model.</exception>
    /// <exception cref="IOException">The disk is full.</exception>
    public static WrittenWeights Write(
        string directory, ModelConfig config, NumberFormat format, IEnumerable<TensorToWrite> tensors,
        long shardBytes = ShardedSafetensors.DefaultShardBytes, Action<long>? progress = null)
    {
        TensorToWrite[] all = [.. tensors];
        Check(config, all);
        HuggingFaceConfig.Write(Path.Combine(directory, "config.json"), config, format);
        return ShardedSafetensors.Write(directory, all, shardBytes, progress);
    }

    static void Check(ModelConfig config, TensorToWrite[] tensors)
    {
        Dictionary<string, ParameterShape> open = ParameterShapes.Of(config).ToDictionary(p => p.Name, StringComparer.Ordinal);
        foreach (TensorToWrite tensor in tensors)
        {
            if (!open.Remove(tensor.Name, out ParameterShape? parameter))
            {
                throw new ArgumentException($"{tensor.Name} matches no weight of the model, or occurs twice.", nameof(tensors));
            }
            if (!parameter.Shape.SequenceEqual(tensor.Shape))
            {
                throw new ArgumentException(
                    $"{tensor.Name} is [{string.Join(", ", tensor.Shape)}], the model needs [{string.Join(", ", parameter.Shape)}].",
                    nameof(tensors));
            }
        }
        if (open.Count > 0)
        {
            throw new ArgumentException($"{open.Keys.Order(StringComparer.Ordinal).First()} is missing.", nameof(tensors));
        }
    }
}
