using Farsight.Engine;
using Farsight.Engine.Checkpoints;
using Farsight.Engine.Files;
using Farsight.Engine.Models;
using Farsight.Engine.Numerics;

namespace Farsight.Workflows.Timing;

/// <summary>Writes model directories of a given shape with random weights, to time sizes that no small model has.</summary>
public static class BenchmarkModel
{
    const int Seed = 0;
    const long Margin = 64 << 20; // header, config and what a file system wants for itself

    /// <summary>Bytes that the weights take.</summary>
    public static long ByteCount(StepShape shape, NumberFormat format) =>
        ParameterShapes.Of(shape.Model).Sum(p => format.BytesOf(Values(p)));

    /// <summary>
    /// Writes config.json and the weights that <see cref="StepBenchmark"/> draws, in shards where they are large; a few megabytes are in
    /// memory at a time.
    /// </summary>
    /// <param name="shape">Shape of the model; prompt and responses are its window.</param>
    /// <param name="directory">Made, or replaced if it holds a model.</param>
    /// <param name="format">How the values are stored.</param>
    /// <param name="progress">Receives the bytes written so far.</param>
    /// <param name="cancel">Nothing is left behind.</param>
    /// <exception cref="InputException">The disk has too little room, or the directory holds something else.</exception>
    public static void Write(StepShape shape, string directory, NumberFormat format, IProgress<long>? progress, CancellationToken cancel)
    {
        CheckRoom(directory, ByteCount(shape, format));
        using UniformWeights weights = new(Seed);
        AtomicDirectory.Write(directory, "config.json", folder => ModelWriter.Write(
            folder, shape.Model, format, ParameterShapes.Of(shape.Model).Select(p => Tensor(p, format, weights)), progress: bytes =>
            {
                cancel.ThrowIfCancellationRequested();
                progress?.Report(bytes);
            }));
    }

    static TensorToWrite Tensor(ParameterShape parameter, NumberFormat format, UniformWeights weights) => new(
        parameter.Name, format, parameter.Shape, (first, destination) =>
        {
            if (parameter.Shape is not [_, int width])
            {
                weights.Vector(parameter.Name, destination.Length).Span.CopyTo(destination);
                return;
            }
            for (int i = 0; i < destination.Length; i += width)
            {
                weights.Fill(parameter.Name, (int)((first + i) / width), destination.Slice(i, width));
            }
        });

    static void CheckRoom(string directory, long bytes)
    {
        string place = Path.GetFullPath(directory);
        while (!Directory.Exists(place) && Path.GetDirectoryName(place) is { } parent)
        {
            place = parent;
        }
        long free = new DriveInfo(place).AvailableFreeSpace;
        if (free < bytes + Margin)
        {
            throw new InputException(
                $"{directory}: the model needs {(bytes + Margin) >> 20} MiB and the disk has {free >> 20} MiB free; choose another "
                    + "disk, a smaller shape or a narrower format."
            );
        }
    }

    static long Values(ParameterShape parameter) => parameter.Shape.Aggregate(1L, (product, extent) => product * extent);
}
