using System.Globalization;
using System.Text.Json;
using Farsight.Engine.Files;
using Farsight.Engine.Numerics;

namespace Farsight.Engine.Checkpoints;

/// <summary>Writes the weights of a model in Hugging Face's layout: model.safetensors, or shards and their index.</summary>
/// <remarks>Values are requested block by block, so only a few megabytes are in memory for models of any size.</remarks>
static class ShardedSafetensors
{
    /// <summary>Default maximum bytes per file, as in transformers.</summary>
    public const long DefaultShardBytes = 5_000_000_000;

    const string WeightsFile = "model.safetensors", IndexFile = "model.safetensors.index.json";

    /// <summary>
    /// Writes the tensors in their order, as many per file as fit; a tensor larger than a shard gets a file of its own.
    /// </summary>
    /// <param name="directory">Existing folder; use <see cref="AtomicDirectory"/> for atomic writes.</param>
    /// <param name="tensors">All weights, with distinct names.</param>
    /// <param name="shardBytes">Maximum bytes of the values of a file.</param>
    /// <param name="progress">Receives the bytes of values written so far, after every block; null for none.</param>
    /// <returns>Files and sizes.</returns>
    /// <exception cref="ArgumentException">A name occurs twice.</exception>
    /// <exception cref="IOException">The disk is full.</exception>
    public static WrittenWeights Write(
        string directory, IEnumerable<TensorToWrite> tensors, long shardBytes = DefaultShardBytes, Action<long>? progress = null)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(shardBytes);
        List<List<TensorToWrite>> shards = Cut(tensors, shardBytes);
        string[] files = [.. shards.Select((_, i) => shards.Count == 1 ? WeightsFile : Name(i + 1, shards.Count))];
        long done = 0;
        for (int i = 0; i < files.Length; i++)
        {
            SafetensorsWriter.Write(
                Path.Combine(directory, files[i]),
                shards[i].Select(t => Counted(t, bytes => progress?.Invoke(done += bytes))));
        }
        long total = shards.Sum(s => s.Sum(t => t.ByteCount));
        if (files.Length > 1)
        {
            WriteIndex(Path.Combine(directory, IndexFile), shards, files, total);
        }
        return new(files, total, shards.Sum(s => s.Sum(t => t.Count)));
    }

    static List<List<TensorToWrite>> Cut(IEnumerable<TensorToWrite> tensors, long shardBytes)
    {
        List<List<TensorToWrite>> shards = [[]];
        HashSet<string> names = new(StringComparer.Ordinal);
        long bytes = 0;
        foreach (TensorToWrite tensor in tensors)
        {
            if (!names.Add(tensor.Name))
            {
                throw new ArgumentException($"{tensor.Name} occurs twice.", nameof(tensors));
            }
            if (shards[^1].Count > 0 && bytes + tensor.ByteCount > shardBytes)
            {
                shards.Add([]);
                bytes = 0;
            }
            shards[^1].Add(tensor);
            bytes += tensor.ByteCount;
        }
        return shards;
    }

    static string Name(int number, int count) =>
        string.Create(CultureInfo.InvariantCulture, $"model-{number:D5}-of-{count:D5}.safetensors");

    static TensorToWrite Counted(TensorToWrite tensor, Action<long> written) => tensor with
    {
        Values = (first, destination) =>
        {
            tensor.Values(first, destination);
            written((long)destination.Length * tensor.Format.BytesPerValue);
        },
    };

    static void WriteIndex(string path, List<List<TensorToWrite>> shards, string[] files, long total) =>
        AtomicFile.Write(
            path,
            stream =>
            {
                using Utf8JsonWriter json = new(stream, new() { Indented = true, NewLine = "\n" });
                json.WriteStartObject();
                json.WriteStartObject("metadata");
                json.WriteNumber("total_size", total);
                json.WriteEndObject();
                json.WriteStartObject("weight_map");
                foreach (
                    (string tensor, string file) in shards
                        .SelectMany((s, i) => s.Select(t => (t.Name, files[i])))
                        .OrderBy(e => e.Name, StringComparer.Ordinal))
                {
                    json.WriteString(tensor, file);
                }
                json.WriteEndObject();
                json.WriteEndObject();
            });
}

/// <summary>Represents written weights.</summary>
/// <param name="Files">Names inside the directory.</param>
/// <param name="ByteCount">Bytes of all values.</param>
/// <param name="ValueCount">Number of values, the parameters of the model.</param>
public sealed record WrittenWeights(IReadOnlyList<string> Files, long ByteCount, long ValueCount);
