using System.Runtime.InteropServices;
using Farsight.Engine.Files;
using Farsight.Engine.Kernels;
using Farsight.Engine.Models;
using Farsight.Engine.Numerics;

namespace Farsight.Engine.Checkpoints;

/// <summary>An adapter directory in PEFT's layout: adapter_config.json, adapter_model.safetensors, and the model's config.json.</summary>
/// <remarks>
/// PEFT puts "base_model.model." before the base's names and leaves out the name of the adapter, for LoRA matrices and for
/// modules that were trained whole. Where the head is tied to a trained embedding, PEFT takes the two apart: both are written,
/// with the same values and both in modules_to_save, which every version of it loads rightly; on reading two that are equal
/// count as tied. An embedding without a head moves a tied head along, unless ensure_weight_tying is there and false: then PEFT
/// left the head as it was in the base. config.json is ours: the settings the adapter was trained under, RoPE scaling included.
/// </remarks>
public sealed class PeftAdapter : IDisposable
{
    /// <summary>The embedding's weight, if it was trained whole.</summary>
    internal const string Embedding = "model.embed_tokens.weight";

    /// <summary>The head's weight, if it was trained whole.</summary>
    internal const string Head = "lm_head.weight";

    internal const string HeadModule = "lm_head";

    const string EmbeddingModule = "embed_tokens", FingerprintKey = "base_fingerprint";
    const string Prefix = "base_model.model.", WeightsFile = "adapter_model.safetensors", ConfigFile = "config.json";
    const string A = ".lora_A.weight", B = ".lora_B.weight";

    readonly SafetensorsFile _file;
    readonly AdapterTargets _targets;

    PeftAdapter(AdapterDescription description, SafetensorsFile file, ModelConfig? effective, string directory)
    {
        (Description, _file, Effective) = (description, file, effective);
        _targets = new(description, System.IO.Path.Combine(directory, PeftAdapterConfig.FileName));
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
        Tensors = tensors;
        CheckComplete();
        HeadIsEmbedding =
            tensors.TryGetValue(Head, out StoredTensor? head)
            && tensors.TryGetValue(Embedding, out StoredTensor? embedding)
            && AreEqual(head, embedding);
        Description = description with
        {
            BaseFingerprint = file.Metadata.GetValueOrDefault(FingerprintKey),
            ModulesToSave = HeadIsEmbedding ? [.. description.ModulesToSave.Where(m => m != HeadModule)] : description.ModulesToSave,
        };
        Updates =
        [
            .. tensors
                .Keys.Where(n => n.EndsWith(A, StringComparison.Ordinal))
                .Select(n => n[..^A.Length])
                .Order(StringComparer.Ordinal)
                .Select(m => new LowRankUpdate(m, tensors[m + A], tensors[m + B], _targets.ScaleOf(m))),
        ];
        Notices = [.. _targets.Unmatched([.. Updates.Select(u => u.Module)])];
    }

    /// <summary>The directory.</summary>
    public string Path => System.IO.Path.GetDirectoryName(_file.Path)!;

    /// <summary>What adapter_config.json says; a head that only repeats the embedding is left out of the modules.</summary>
    public AdapterDescription Description { get; }

    /// <summary>
    /// By the base's names: "model.layers.0.self_attn.q_proj.lora_A.weight" [R, input], "….lora_B.weight" [output, R],
    /// "model.embed_tokens.weight".
    /// </summary>
    public IReadOnlyDictionary<string, StoredTensor> Tensors { get; }

    /// <summary>The low-rank updates, by the names of their layers.</summary>
    public IReadOnlyList<LowRankUpdate> Updates { get; }

    /// <summary>Sentences about settings that have no effect: patterns and targets that match no updated layer.</summary>
    public IReadOnlyList<string> Notices { get; }

    /// <summary>The modules that were trained whole, by the names of their weights.</summary>
    public IEnumerable<StoredTensor> Modules => Tensors.Where(t => !IsLora(t.Key)).Select(t => t.Value);

    /// <summary>Embedding and head are both there and equal: a tied model stays tied.</summary>
    public bool HeadIsEmbedding { get; }

    /// <summary>
    /// A tied model's head and embedding part: the adapter has a head of its own, or leaves the head at the base's embedding.
    /// </summary>
    internal bool PartsHead =>
        Tensors.ContainsKey(Head) ? !HeadIsEmbedding : Tensors.ContainsKey(Embedding) && Description.EnsureWeightTying == false;

    /// <summary>The model's settings the adapter was trained under; null when the directory has no config.json.</summary>
    public ModelConfig? Effective { get; }

    /// <summary>Opens an adapter directory.</summary>
    /// <exception cref="InputException">A file is missing or damaged, or the adapter is of a kind that is not supported.</exception>
    public static PeftAdapter Read(string directory)
    {
        AdapterDescription description = PeftAdapterConfig.Read(System.IO.Path.Combine(directory, PeftAdapterConfig.FileName));
        string config = System.IO.Path.Combine(directory, ConfigFile);
        ModelConfig? effective = File.Exists(config) ? HuggingFaceConfig.Read(config) : null;
        SafetensorsFile file = SafetensorsFile.Open(System.IO.Path.Combine(directory, WeightsFile));
        try
        {
            return new(description, file, effective, directory);
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
    public static void Write(
        string directory,
        AdapterDescription description,
        IReadOnlyList<(string Name, WeightMatrix Value)> tensors,
        ModelConfig effective
    ) =>
        AtomicDirectory.Write(
            directory,
            PeftAdapterConfig.FileName,
            temporary =>
            {
                bool withHead =
                    effective.TieWordEmbeddings && description.ModulesToSave.Contains(EmbeddingModule) && tensors.All(t => t.Name != Head);
                SafetensorsWriter.Write(
                    System.IO.Path.Combine(temporary, WeightsFile),
                    WithHead(tensors, withHead)
                        .Select(t => TensorToWrite.From(Prefix + t.Name, NumberFormat.F32, t.Value, IsVector(t.Name))),
                    Metadata(description));
                PeftAdapterConfig.Write(System.IO.Path.Combine(temporary, PeftAdapterConfig.FileName), description, withHead);
                HuggingFaceConfig.Write(System.IO.Path.Combine(temporary, ConfigFile), effective, NumberFormat.F32);
                Verify(temporary, directory, WithHead(tensors, withHead));
            });

    /// <summary>
    /// Checks that a model's layers and this adapter's belong together, by names and, if it is known, by the base's values.
    /// </summary>
    /// <param name="linears">Names of the model's linear layers: "model.layers.0.self_attn.q_proj".</param>
    /// <param name="vocabSize">V.</param>
    /// <param name="fingerprint">The model's, or null if unknown.</param>
    /// <exception cref="InputException">They do not, and how one can tell.</exception>
    internal void CheckBase(IEnumerable<string> linears, int vocabSize, string? fingerprint)
    {
        string directory = Path;
        if (Description.BaseFingerprint is { } trainedOn && fingerprint is not null && trainedOn != fingerprint)
        {
            throw new InputException(
                $"{directory}: the adapter was trained on other weights than these{(Description.BaseModelName is { } name ? $", on {name}" : "")}; use the model it was trained on."
            );
        }
        foreach (string name in (string[])[Embedding, Head])
        {
            if (Tensors.TryGetValue(name, out StoredTensor? whole) && whole.Shape[0] != vocabSize)
            {
                throw new InputException(
                    $"{directory}: {name} has {whole.Shape[0]} rows, and the model's vocabulary has {vocabSize} tokens; the adapter was trained on a model whose vocabulary was resized, use that one."
                );
            }
        }
        HashSet<string> updated = [.. Updates.Select(u => u.Module)];
        if (linears.FirstOrDefault(l => _targets.Cover(l) && !updated.Contains(l)) is { } absent)
        {
            throw new InputException($"{directory}: {absent}{A} is missing; the adapter is not of this model, or not complete.");
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _file.Dispose();

    static Dictionary<string, string> Metadata(AdapterDescription description)
    {
        Dictionary<string, string> metadata = new() { ["format"] = "pt" };
        if (description.BaseFingerprint is { } fingerprint)
        {
            metadata.Add(FingerprintKey, fingerprint);
        }
        return metadata;
    }

    static IEnumerable<(string Name, WeightMatrix Value)> WithHead(
        IReadOnlyList<(string Name, WeightMatrix Value)> tensors,
        bool withHead
    ) => withHead ? tensors.Concat([.. tensors.Where(t => t.Name == Embedding).Select(t => (Head, t.Value))]) : tensors;

    internal static bool AreEqual(StoredTensor a, StoredTensor b)
    {
        if (a.DType != b.DType || !a.Shape.SequenceEqual(b.Shape) || a.Shape.Count != 2)
        {
            return false;
        }
        for (int row = 0; row < a.Shape[0]; row++)
        {
            long first = (long)row * a.Shape[1];
            if (!a.BytesOf(first, a.Shape[1]).SequenceEqual(b.BytesOf(first, b.Shape[1])))
            {
                return false;
            }
        }
        return true;
    }

    static bool IsLora(string name) => name.EndsWith(A, StringComparison.Ordinal) || name.EndsWith(B, StringComparison.Ordinal);

    static bool IsVector(string name) => name.EndsWith("norm.weight", StringComparison.Ordinal);

    static void Verify(string written, string directory, IEnumerable<(string Name, WeightMatrix Value)> tensors)
    {
        using PeftAdapter adapter = Read(written);
        foreach ((string name, WeightMatrix value) in tensors)
        {
            float[] values = new float[value.ColumnCount];
            for (int row = 0; row < value.RowCount; row++)
            {
                value.Read(row, 0, values);
                if (
                    !adapter
                        .Tensors[name]
                        .BytesOf((long)row * values.Length, values.Length)
                        .SequenceEqual(MemoryMarshal.AsBytes(values.AsSpan())))
                {
                    throw new IOException($"{directory} was written, but {name} reads back differently; check the disk.");
                }
            }
        }
    }

    // Also spells that older versions of PEFT and copies of a live state dict use.
    string BaseName(StoredTensor tensor) =>
        tensor.Name.StartsWith(Prefix, StringComparison.Ordinal)
            ? tensor
                .Name[Prefix.Length..]
                .Replace(".modules_to_save.", ".", StringComparison.Ordinal)
                .Replace(".default.", ".", StringComparison.Ordinal)
            : throw new InputException(
                $"{_file.Path}: {tensor.Name} does not start with {Prefix} as PEFT's names do; save the adapter with PEFT.");

    void Check(string name, StoredTensor tensor)
    {
        _ = tensor.Format; // throws for types that are no weights
        int rankAt = name.EndsWith(A, StringComparison.Ordinal) ? 0 : name.EndsWith(B, StringComparison.Ordinal) ? 1 : -1;
        if (rankAt < 0)
        {
            if (
                name.Contains(".lora_", StringComparison.Ordinal)
                || !name.EndsWith(".weight", StringComparison.Ordinal)
                || tensor.Shape.Count is not (1 or 2))
            {
                throw new InputException(
                    $"{_file.Path}: {tensor.Name} is of a kind that is not supported; only lora_A, lora_B and whole modules are.");
            }
            return;
        }
        string module = name[..^A.Length];
        int rank = _targets.RankOf(module);
        if (tensor.Shape.Count != 2 || tensor.Shape[rankAt] != rank)
        {
            throw new InputException(
                $"{_file.Path}: {tensor.Name} is [{string.Join(", ", tensor.Shape)}], {PeftAdapterConfig.FileName} says r {rank}; the two files are not of one adapter."
            );
        }
        if (!_targets.Cover(module))
        {
            throw new InputException(
                $"{_file.Path}: {tensor.Name} is not of the target_modules {Description.TargetPattern ?? string.Join(", ", Description.Targets)} of {PeftAdapterConfig.FileName}; the two files are not of one adapter."
            );
        }
    }

    void CheckComplete()
    {
        foreach (string name in Tensors.Keys.Where(IsLora))
        {
            string other = name[..^A.Length] + (name.EndsWith(A, StringComparison.Ordinal) ? B : A);
            if (!Tensors.ContainsKey(other))
            {
                throw new InputException(
                    $"{_file.Path}: {Prefix}{other} is missing, and {name} is there; the adapter is incomplete, save it again.");
            }
        }
        if (
            Description.ModulesToSave.FirstOrDefault(m => !Tensors.Keys.Any(n => n.EndsWith($"{m}.weight", StringComparison.Ordinal))) is
            { } absent)
        {
            throw new InputException(
                $"{_file.Path}: the weight of {absent}, one of modules_to_save in {PeftAdapterConfig.FileName}, is missing; the adapter is incomplete, save it again."
            );
        }
    }
}

/// <summary>The update of one layer: W + Scale · B · A.</summary>
/// <param name="Module">"model.layers.0.self_attn.q_proj".</param>
/// <param name="A">[R, inputs]</param>
/// <param name="B">[outputs, R]</param>
/// <param name="Scale">s.</param>
public sealed record LowRankUpdate(string Module, StoredTensor A, StoredTensor B, float Scale);
