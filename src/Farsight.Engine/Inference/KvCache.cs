using Farsight.Engine.Memory;
using Farsight.Engine.Models;

namespace Farsight.Engine.Inference;

/// <summary>Represents the key-value cache: keys and values of every layer for rows that were computed before.</summary>
sealed class KvCache : IDisposable
{
    readonly RowsOwner _memory = new();
    readonly (Rows Keys, Rows Values)[] _layers;

    /// <summary>Allocates the cache.</summary>
    /// <param name="config">Shape of the model.</param>
    /// <param name="rows">S: capacity in rows.</param>
    public KvCache(ModelConfig config, int rows)
    {
        int width = config.NumKeyValueHeads * config.HeadDim;
        try
        {
            _layers =
            [
                .. Enumerable.Range(0, config.NumHiddenLayers).Select(_ => (_memory.Allocate(rows, width), _memory.Allocate(rows, width))),
            ];
        }
        catch
        {
            _memory.Dispose();
            throw;
        }
    }

    /// <summary>Returns a view of one layer that writes new rows to given places.</summary>
    /// <param name="layer">Index of the layer.</param>
    /// <param name="places">First cache row and number of rows of each group of new rows.</param>
    internal LayerCache Layer(int layer, IReadOnlyList<(int FirstRow, int Count)> places) =>
        new(_layers[layer].Keys, _layers[layer].Values, places);

    /// <inheritdoc/>
    public void Dispose() => _memory.Dispose();
}
