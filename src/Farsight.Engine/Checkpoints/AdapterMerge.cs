using System.Numerics.Tensors;
using Farsight.Engine.Files;
using Farsight.Engine.Memory;
using Farsight.Engine.Models;
using Farsight.Engine.Numerics;
using Farsight.Engine.Rope;

namespace Farsight.Engine.Checkpoints;

/// <summary>Makes a model of its own from a model and an adapter: a Hugging Face directory that needs no adapter.</summary>
/// <remarks>
/// W + s · B · A for every layer with a low-rank update, computed in F32, and the modules that were trained whole in place of
/// the base's. One tensor at a time is read, computed and written, a few megabytes of it in memory.
/// </remarks>
/// <param name="Model">The base's directory.</param>
/// <param name="Adapter">The adapter's directory, in PEFT's layout.</param>
/// <param name="Output">New, empty, or an older model, which is replaced.</param>
/// <param name="Format">How the merged weights are stored.</param>
/// <param name="ShardBytes">Upper bound of a file.</param>
public sealed record AdapterMerge(
    string Model, string Adapter, string Output, NumberFormat Format, long ShardBytes = ShardedSafetensors.DefaultShardBytes)
{
    const string Weight = ".weight", ConfigFile = "config.json";

    /// <summary>Writes the merged model.</summary>
    /// <param name="progress">Receives bytes written and bytes in all; null for nobody.</param>
    /// <param name="cancel">Stops between two blocks; nothing is left behind.</param>
    /// <exception cref="InputException">The adapter does not belong to the model, or the output must not be written.</exception>
    /// <exception cref="IOException">The disk is full.</exception>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public MergedModel Write(Action<long, long>? progress = null, CancellationToken cancel = default)
    {
        CheckOutput();
        using ModelDirectory model = ModelDirectory.Open(Model);
        using PeftAdapter adapter = PeftAdapter.Read(Adapter);
        (ModelConfig config, IReadOnlyList<TensorToWrite> tensors) = Of(model, adapter, Format);
        long total = tensors.Sum(t => t.ByteCount);
        WrittenWeights? written = null;
        AtomicDirectory.Write(Output, ConfigFile, temporary =>
        {
            written = ModelWriter.Write(temporary, config, Format, tensors, ShardBytes, done =>
            {
                cancel.ThrowIfCancellationRequested();
                progress?.Invoke(done, total);
            });
            HuggingFaceConfig.Write(Path.Combine(temporary, ConfigFile), config, Format, like: Path.Combine(Model, ConfigFile));
            CompanionFiles.Copy(Model, temporary);
            ModelDirectory.Open(temporary).Dispose(); // checks what was written
        });
        return new(config, written!, adapter.Updates.Count, Whole(adapter).Count(n => n != PeftAdapter.Head || !config.TieWordEmbeddings))
        {
            Notices = [.. ModelNotices.Of(Model), .. adapter.Notices],
        };
    }

    /// <summary>The weights of model and adapter in one, not computed before they are read, and their config.</summary>
    /// <param name="model">Kept open while the weights are read.</param>
    /// <param name="adapter">Kept open while the weights are read.</param>
    /// <param name="format">How the weights are to be stored.</param>
    /// <exception cref="InputException">The adapter does not belong to the model.</exception>
    public static (ModelConfig Config, IReadOnlyList<TensorToWrite> Tensors) Of(
        ModelDirectory model,
        PeftAdapter adapter,
        NumberFormat format)
    {
        ModelConfig config = ConfigOf(model, adapter);
        return (config, [.. ParameterShapes.Of(config).Select(p => Merged(p.Name, model, adapter, format))]);
    }

    void CheckOutput()
    {
        string output = Full(Output);
        if (output == Full(Model) || output == Full(Adapter))
        {
            throw new InputException(
                $"{Output} is what is to be merged, and would be replaced; choose another folder for the merged model.");
        }
    }

    static string Full(string path) => Path.TrimEndingDirectorySeparator(Path.GetFullPath(path));

    static ModelConfig ConfigOf(ModelDirectory model, PeftAdapter adapter)
    {
        ModelConfig config = model.Config;
        HashSet<string> weights = [.. ParameterShapes.Of(config).Select(p => p.Name)];
        adapter.CheckBase(
            weights
                .Where(w => w.Contains("_proj.", StringComparison.Ordinal) && w.EndsWith(Weight, StringComparison.Ordinal))
                .Select(w => w[..^Weight.Length]),
            config.VocabSize,
            model.Fingerprint());
        if (
            adapter
                .Updates.Select(u => u.Module + Weight)
                .Concat(Whole(adapter))
                .FirstOrDefault(n => !weights.Contains(n) && n != PeftAdapter.Head) is
            { } foreign)
        {
            throw new InputException($"{adapter.Path}: {foreign} belongs to nothing in {model.Path}; the adapter is of another model.");
        }
        if (config.TieWordEmbeddings && adapter.PartsHead)
        {
            config = config with { TieWordEmbeddings = false };
        }
        return adapter.Effective is { } effective
            ? config with
            {
                RopeScaling = effective.RopeScaling,
                RopeTheta = effective.RopeTheta,
                MaxPositionEmbeddings = effective.MaxPositionEmbeddings,
            }
            : config;
    }

    static IEnumerable<string> Whole(PeftAdapter adapter) =>
        adapter.Tensors.Keys.Where(n => !n.Contains(".lora_", StringComparison.Ordinal));

    static TensorToWrite Merged(string name, ModelDirectory model, PeftAdapter adapter, NumberFormat format)
    {
        if (adapter.Tensors.TryGetValue(name, out StoredTensor? whole))
        {
            int[] shape = [.. model.Weight(InBase(name, model)).Shape];
            return whole.Shape.SequenceEqual(shape)
                ? TensorToWrite.From(whole) with
                {
                    Name = name,
                    Format = format,
                }
                : throw new InputException(
                    $"{adapter.Path}: {name} is {Text(whole.Shape)}, the model's is {Text(shape)}; the adapter is of another model.");
        }
        StoredTensor stored = model.Weight(InBase(name, model));
        LowRankUpdate? update = name.EndsWith(Weight, StringComparison.Ordinal)
            ? adapter.Updates.FirstOrDefault(u =>
                u.Module.Length == name.Length - Weight.Length && name.StartsWith(u.Module, StringComparison.Ordinal))
            : null;
        if (update is null)
        {
            return new(name, format, stored.Shape, (first, destination) =>
            {
                stored.Read(first, destination);
                ForgetAtEnd(stored, first + destination.Length);
            });
        }
        if (!stored.Shape.SequenceEqual([update.B.Shape[0], update.A.Shape[1]]))
        {
            throw new InputException(
                $"{adapter.Path}: the update of {update.Module} is [{update.B.Shape[0]}, {update.A.Shape[1]}], the model's weight is {Text(stored.Shape)}; the adapter is of another model."
            );
        }
        return new(name, format, stored.Shape, new Sum(stored, update).Read);
    }

    // What is mapped stays in memory until somebody says that it is not needed.
    static void ForgetAtEnd(StoredTensor tensor, long read)
    {
        if (read == tensor.Count)
        {
            tensor.Forget();
        }
    }

    // A head that is taken apart from the embedding begins as what it was tied to.
    static string InBase(string name, ModelDirectory model) =>
        name == PeftAdapter.Head && model.Config.TieWordEmbeddings ? PeftAdapter.Embedding : name;

    static string Text(IReadOnlyList<int> shape) => $"[{string.Join(", ", shape)}]";

    /// <summary>W + s · B · A, read block by block.</summary>
    sealed class Sum(StoredTensor weight, LowRankUpdate update)
    {
        const int RowsPerItem = 8;

        float[] _a = []; // [R, inputs] while the tensor is read

        internal void Read(long firstElement, Span<float> destination)
        {
            int inputs = weight.Shape[1], rows = destination.Length / inputs;
            long firstRow = firstElement / inputs;
            if (firstElement == 0)
            {
                _a = update.A.ReadFloats();
            }
            Rows block = Rows.Allocate(rows, inputs);
            weight.Read(firstElement, block.Span);
            Workers.ForBlocks(rows, RowsPerItem, (first, count) =>
            {
                for (int row = first; row < first + count; row++)
                {
                    AddUpdate(firstRow + row, block[row]);
                }
            });
            block.Span.CopyTo(destination);
            block.Buffer.Dispose();
            if (firstElement + destination.Length == weight.Count)
            {
                _a = [];
            }
            ForgetAtEnd(weight, firstElement + destination.Length);
        }

        void AddUpdate(long row, Span<float> values)
        {
            int rank = update.A.Shape[0];
            float[] b = new float[rank], sum = new float[values.Length];
            update.B.Read(row * rank, b);
            for (int r = 0; r < rank; r++)
            {
                TensorPrimitives.MultiplyAdd(_a.AsSpan(r * values.Length, values.Length), b[r], sum, sum);
            }
            TensorPrimitives.MultiplyAdd(sum, update.Scale, values, values);
        }
    }
}

/// <summary>What merging made.</summary>
/// <param name="Config">The merged model's settings: the RoPE scaling the adapter was trained under, and whether the head is tied.</param>
/// <param name="Weights">The files.</param>
/// <param name="UpdatedLayers">Layers with a low-rank update.</param>
/// <param name="ReplacedModules">Modules that were trained whole.</param>
public sealed record MergedModel(ModelConfig Config, WrittenWeights Weights, int UpdatedLayers, int ReplacedModules)
{
    /// <summary>Sentences about the model and the adapter that the caller should show.</summary>
    public IReadOnlyList<string> Notices { get; init; } = [];
}
