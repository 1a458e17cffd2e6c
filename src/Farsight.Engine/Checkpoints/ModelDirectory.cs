using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Farsight.Engine.Models;
using Farsight.Engine.Numerics;

namespace Farsight.Engine.Checkpoints;

/// <summary>Represents a Hugging Face model directory: config.json and its mapped weights, with all names and shapes checked.</summary>
public sealed class ModelDirectory : IDisposable
{
    const string ConfigFile = "config.json", WeightsFile = "model.safetensors", IndexFile = "model.safetensors.index.json";
    const int LongestName = 255;

    readonly List<SafetensorsFile> _files = [];
    readonly Dictionary<string, (StoredTensor Tensor, string Path)> _weights = new(StringComparer.Ordinal);

    readonly bool _isMultimodal;

    ModelDirectory(string path)
    {
        Path = path;
        Config = HuggingFaceConfig.Read(In(ConfigFile));
        _isMultimodal = TextPart.IsIn(ConfigReader.Open(In(ConfigFile)));
        try
        {
            OpenFiles();
            CheckWeights();
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>Path of the directory.</summary>
    public string Path { get; }

    /// <summary>Shape of the model, from config.json.</summary>
    public ModelConfig Config { get; }

    /// <summary>Number of weights that a multimodal model has beyond its text part.</summary>
    internal int UnusedWeights { get; private set; }

    /// <summary>Opens the directory and checks its weights against its config.json.</summary>
    /// <exception cref="InputException">A file is missing, damaged or unsupported, or the files belong to different models.</exception>
    public static ModelDirectory Open(string path)
    {
        ModelFiles.CheckExists(path);
        if (!Directory.Exists(path))
        {
            throw new InputException($"{path} is not a directory; use the folder that contains config.json and model.safetensors.");
        }
        bool Has(string file) => File.Exists(System.IO.Path.Combine(path, file));
        return !Has(PeftAdapterConfig.FileName) || Has(WeightsFile) || Has(IndexFile)
            ? new(path)
            : throw new InputException($"{path} is an adapter, not a model; use it as the adapter of its base model.");
    }

    /// <summary>Returns a weight by its name.</summary>
    /// <param name="name">"model.layers.0.self_attn.q_proj.weight"; one of <see cref="ParameterShapes.Of"/>.</param>
    /// <param name="shape">Expected shape; empty for the one that config.json implies.</param>
    /// <exception cref="InputException">The weight does not exist or has another shape.</exception>
    public StoredTensor Weight(string name, params ReadOnlySpan<int> shape)
    {
        if (!_weights.TryGetValue(name, out (StoredTensor Tensor, string Path) weight))
        {
            throw new InputException(
                $"{Path}: the weight {name} is missing; the model is incomplete, or {ConfigFile} belongs to another model.");
        }
        return shape.IsEmpty || shape.SequenceEqual([.. weight.Tensor.Shape])
            ? weight.Tensor
            : throw new InputException(
                $"{weight.Path}: {name} is {Text(weight.Tensor.Shape)}, but {Text(shape.ToArray())} is required; "
                + $"use the weights of the model that {ConfigFile} describes."
            );
    }

    /// <summary>
    /// Describes an index of other weights beside the file that is used; null if there is none.
    /// </summary>
    internal string? OtherWeights()
    {
        if (!File.Exists(In(WeightsFile)) || !File.Exists(In(IndexFile)))
        {
            return null;
        }
        ConfigReader? map = ConfigReader.Open(In(IndexFile)).Object("weight_map");
        return map?.Root.EnumerateObject().All(p => p.Value.ValueKind == JsonValueKind.String && p.Value.GetString() == WeightsFile) == true
            ? null
            : $"{Path} has {WeightsFile} and {IndexFile}, which lists other files; {WeightsFile} is used, as transformers does. "
                + "Delete the one that is not part of the model.";
    }

    /// <summary>Returns whether the files contain a weight, even one that the model does not use.</summary>
    internal bool Stores(string name) => _weights.ContainsKey(name);

    /// <summary>
    /// Computes a hexadecimal SHA-256 of names, shapes and some values of all weights. Copies in F32 and BF16 have the same one.
    /// </summary>
    /// <remarks>Uses the first and last 64 values of each weight, rounded to BF16, so it is fast for models of any size.</remarks>
    public string Fingerprint()
    {
        const int Values = 64;
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        float[] values = new float[Values];
        byte[] stored = new byte[2 * Values];
        foreach (ParameterShape parameter in ParameterShapes.Of(Config))
        {
            StoredTensor weight = Weight(parameter.Name);
            hash.AppendData(Encoding.UTF8.GetBytes($"{weight.Name} {Text(weight.Shape)}\n"));
            int count = (int)Math.Min(Values, weight.Count);
            foreach (long first in (long[])[0, weight.Count - count])
            {
                weight.Read(first, values.AsSpan(0, count));
                Narrow.FromFloat(NumberFormat.BF16, values.AsSpan(0, count), stored.AsSpan(0, 2 * count));
                hash.AppendData(stored, 0, 2 * count);
            }
        }
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    /// <inheritdoc/>
    public void Dispose() => _files.ForEach(f => f.Dispose());

    string In(string name) => System.IO.Path.Combine(Path, name);

    void OpenFiles()
    {
        if (File.Exists(In(WeightsFile)))
        {
            foreach (StoredTensor tensor in Map(WeightsFile).Tensors.Values)
            {
                Add(tensor, In(WeightsFile));
            }
        }
        else if (File.Exists(In(IndexFile)))
        {
            OpenShards();
        }
        else
        {
            throw new InputException(
                PyTorchWeights.ProblemOf(Path) ?? $"{Path} has neither {WeightsFile} nor {IndexFile}; save the model as safetensors.");
        }
    }

    void OpenShards()
    {
        ConfigReader index = ConfigReader.Open(In(IndexFile));
        ConfigReader map = index.Object("weight_map") ?? throw index.Missing("weight_map");
        Dictionary<string, SafetensorsFile> shards = new(StringComparer.Ordinal);
        foreach (string name in map.Root.EnumerateObject().Select(p => p.Name))
        {
            string file = map.String(name);
            if (file is "" or "." or ".." || file.Length > LongestName || file.AsSpan().ContainsAny("/\\:\0"))
            {
                throw map.Invalid(name, "it must be the name of a file in the same folder");
            }
            if (!shards.TryGetValue(file, out SafetensorsFile? shard))
            {
                shards.Add(file, shard = Map(file));
            }
            Add(
                shard.Tensors.TryGetValue(name, out StoredTensor? tensor)
                    ? tensor
                    : throw new InputException(
                        $"{In(file)}: the weight {name} is missing although {IndexFile} lists it; download both again."),
                In(file));
        }
    }

    void Add(StoredTensor tensor, string path)
    {
        if ((_isMultimodal ? TextPart.NameOf(tensor.Name) : tensor.Name) is not { } name)
        {
            UnusedWeights++;
        }
        else if (!_weights.TryAdd(name, (tensor.Named(name), path)))
        {
            throw new InputException($"{path}: the weight {name} of the text part is stored under two names; download the model again.");
        }
    }

    SafetensorsFile Map(string name)
    {
        SafetensorsFile file = SafetensorsFile.Open(In(name));
        _files.Add(file);
        return file;
    }

    void CheckWeights()
    {
        if (Config.NumHiddenLayers > _weights.Count) // before one name per layer is built
        {
            throw new InputException(
                $"{Path}: {ConfigFile} has num_hidden_layers {Config.NumHiddenLayers}, but there are only {_weights.Count} weights; "
                + "the two belong to different models."
            );
        }
        HashSet<string> known = new(StringComparer.Ordinal) { "lm_head.weight" }; // stored by some although it is tied
        foreach (ParameterShape parameter in ParameterShapes.Of(Config))
        {
            known.Add(parameter.Name);
            StoredTensor weight = Weight(parameter.Name);
            _ = weight.Format; // throws for types that are no weights
            if (!weight.Shape.SequenceEqual(parameter.Shape))
            {
                throw new InputException(
                    $"{_weights[parameter.Name].Path}: {parameter.Name} is {Text(weight.Shape)}, but {ConfigFile} implies "
                    + $"{Text(parameter.Shape)} ({parameter.Because}); the two files belong to different models."
                );
            }
        }
        // An ignored weight would change the numbers. Old files contain frequencies of the rotation, which are computed here.
        if (
            _weights
                .Keys.Where(n => !known.Contains(n) && !n.EndsWith(".rotary_emb.inv_freq", StringComparison.Ordinal))
                .Order(StringComparer.Ordinal)
                .FirstOrDefault() is
            { } extra)
        {
            throw new InputException(
                $"{_weights[extra].Path}: the weight {extra} is not part of a {Config.ModelType} model of {Config.NumHiddenLayers} layers; "
                + $"{ConfigFile} belongs to another model, or this variant is not supported."
            );
        }
    }

    static string Text(IReadOnlyList<int> shape) => $"[{string.Join(", ", shape)}]";
}
