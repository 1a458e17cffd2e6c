using Farsight.Engine;
using Farsight.Engine.Checkpoints.Gguf;

namespace Farsight.Alignment.Inspection;

/// <summary>Says what a path holds: a model, an adapter, a dataset, a run.</summary>
public static class Inspector
{
    /// <summary>Inspects a file or directory. Weights are read only with <paramref name="scan"/>.</summary>
    /// <param name="path">A directory, or a GGUF, safetensors or JSONL file.</param>
    /// <param name="scan">Reads every weight and counts values that are not finite.</param>
    /// <exception cref="InputException">The path does not exist, has an unknown format, or is too damaged.</exception>
    public static Inspection Inspect(string path, bool scan = false)
    {
        bool Holds(string file) => File.Exists(Path.Combine(path, file));
        if (Directory.Exists(path))
        {
            return Holds("recipe.resolved.json") ? RunInspection.Of(path)
                : Holds("adapter_config.json") ? AdapterInspection.Of(path, scan)
                : Holds("config.json") ? ModelInspection.Of(path, scan)
                : throw new InputException(
                    $"{path} has no config.json, adapter_config.json or recipe.resolved.json, so it is not a directory of a model, an "
                        + "adapter or a run."
                );
        }
        if (!File.Exists(path))
        {
            throw new InputException($"{path} does not exist; check the path.");
        }
        return GgufFile.IsGguf(path)
            ? GgufInspection.Of(path, scan)
            : Path.GetExtension(path) switch
            {
                ".safetensors" => ModelInspection.OfFile(path, scan),
                ".jsonl" => DatasetInspection.Of(path),
                _ => throw new InputException(
                    $"{path} has an unknown format; use a directory of a model, an adapter or a run, or a GGUF, safetensors or JSONL file."
                ),
            };
    }
}

/// <summary>Represents the result of an inspection.</summary>
/// <param name="Kind">model directory, GGUF model, GGUF adapter, adapter, safetensors, preference dataset, run.</param>
/// <param name="Facts">Names and values in display order; a value is a number, a text, a Boolean or a list of texts.</param>
/// <param name="Unusual">Findings that a user should know, one sentence each; may be empty.</param>
/// <param name="Tensors">Tensors sorted by name; may be empty.</param>
public sealed record Inspection(
    string Kind, IReadOnlyList<KeyValuePair<string, object>> Facts, IReadOnlyList<string> Unusual, IReadOnlyList<InspectedTensor> Tensors);

/// <summary>Represents a tensor of a file.</summary>
/// <param name="Name">Name in the file.</param>
/// <param name="Type">Type in the file's notation: BF16, Q4_K.</param>
/// <param name="Shape">Extents, slowest first.</param>
/// <param name="ByteCount">Size of the values in bytes.</param>
/// <param name="NotFinite">Number of values that are NaN or infinite; null if not scanned.</param>
public sealed record InspectedTensor(string Name, string Type, IReadOnlyList<int> Shape, long ByteCount, long? NotFinite);
