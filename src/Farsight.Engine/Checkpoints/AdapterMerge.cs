using System.Numerics.Tensors;
using Farsight.Engine.Files;
using Farsight.Engine.Memory;
using Farsight.Engine.Models;
using Farsight.Engine.Numerics;
using Farsight.Engine.Rope;

namespace Farsight.Engine.Checkpoints;

/// <summary>Merges an adapter into its model and writes a Hugging Face directory.</summary>
/// <remarks>
/// Computes W + s · B · A in F32 for every layer with a low-rank update, and replaces fully trained modules. Reads, computes and writes
/// one tensor at a time, a few megabytes of it in memory.
/// </remarks>
/// <param name="Model">Directory of the base model.</param>
/// <param name="Adapter">Directory of the adapter, in PEFT's layout.</param>
/// <param name="Output">New or empty directory, or an older model, which is replaced.</param>
/// <param name="Format">Format of the merged weights.</param>
/// <param name="ShardBytes">Maximum bytes per file.</param>
public sealed record AdapterMerge(
    string Model, string Adapter, string Output, NumberFormat Format, long ShardBytes = ShardedSafetensors.DefaultShardBytes)
{
    const string Weight = ".weight", ConfigFile = "config.json";

    /// <summary>Writes the merged model.</summary>
    /// <param name="progress">Receives bytes written and total bytes; null for none.</param>
    /// <param name="cancel">Stops between two blocks and leaves no files.</param>
    /// <exception cref="InputException">The adapter does not belong to the model, or the output cannot be written.</exception>
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
            SegmentMemoryFile.Copy(SegmentMemoryFile.IsIn(Adapter) ? Adapter : Model, temporary);
            ModelDirectory.Open(temporary).Dispose(); // checks what was written
        });
        return new(config, written!, adapter.Updates.Count, adapter.Modules.Count(n => n != PeftAdapter.Head || !config.TieWordEmbeddings))
        {
            Notices = [.. ModelNotices.Of(Model), .. adapter.NoticesOn(Model)],
        };
    }

    /// <summary>Returns the config and the merged weights, which are computed when they are read.</summary>
    /// <param name="model">Kept open while the weights are read.</param>
    /// <param name="adapter">Kept open while the weights are read.</param>
    /// <param name="format">Format of the merged weights.</param>
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
                $"{Output} is an input of the merge and would be replaced; choose another folder for the merged model.");
        }
    }

    static string Full(string path) => Path.TrimEndingDirectorySeparator(Path.GetFullPath(path));

    static ModelConfig ConfigOf(ModelDirectory model, PeftAdapter adapter)
    {
        ModelConfig config = model.Config;
        HashSet<string> weights = [.. ParameterShapes.Of(config).Select(p => p.Name)];
        adapter.CheckBase(LinearShape.Of(config).Select(l => l.Name), config.VocabSize, model.Fingerprint());
        if (
            adapter
                .Updates.Select(u => u.Module + Weight)
                .Concat(adapter.Modules)
                .FirstOrDefault(n => !weights.Contains(n) && n != PeftAdapter.Head) is
            { } foreign)
        {
            throw new InputException($"{adapter.Path}: {foreign} matches no weight of {model.Path}; the adapter belongs to another model.");
        }
        if (config.TieWordEmbeddings && adapter.UntiesHead)
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
                    $"{adapter.Path}: {name} is {Text(whole.Shape)}, but the model's is {Text(shape)}; "
                    + "the adapter belongs to another model.");
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
                $"{adapter.Path}: the update of {update.Module} is [{update.B.Shape[0]}, {update.A.Shape[1]}], "
                + $"but the model's weight is {Text(stored.Shape)}; the adapter belongs to another model.");
        }
        return new(name, format, stored.Shape, new Sum(stored, update).Read);
    }

    // Mapped pages stay in memory until they are released.
    static void ForgetAtEnd(StoredTensor tensor, long read)
    {
        if (read == tensor.Count)
        {
            tensor.Forget();
        }
    }

    // An untied head starts as the embedding that it was tied to.
    static string InBase(string name, ModelDirectory model) =>
        name == PeftAdapter.Head && model.Config.TieWordEmbeddings ? PeftAdapter.Embedding : name;

    static string Text(IReadOnlyList<int> shape) => $"[{string.Join(", ", shape)}]";

    /// <summary>Computes W + s · B · A block by block.</summary>
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
            using RowsOwner memory = new();
            Rows block = memory.Allocate(rows, inputs);
            weight.Read(firstElement, block.Span);
            Workers.ForBlocks(rows, RowsPerItem, (first, count) =>
            {
                for (int row = first; row < first + count; row++)
                {
                    AddUpdate(firstRow + row, block[row]);
                }
            });
            block.Span.CopyTo(destination);
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

/// <summary>Represents the result of a merge.</summary>
/// <param name="Config">Config of the merged model, with the RoPE scaling of the adapter.</param>
/// <param name="Weights">Weight files.</param>
/// <param name="UpdatedLayers">Number of layers with a low-rank update.</param>
/// <param name="ReplacedModules">Number of fully trained modules.</param>
public sealed record MergedModel(ModelConfig Config, WrittenWeights Weights, int UpdatedLayers, int ReplacedModules)
{
    /// <summary>Notices about the model and the adapter, as full sentences, for display.</summary>
    public IReadOnlyList<string> Notices { get; init; } = [];
}
