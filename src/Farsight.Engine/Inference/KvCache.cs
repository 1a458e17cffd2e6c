using Farsight.Engine.Memory;
using Farsight.Engine.Models;
using Farsight.Engine.Numerics;

namespace Farsight.Engine.Inference;

/// <summary>Represents the key-value cache: keys and values of every layer for rows that were computed before.</summary>
sealed class KvCache : IDisposable
{
    readonly RowsOwner _memory = new();
    readonly (Rows Keys, Rows Values)[] _layers;               // [L], or all the same memory for widened rows
    readonly (NarrowRows Keys, NarrowRows Values)[]? _stored;  // [L]; null for F32

    /// <summary>Allocates the cache.</summary>
    /// <param name="config">Shape of the model.</param>
    /// <param name="rows">S: capacity in rows.</param>
    /// <param name="format">Format of the numbers.</param>
    /// <exception cref="InputException">The format cannot hold keys and values of the model.</exception>
    public KvCache(ModelConfig config, int rows, NumberFormat format = NumberFormat.F32)
    {
        int width = WidthOf(config, format), layers = config.NumHiddenLayers;
        try
        {
            if (format == NumberFormat.F32)
            {
                _layers = [.. Enumerable.Range(0, layers).Select(_ => Widened())];
                return;
            }
            _layers = [.. Enumerable.Repeat(Widened(), layers)];
            _stored =
            [
                .. Enumerable.Range(0, layers).Select(
                    _ => (NarrowRows.Allocate(_memory, rows, format, width), NarrowRows.Allocate(_memory, rows, format, width))),
            ];
        }
        catch
        {
            _memory.Dispose();
            throw;
        }

        (Rows Keys, Rows Values) Widened() => (_memory.Allocate(rows, width), _memory.Allocate(rows, width));
    }

    /// <summary>Computes the bytes of a row in all layers. Formats other than F32 need one layer in F32 as well.</summary>
    /// <exception cref="InputException">The format cannot hold keys and values of the model.</exception>
    internal static long BytesPerRow(ModelConfig config, NumberFormat format)
    {
        int width = WidthOf(config, format);
        long widened = 2L * sizeof(float) * width;
        return format == NumberFormat.F32
            ? widened * config.NumHiddenLayers
            : 2L * NarrowRows.BytesPerRow(format, width) * config.NumHiddenLayers + widened;
    }

    /// <summary>Returns a view of one layer that writes new rows to given places.</summary>
    /// <param name="layer">Index of the layer.</param>
    /// <param name="places">First cache row and number of rows of each group of new rows.</param>
    internal LayerCache Layer(int layer, IReadOnlyList<(int FirstRow, int Count)> places) =>
        new(_layers[layer].Keys, _layers[layer].Values, places) { Stored = _stored?[layer] };

    /// <inheritdoc/>
    public void Dispose() => _memory.Dispose();

    /// <summary>Returns the numbers of a row: those of all key heads.</summary>
    static int WidthOf(ModelConfig config, NumberFormat format)
    {
        int width = config.NumKeyValueHeads * config.HeadDim;
        return width % format.ValuesPerBlock == 0
            ? width
            : throw new InputException(
                $"The keys of a token are {width} numbers, and {format} stores blocks of {format.ValuesPerBlock}; "
                    + $"use the format {NumberFormat.BF16} for keys and values.");
    }
}
