using Farsight.Engine;
using Farsight.Engine.Checkpoints;
using Farsight.Engine.Checkpoints.Gguf;
using Farsight.Engine.Models;
using Farsight.Engine.Numerics;

namespace Farsight.Alignment.Export;

/// <summary>Writes a model for llama.cpp: weights, tokenizer and chat template in one GGUF file.</summary>
/// <param name="Model">A model directory with tokenizer.json, or a GGUF file to convert.</param>
/// <param name="Output">The file; an existing one is replaced.</param>
/// <param name="Format">Storage format of the matrices.</param>
/// <param name="Adapter">Directory of a PEFT adapter to merge into a model directory; null for none.</param>
public sealed record GgufExport(string Model, string Output, NumberFormat Format, string? Adapter = null)
{
    /// <summary>Writes the file.</summary>
    /// <param name="progress">Receives written and total bytes; null for none.</param>
    /// <param name="cancel">Stops between two blocks; nothing is left behind.</param>
    /// <exception cref="InputException">llama.cpp does not support the model, or the files are damaged.</exception>
    /// <exception cref="IOException">The disk is full.</exception>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public GgufExportResult Write(Action<long, long>? progress = null, CancellationToken cancel = default)
    {
        if (Path.GetFullPath(Output) == Path.GetFullPath(Model))
        {
            throw new InputException($"{Output} is the model to export and would be replaced; choose another output file.");
        }
        RequireFile(Output);
        if (Adapter is null)
        {
            using IModelFiles files = ModelFiles.Open(Model);
            TensorToWrite[] all = [.. ParameterShapes.Of(files.Config).Select(p => Tensor(files, p))];
            return Write(files.Config, all, ModelFiles.NameOf(Model), [], progress, cancel);
        }
        if (File.Exists(Model))
        {
            throw new InputException(
                $"{Model} is a GGUF file, and adapters can be merged only into model directories. Export the model that it was made "
                    + "from, or the adapter as a LoRA file."
            );
        }
        using ModelDirectory directory = ModelDirectory.Open(Model);
        using PeftAdapter adapter = PeftAdapter.Read(Adapter);
        (ModelConfig config, IReadOnlyList<TensorToWrite> tensors) = AdapterMerge.Of(directory, adapter, NumberFormat.F32);
        return Write(config, tensors, $"{ModelFiles.NameOf(Model)} + {Name(Adapter)}", adapter.NoticesOn(Model), progress, cancel);
    }

    GgufExportResult Write(
        ModelConfig config,
        IReadOnlyList<TensorToWrite> tensors,
        string name,
        IReadOnlyList<string> ofAdapter,
        Action<long, long>? progress,
        CancellationToken cancel)
    {
        List<string> notices = [.. ofAdapter, .. GgufModelWriter.Notices(config), .. WithoutMemory(Adapter ?? Model)];
        GgufTokenizer tokenizer = Tokenizer(config, notices);
        long total = tensors.Sum(t => t.Count * Format.BytesPerBlock / Format.ValuesPerBlock);
        IReadOnlyList<GgufTensor> written = GgufModelWriter.Write(Output, name, config, tensors, tokenizer, Format, done =>
        {
            cancel.ThrowIfCancellationRequested();
            progress?.Invoke(done, total);
        });
        return new(
            new FileInfo(Output).Length, written.Count,
            [.. written.Select(t => t.Tensor).Where(t => t.Format == NumberFormat.F16 && Format != t.Format).Select(t => t.Name)],
            notices);
    }

    /// <summary>Refuses a folder as output, before the weights are read.</summary>
    /// <exception cref="InputException">The output is a folder.</exception>
    internal static void RequireFile(string output)
    {
        if (Directory.Exists(output) || Path.EndsInDirectorySeparator(output))
        {
            throw new InputException($"{output} is a folder; name the file to write, such as {Path.Combine(output, "model.gguf")}.");
        }
    }

    /// <summary>Returns a notice if a directory has a segment memory.</summary>
    internal static IEnumerable<string> WithoutMemory(string directory) => SegmentMemoryFile.IsIn(directory)
        ? [$"{directory} has a segment memory, which a GGUF file cannot hold; llama.cpp reads prompts without it."]
        : [];

    internal static string Name(string path) => Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(path)));

    GgufTokenizer Tokenizer(ModelConfig config, List<string> notices)
    {
        if (!GgufFile.IsGguf(Model))
        {
            return GgufVocabulary.Of(Model, config, notices);
        }
        using GgufFile file = GgufFile.Open(Model);
        return GgufTokenizer.Read(file);
    }

    static TensorToWrite Tensor(IModelFiles files, ParameterShape parameter) => parameter.Shape is [int rows, int columns]
        ? TensorToWrite.From(parameter.Name, NumberFormat.F32, files.Matrix(parameter.Name, rows, columns))
        : TensorToWrite.From(parameter.Name, NumberFormat.F32, files.Vector(parameter.Name, parameter.Shape[0]), asVector: true);
}

/// <summary>Represents the result of an export.</summary>
/// <param name="ByteCount">Size of the file.</param>
/// <param name="TensorCount">Number of tensors.</param>
/// <param name="KeptInF16">Matrices stored as F16 because their rows are not whole blocks of the format.</param>
/// <param name="Notices">Sentences about settings that the file cannot hold or llama.cpp computes otherwise, and about the adapter.</param>
public sealed record GgufExportResult(
    long ByteCount, int TensorCount, IReadOnlyList<string> KeptInF16, IReadOnlyList<string> Notices);

/// <summary>Writes a PEFT adapter as a GGUF file that llama.cpp applies to a model.</summary>
/// <param name="Model">The adapter's model: a directory or a GGUF file.</param>
/// <param name="Adapter">The adapter's directory.</param>
/// <param name="Output">The file; an older one is replaced.</param>
public sealed record GgufLoraExport(string Model, string Adapter, string Output)
{
    /// <summary>Writes the file.</summary>
    /// <exception cref="InputException">The adapter holds more than a GGUF adapter can, or a file is damaged.</exception>
    /// <exception cref="IOException">The disk is full.</exception>
    public GgufExportResult Write()
    {
        GgufExport.RequireFile(Output);
        using PeftAdapter adapter = PeftAdapter.Read(Adapter);
        GgufModelWriter.WriteLora(Output, GgufExport.Name(Adapter), ModelFiles.ReadConfig(Model), adapter);
        return new(
            new FileInfo(Output).Length, adapter.Tensors.Count, [],
            [.. adapter.NoticesOn(Model), .. GgufExport.WithoutMemory(Adapter)]);
    }
}
