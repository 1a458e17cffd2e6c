using System.Runtime.InteropServices;
using Farsight.Engine.Kernels;
using Farsight.Engine.Models;
using Farsight.Engine.Numerics;

namespace Farsight.Engine.Checkpoints;

/// <summary>An adapter directory in PEFT's layout: adapter_config.json, adapter_model.safetensors, and the model's config.json.</summary>
/// <remarks>
/// PEFT puts "base_model.model." before the base's names and leaves out the name of the adapter, for LoRA matrices and for
/// modules that were trained whole. Where the head is tied to a trained embedding, PEFT ties them only with the key
/// ensure_weight_tying, and then looks for the head's weight as well: it is written as a copy, and left out on reading.
/// config.json is ours: the settings the adapter was trained under, RoPE scaling included.
/// </remarks>
public sealed class PeftAdapter : IDisposable
{
    const string Prefix = "base_model.model.", WeightsFile = "adapter_model.safetensors", ConfigFile = "config.json";
    const string A = ".lora_A.weight", B = ".lora_B.weight";
    const string Embedding = "model.embed_tokens.weight", Head = "lm_head.weight";

    readonly SafetensorsFile _file;

    PeftAdapter(AdapterDescription description, SafetensorsFile file, ModelConfig? effective)
    {
        (Description, _file, Effective) = (description, file, effective);
        Dictionary<string, StoredTensor> tensors = new(StringComparer.Ordinal);
        foreach (StoredTensor tensor in file.Tensors.Values)
        {
            string name = BaseName(tensor);
            Check(name, tensor);
            if (!tensors.TryAdd(name, tensor))
            {
                throw new InputException($"{file.Path}: {name} is there twice under two spellings; keep one.");
            }
        }
        if (IsCopyOfEmbedding(tensors))
        {
            tensors.Remove(Head);
        }
        Tensors = tensors;
        CheckComplete();
    }

    /// <summary>What adapter_config.json says.</summary>
    public AdapterDescription Description { get; }

    /// <summary>By the base's names: "model.layers.0.self_attn.q_proj.lora_A.weight" [R, input], "….lora_B.weight" [output, R], "model.embed_tokens.weight".</summary>
    public IReadOnlyDictionary<string, StoredTensor> Tensors { get; }

    /// <summary>The model's settings the adapter was trained under; null when the directory has no config.json.</summary>
    public ModelConfig? Effective { get; }

    /// <summary>Opens an adapter directory.</summary>
    /// <exception cref="InputException">A file is missing or damaged, or the adapter is of a kind that is not supported.</exception>
    public static PeftAdapter Read(string directory)
    {
        AdapterDescription description = PeftAdapterConfig.Read(Path.Combine(directory, PeftAdapterConfig.FileName));
        string config = Path.Combine(directory, ConfigFile);
        ModelConfig? effective = File.Exists(config) ? HuggingFaceConfig.Read(config) : null;
        SafetensorsFile file = SafetensorsFile.Open(Path.Combine(directory, WeightsFile));
        try
        {
            return new(description, file, effective);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>Writes an adapter directory in F32, reads it back, compares every bit, and only then puts it in place.</summary>
    /// <param name="directory">New, empty, or an older adapter, which is replaced.</param>
    /// <param name="description">For adapter_config.json.</param>
    /// <param name="tensors">By the base's names, as in <see cref="Tensors"/>; one row for a vector.</param>
    /// <param name="effective">For config.json.</param>
    /// <exception cref="IOException">The disk is full or does not hold what was written; an older adapter is still there.</exception>
    /// <exception cref="InputException">The directory holds something else.</exception>
    public static void Write(string directory, AdapterDescription description, IReadOnlyList<(string Name, WeightMatrix Value)> tensors, ModelConfig effective) =>
        AtomicDirectory.Write(directory, PeftAdapterConfig.FileName, temporary =>
        {
            SafetensorsWriter.Write(
                Path.Combine(temporary, WeightsFile),
                WithTiedHead(tensors, effective).Select(t => TensorToWrite.From(Prefix + t.Name, NumberFormat.F32, t.Value, IsVector(t.Name))));
            PeftAdapterConfig.Write(Path.Combine(temporary, PeftAdapterConfig.FileName), description, effective.TieWordEmbeddings);
            HuggingFaceConfig.Write(Path.Combine(temporary, ConfigFile), effective, NumberFormat.F32);
            Verify(temporary, directory, tensors);
        });

    /// <inheritdoc/>
    public void Dispose() => _file.Dispose();

    static IEnumerable<(string Name, WeightMatrix Value)> WithTiedHead(IReadOnlyList<(string Name, WeightMatrix Value)> tensors, ModelConfig effective) =>
        effective.TieWordEmbeddings ? tensors.Concat([.. tensors.Where(t => t.Name == Embedding).Select(t => (Head, t.Value))]) : tensors;

    bool IsCopyOfEmbedding(Dictionary<string, StoredTensor> tensors)
    {
        if (Description.ModulesToSave.Contains("lm_head") || !tensors.TryGetValue(Head, out StoredTensor? head)
            || !tensors.TryGetValue(Embedding, out StoredTensor? embedding) || !head.Shape.SequenceEqual(embedding.Shape) || head.Shape.Count != 2)
        {
            return false;
        }
        for (int row = 0; row < head.Shape[0]; row++)
        {
            long first = (long)row * head.Shape[1];
            if (!head.BytesOf(first, head.Shape[1]).SequenceEqual(embedding.BytesOf(first, head.Shape[1])))
            {
                return false;
            }
        }
        return true;
    }

    static bool IsVector(string name) => name.EndsWith("norm.weight", StringComparison.Ordinal);

    static void Verify(string written, string directory, IReadOnlyList<(string Name, WeightMatrix Value)> tensors)
    {
        using PeftAdapter adapter = Read(written);
        foreach ((string name, WeightMatrix value) in tensors)
        {
            float[] values = new float[value.ColumnCount];
            for (int row = 0; row < value.RowCount; row++)
            {
                value.Read(row, 0, values);
                if (!adapter.Tensors[name].BytesOf((long)row * values.Length, values.Length).SequenceEqual(MemoryMarshal.AsBytes(values.AsSpan())))
                {
                    throw new IOException($"{directory} was written, but {name} reads back differently; check the disk.");
                }
            }
        }
    }

    // Also spells that older versions of PEFT and copies of a live state dict use.
    string BaseName(StoredTensor tensor) => tensor.Name.StartsWith(Prefix, StringComparison.Ordinal)
        ? tensor.Name[Prefix.Length..].Replace(".modules_to_save.", ".", StringComparison.Ordinal).Replace(".default.", ".", StringComparison.Ordinal)
        : throw new InputException($"{_file.Path}: {tensor.Name} does not start with {Prefix} as PEFT's names do; save the adapter with PEFT.");

    void Check(string name, StoredTensor tensor)
    {
        _ = tensor.Format; // throws for types that are no weights
        int rankAt = name.EndsWith(A, StringComparison.Ordinal) ? 0 : name.EndsWith(B, StringComparison.Ordinal) ? 1 : -1;
        if (rankAt < 0)
        {
            if (name.Contains(".lora_", StringComparison.Ordinal) || !name.EndsWith(".weight", StringComparison.Ordinal))
            {
                throw new InputException($"{_file.Path}: {tensor.Name} is of a kind that is not supported; only lora_A, lora_B and whole modules are.");
            }
        }
        else if (tensor.Shape.Count != 2 || tensor.Shape[rankAt] != Description.Rank)
        {
            throw new InputException($"{_file.Path}: {tensor.Name} is [{string.Join(", ", tensor.Shape)}], {PeftAdapterConfig.FileName} says r {Description.Rank}; the two files are not of one adapter.");
        }
        else if (!Description.Targets.Contains(name.Split('.')[^3]) && !Description.Targets.Contains(name[..^A.Length]))
        {
            throw new InputException($"{_file.Path}: {tensor.Name} is not of the target_modules {string.Join(", ", Description.Targets)} of {PeftAdapterConfig.FileName}; the two files are not of one adapter.");
        }
    }

    void CheckComplete()
    {
        foreach (string name in Tensors.Keys.Where(n => n.EndsWith(A, StringComparison.Ordinal) || n.EndsWith(B, StringComparison.Ordinal)))
        {
            string other = name[..^A.Length] + (name.EndsWith(A, StringComparison.Ordinal) ? B : A);
            if (!Tensors.ContainsKey(other))
            {
                throw new InputException($"{_file.Path}: {Prefix}{other} is missing, and {name} is there; the adapter is incomplete, save it again.");
            }
        }
        if (Description.ModulesToSave.FirstOrDefault(m => !Tensors.Keys.Any(n => n.EndsWith($"{m}.weight", StringComparison.Ordinal))) is { } absent)
        {
            throw new InputException($"{_file.Path}: the weight of {absent}, one of modules_to_save in {PeftAdapterConfig.FileName}, is missing; the adapter is incomplete, save it again.");
        }
    }
}
