using System.Globalization;
using Farsight.Engine.Models;
using Farsight.Engine.Numerics;
using Farsight.Engine.Parameters;

namespace Farsight.Engine.Checkpoints;

/// <summary>Stores a segment memory in segment_memory.safetensors, beside the adapter or the model that it was trained with.</summary>
public static class SegmentMemoryFile
{
    const string FileName = "segment_memory.safetensors";

    /// <summary>Writes a memory in F32, with its options in the metadata.</summary>
    /// <param name="directory">An existing directory.</param>
    /// <param name="memory">The memory.</param>
    public static void Write(string directory, SegmentMemory memory)
    {
        Dictionary<string, string> metadata = new() { ["format"] = "pt" };
        foreach ((string key, int value) in Keys(memory.Options))
        {
            metadata[key] = value.ToString(CultureInfo.InvariantCulture);
        }
        SafetensorsWriter.Write(
            Path.Combine(directory, FileName), memory.Parameters.Select(p => TensorToWrite.From(p.Name, NumberFormat.F32, p.Value)),
            metadata);
    }

    /// <summary>Whether a directory has a memory.</summary>
    public static bool IsIn(string directory) => File.Exists(Path.Combine(directory, FileName));

    /// <summary>Copies the memory of a directory to another, if there is one.</summary>
    internal static void Copy(string from, string to)
    {
        if (IsIn(from))
        {
            File.Copy(Path.Combine(from, FileName), Path.Combine(to, FileName));
        }
    }

    /// <summary>Attaches the memory of a directory to a model, if there is one.</summary>
    /// <exception cref="InputException">The file is damaged or belongs to another model.</exception>
    internal static void Attach(DecoderModel model, string directory)
    {
        if (!IsIn(directory))
        {
            return;
        }
        string path = Path.Combine(directory, FileName);
        using SafetensorsFile file = SafetensorsFile.Open(path);
        SegmentMemoryOptions options = new();
        int[] values = [.. Keys(options).Select(k => Option(file, k.Key))];
        options = new(values[0], values[1], values[2], values[3], values[4]);
        if (options.Problems("metadata").FirstOrDefault() is { } problem)
        {
            throw new InputException($"{path}: {problem}");
        }
        SegmentMemory memory = new(options, model.Config.HiddenSize);
        try
        {
            Fill(memory, file);
        }
        catch
        {
            memory.Dispose();
            throw;
        }
        model.SegmentMemory = memory;
    }

    static void Fill(SegmentMemory memory, SafetensorsFile file)
    {
        foreach (Parameter parameter in memory.Parameters)
        {
            if (!file.Tensors.TryGetValue(parameter.Name, out StoredTensor? tensor)
                || !tensor.Shape.SequenceEqual([parameter.Value.Count, parameter.Value.Width]))
            {
                throw new InputException(
                    $"{file.Path}: {parameter.Name} [{parameter.Value.Count}, {parameter.Value.Width}] is not in it; use the memory with "
                        + "the model that it was trained with.");
            }
            for (int row = 0; row < parameter.Value.Count; row++)
            {
                tensor.Read((long)row * parameter.Value.Width, parameter.Value[row]);
            }
        }
    }

    static int Option(SafetensorsFile file, string key) =>
        file.Metadata.TryGetValue(key, out string? text)
        && int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int value)
            ? value
            : throw new InputException($"{file.Path}: the metadata has no whole number {key}; write the memory again.");

    static (string Key, int Value)[] Keys(SegmentMemoryOptions options) =>
    [
        ("segment", options.Segment), ("summary", options.Summary), ("carry", options.Carry), ("slots", options.Slots),
        ("backward_segments", options.BackwardSegments),
    ];
}
