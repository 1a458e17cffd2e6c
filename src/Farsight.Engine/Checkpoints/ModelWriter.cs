using Farsight.Engine.Files;
using Farsight.Engine.Models;
using Farsight.Engine.Numerics;
using Farsight.Engine.Parameters;

namespace Farsight.Engine.Checkpoints;

/// <summary>Writes a Hugging Face model directory.</summary>
public static class ModelWriter
{
    /// <summary>
    /// Writes config.json and the weights of a model whose every weight is a parameter; a tokenizer is the caller's to add.
    /// </summary>
    /// <param name="directory">An existing folder; use <see cref="AtomicDirectory"/> to make it appear whole.</param>
    /// <param name="config">The model's shape.</param>
    /// <param name="parameters">All weights, by Hugging Face's names.</param>
    /// <param name="format">How the values are stored.</param>
    /// <exception cref="IOException">The disk is full.</exception>
    public static void Write(string directory, ModelConfig config, IReadOnlyList<Parameter> parameters, NumberFormat format) =>
        Write(
            directory,
            config,
            format,
            parameters.Select(p => TensorToWrite.From(p.Name, format, p.Value, asVector: p.Role == ParameterRole.Vector)));

    /// <summary>Writes config.json and the weights, in shards where they are large, without holding them in memory.</summary>
    /// <param name="directory">An existing folder; use <see cref="AtomicDirectory"/> to make it appear whole.</param>
    /// <param name="config">The model's shape.</param>
    /// <param name="format">What config.json says of the weights.</param>
    /// <param name="tensors">One for every entry of <see cref="ParameterShapes.Of"/>.</param>
    /// <param name="shardBytes">Upper bound of a file.</param>
    /// <param name="progress">Receives the bytes of values written so far; null for nobody.</param>
    /// <exception cref="ArgumentException">A tensor is missing, has another shape, or belongs to nothing in the model.</exception>
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
                throw new ArgumentException($"{tensor.Name} belongs to nothing in the model, or is there twice.", nameof(tensors));
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
