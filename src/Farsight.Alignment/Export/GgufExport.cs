using Farsight.Engine;
using Farsight.Engine.Checkpoints;
using Farsight.Engine.Checkpoints.Gguf;
using Farsight.Engine.Kernels;
using Farsight.Engine.Memory;
using Farsight.Engine.Models;
using Farsight.Engine.Numerics;

namespace Farsight.Alignment.Export;

/// <summary>Writes a model for llama.cpp: weights, tokenizer and chat template in one GGUF file.</summary>
/// <param name="Model">A model directory with tokenizer.json, or a GGUF file, which is stored anew.</param>
/// <param name="Output">The file; an older one is replaced.</param>
/// <param name="Format">How matrices are stored.</param>
/// <param name="Adapter">A PEFT adapter's directory, which is merged into the weights of a model directory; null without one.</param>
public sealed record GgufExport(string Model, string Output, NumberFormat Format, string? Adapter = null)
{
    /// <summary>Writes the file.</summary>
    /// <param name="progress">Receives bytes written and bytes in all; null for nobody.</param>
    /// <param name="cancel">Stops between two blocks; nothing is left behind.</param>
    /// <exception cref="InputException">llama.cpp has no such model, or the files are damaged.</exception>
    /// <exception cref="IOException">The disk is full.</exception>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public GgufExported Write(Action<long, long>? progress = null, CancellationToken cancel = default)
    {
        if (Path.GetFullPath(Output) == Path.GetFullPath(Model))
        {
            throw new InputException($"{Output} is what is to be exported, and would be replaced; choose another name.");
        }
        if (Adapter is null)
        {
            using IModelFiles files = ModelFiles.Open(Model);
            return Write(files.Config, [.. ParameterShapes.Of(files.Config).Select(p => Tensor(files, p))], Name(Model), progress, cancel);
        }
        if (File.Exists(Model))
        {
            throw new InputException(
                $"{Model} is a GGUF file, and adapters are merged into model directories only; export the model that it was made from, or the adapter alone with --lora."
            );
        }
        using ModelDirectory directory = ModelDirectory.Open(Model);
        using PeftAdapter adapter = PeftAdapter.Read(Adapter);
        (ModelConfig config, IReadOnlyList<TensorToWrite> tensors) = AdapterMerge.Of(directory, adapter, NumberFormat.F32);
        return Write(config, tensors, $"{Name(Model)} + {Name(Adapter)}", progress, cancel);
    }

    GgufExported Write(
        ModelConfig config,
        IReadOnlyList<TensorToWrite> tensors,
        string name,
        Action<long, long>? progress,
        CancellationToken cancel)
    {
        long total = tensors.Sum(t => t.Count * Format.BytesPerBlock / Format.ValuesPerBlock);
        IReadOnlyList<GgufTensor> written = GgufModelWriter.Write(Output, name, config, tensors, Tokenizer(config), Format, done =>
        {
            cancel.ThrowIfCancellationRequested();
            progress?.Invoke(done, total);
        });
        return new(
            new FileInfo(Output).Length, written.Count,
            [.. written.Where(t => t.Tensor.Shape.Count > 1 && t.Tensor.Format != Format).Select(t => t.Tensor.Name)]);
    }

    internal static string Name(string path) => Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(path)));

    GgufTokenizer Tokenizer(ModelConfig config)
    {
        if (!GgufFile.IsGguf(Model))
        {
            return GgufVocabulary.Of(Model, config);
        }
        using GgufFile file = GgufFile.Open(Model);
        return GgufTokenizer.Read(file);
    }

    static TensorToWrite Tensor(IModelFiles files, ParameterShape parameter)
    {
        if (parameter.Shape is not [int rows, int columns])
        {
            Rows vector = files.Vector(parameter.Name, parameter.Shape[0]);
            return TensorToWrite.From(parameter.Name, NumberFormat.F32, vector, asVector: true);
        }
        WeightMatrix matrix = files.Matrix(parameter.Name, rows, columns);
        return new(parameter.Name, NumberFormat.F32, parameter.Shape, (first, destination) =>
        {
            int firstRow = (int)(first / columns);
            for (int row = 0; row < destination.Length / columns; row++)
            {
                matrix.Read(firstRow + row, 0, destination.Slice(row * columns, columns));
            }
        });
    }
}

/// <summary>What was exported.</summary>
/// <param name="ByteCount">Size of the file.</param>
/// <param name="TensorCount">Tensors in it.</param>
/// <param name="KeptInF16">Matrices whose rows are no whole blocks of the format, and which were therefore stored as F16.</param>
public sealed record GgufExported(long ByteCount, int TensorCount, IReadOnlyList<string> KeptInF16);
