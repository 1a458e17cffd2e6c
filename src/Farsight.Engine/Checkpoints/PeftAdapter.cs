using System.Runtime.InteropServices;
using Farsight.Engine.Files;
using Farsight.Engine.Kernels;
using Farsight.Engine.Models;
using Farsight.Engine.Numerics;

namespace Farsight.Engine.Checkpoints;

/// <summary>Represents an adapter directory in PEFT's layout: adapter_config.json, adapter_model.safetensors and config.json.</summary>
/// <remarks>
/// PEFT puts "base_model.model." before the base's names and omits the name of the adapter, for LoRA matrices and for fully trained
/// modules. If the head is tied to a trained embedding, PEFT unties the two: both are written with the same values and listed in
/// modules_to_save, which every version of PEFT loads correctly. On reading, equal ones count as tied. An embedding without a head
/// changes a tied head as well, unless ensure_weight_tying is false: then PEFT kept the head of the base. config.json is Farsight's
/// addition: the config under which the adapter was trained, including its RoPE scaling.
/// </remarks>
public sealed class PeftAdapter : IDisposable
{
    /// <summary>Name of the embedding's weight.</summary>
    internal const string Embedding = DecoderWeights.EmbeddingsName;

    /// <summary>Name of the head's weight.</summary>
    internal const string Head = DecoderWeights.HeadName;

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
                throw new InputException($"{file.Path}: {name} occurs twice under two spellings; keep one.");
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

    /// <summary>Path of the directory.</summary>
    public string Path => System.IO.Path.GetDirectoryName(_file.Path)!;

    /// <summary>Settings from adapter_config.json. A head that repeats the embedding is not among the modules.</summary>
    public AdapterDescription Description { get; }

    /// <summary>
    /// Tensors by the base's names: "model.layers.0.self_attn.q_proj.lora_A.weight" [R, input], "….lora_B.weight" [output, R],
    /// "model.embed_tokens.weight".
    /// </summary>
    public IReadOnlyDictionary<string, StoredTensor> Tensors { get; }

    /// <summary>Low-rank updates, ordered by the names of their layers.</summary>
    public IReadOnlyList<LowRankUpdate> Updates { get; }

    /// <summary>Notices about settings without effect: patterns and targets that match no updated layer.</summary>
    public IReadOnlyList<string> Notices { get; }

    /// <summary>Names of the weights that were trained in full: "model.embed_tokens.weight".</summary>
    public IEnumerable<string> Modules => Tensors.Keys.Where(n => !IsLora(n));

    /// <summary>Whether the adapter contains an equal embedding and head, so that a tied model stays tied.</summary>
    internal bool HeadIsEmbedding { get; }

    /// <summary>
    /// Whether the adapter unties the head of a tied model: it has another head, or keeps the head of the base.
    /// </summary>
    internal bool UntiesHead =>
        Tensors.ContainsKey(Head) ? !HeadIsEmbedding : Tensors.ContainsKey(Embedding) && Description.EnsureWeightTying == false;

    /// <summary>Config under which the adapter was trained; null if the directory has no config.json.</summary>
    public ModelConfig? Effective { get; }

    /// <summary>Opens an adapter directory.</summary>
    /// <exception cref="InputException">A file is missing or damaged, or this kind of adapter is not supported.</exception>
    public static PeftAdapter Read(string directory)
    {
        CheckIsAdapter(directory);
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

    /// <summary>
    /// Returns the base model that an adapter names. A relative path is searched in the adapter's folder, then in the working folder.
    /// </summary>
    /// <param name="directory">Path of the adapter directory.</param>
    /// <returns>The path of an existing file or folder, or the name as it is stored, such as that of a hub.</returns>
    /// <exception cref="InputException">The directory is no adapter, or it names no base model.</exception>
    public static string BaseModelOf(string directory)
    {
        CheckIsAdapter(directory);
        string config = System.IO.Path.Combine(directory, PeftAdapterConfig.FileName);
        string name = PeftAdapterConfig.Read(config).BaseModelName is { Length: > 0 } stated
            ? stated
            : throw new InputException($"{config} names no base model; name the model that the adapter was trained on.");
        string beside = System.IO.Path.GetFullPath(System.IO.Path.Combine(directory, name));
        return System.IO.Path.Exists(beside) ? beside : System.IO.Path.Exists(name) ? System.IO.Path.GetFullPath(name) : name;
    }

    /// <summary>Returns <see cref="Notices"/>, and one if the adapter names another base model and has no fingerprint to check.</summary>
    /// <param name="model">Path of the model that it is used with: a directory or a GGUF file.</param>
    public IReadOnlyList<string> NoticesOn(string model)
    {
        string used = ModelFiles.NameOf(model), stated = LastPart(Description.BaseModelName ?? "");
        bool isOther = Description.BaseFingerprint is null && Directory.Exists(model) && stated.Length > 0
            && !stated.Equals(used, StringComparison.OrdinalIgnoreCase);
        return isOther
            ?
            [
                .. Notices,
                $"{Path}: base_model_name_or_path is {Description.BaseModelName}, but the model is {used}; check that the adapter was "
                    + "trained on this model.",
            ]
            : Notices;
    }

    /// <summary>Writes an adapter directory in F32, reads it back, compares every bit, and then replaces the target.</summary>
    /// <param name="directory">New or empty directory, or an older adapter, which is replaced.</param>
    /// <param name="description">Content of adapter_config.json.</param>
    /// <param name="tensors">By the base's names, as in <see cref="Tensors"/>; one row for a vector.</param>
    /// <param name="effective">Content of config.json.</param>
    /// <param name="memory">Segment memory that was trained with the adapter; null for none.</param>
    /// <exception cref="IOException">The disk is full or returns other values; an older adapter is kept.</exception>
    /// <exception cref="InputException">The directory contains other files.</exception>
    public static void Write(
        string directory,
        AdapterDescription description,
        IReadOnlyList<(string Name, WeightMatrix Value)> tensors,
        ModelConfig effective,
        SegmentMemory? memory = null
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
                if (memory is not null)
                {
                    SegmentMemoryFile.Write(temporary, memory);
                }
                Verify(temporary, directory, WithHead(tensors, withHead));
            });

    /// <summary>
    /// Checks that the adapter belongs to a model, by names and, if known, by the fingerprint.
    /// </summary>
    /// <param name="linears">Names of the model's linear layers: "model.layers.0.self_attn.q_proj".</param>
    /// <param name="vocabSize">V: tokens of the vocabulary.</param>
    /// <param name="fingerprint">Fingerprint of the model; null if unknown.</param>
    /// <exception cref="InputException">The adapter belongs to another model.</exception>
    internal void CheckBase(IEnumerable<string> linears, int vocabSize, string? fingerprint)
    {
        string directory = Path;
        if (Description.BaseFingerprint is { } trainedOn && fingerprint is not null && trainedOn != fingerprint)
        {
            throw new InputException(
                $"{directory}: the adapter was trained on other weights{(Description.BaseModelName is { } name ? $", on {name}" : "")}; "
                + "use the model it was trained on."
            );
        }
        foreach (string name in (string[])[Embedding, Head])
        {
            if (Tensors.TryGetValue(name, out StoredTensor? whole) && whole.Shape[0] != vocabSize)
            {
                throw new InputException(
                    $"{directory}: {name} has {whole.Shape[0]} rows, but the model's vocabulary has {vocabSize} tokens; "
                    + "use the model with the resized vocabulary that the adapter was trained on."
                );
            }
        }
        HashSet<string> updated = [.. Updates.Select(u => u.Module)];
        if (linears.FirstOrDefault(l => _targets.Cover(l) && !updated.Contains(l)) is { } absent)
        {
            throw new InputException($"{directory}: {absent}{A} is missing; the adapter belongs to another model or is incomplete.");
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _file.Dispose();

    static void CheckIsAdapter(string directory)
    {
        const string Inside = "adapter"; // where a run keeps it
        bool Has(string folder) => File.Exists(System.IO.Path.Combine(folder, PeftAdapterConfig.FileName));
        if (!System.IO.Path.Exists(directory))
        {
            throw new InputException($"{directory} does not exist; use an adapter directory, which contains {PeftAdapterConfig.FileName}.");
        }
        if (!Has(directory))
        {
            string inside = System.IO.Path.Combine(directory, Inside);
            throw new InputException(
                $"{directory} is not an adapter directory, because it has no {PeftAdapterConfig.FileName}; use "
                    + (Has(inside) ? $"{inside}." : "the directory that contains it."));
        }
    }

    // Hugging Face's cache keeps a model in models--owner--name/snapshots/revision.
    static string LastPart(string name) => name.TrimEnd('/', '\\').Split('/', '\\')[^1];

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
                    throw new IOException($"{directory} was written, but {name} has other values when read back; check the disk.");
                }
            }
        }
    }

    // Accepts the names of older versions of PEFT and of copies of a live state dict, too.
    string BaseName(StoredTensor tensor) =>
        tensor.Name.StartsWith(Prefix, StringComparison.Ordinal)
            ? tensor
                .Name[Prefix.Length..]
                .Replace(".modules_to_save.", ".", StringComparison.Ordinal)
                .Replace(".default.", ".", StringComparison.Ordinal)
            : throw new InputException(
                $"{_file.Path}: {tensor.Name} does not start with {Prefix}, as PEFT's names do; save the adapter with PEFT.");

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
                    $"{_file.Path}: {tensor.Name} is not supported; only lora_A, lora_B and fully trained modules are.");
            }
            return;
        }
        string module = name[..^A.Length];
        int rank = _targets.RankOf(module);
        if (tensor.Shape.Count != 2 || tensor.Shape[rankAt] != rank)
        {
            throw new InputException(
                $"{_file.Path}: {tensor.Name} is [{string.Join(", ", tensor.Shape)}], but {PeftAdapterConfig.FileName} has r {rank}; "
                + "the two files belong to different adapters."
            );
        }
        if (!_targets.Cover(module))
        {
            throw new InputException(
                $"{_file.Path}: {tensor.Name} matches none of the target_modules in {PeftAdapterConfig.FileName}, "
                + $"{Description.TargetPattern ?? string.Join(", ", Description.Targets)}; the two files belong to different adapters."
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
                    $"{_file.Path}: {Prefix}{other} is missing although {name} is present; the adapter is incomplete, save it again.");
            }
        }
        if (
            Description.ModulesToSave.FirstOrDefault(m => !Tensors.Keys.Any(n => n.EndsWith($"{m}.weight", StringComparison.Ordinal))) is
            { } absent)
        {
            throw new InputException(
                $"{_file.Path}: the weight of {absent} is missing although modules_to_save in {PeftAdapterConfig.FileName} lists it; "
                + "the adapter is incomplete, save it again."
            );
        }
    }
}

/// <summary>Represents the update of one layer: W + Scale · B · A.</summary>
/// <param name="Module">"model.layers.0.self_attn.q_proj".</param>
/// <param name="A">[R, inputs]</param>
/// <param name="B">[outputs, R]</param>
/// <param name="Scale">s.</param>
public sealed record LowRankUpdate(string Module, StoredTensor A, StoredTensor B, float Scale);
