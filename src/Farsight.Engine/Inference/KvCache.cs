using Farsight.Engine.Memory;
using Farsight.Engine.Models;

namespace Farsight.Engine.Inference;

/// <summary>Keys and values of every layer for rows that were computed before.</summary>
/// <param name="config">Shape of the model.</param>
/// <param name="rows">S: how many rows fit.</param>
public sealed class KvCache(ModelConfig config, int rows) : IDisposable
{
    readonly (Rows Keys, Rows Values)[] _layers =
    [
        .. Enumerable.Range(0, config.NumHiddenLayers).Select(_ =>
            (Rows.Allocate(rows, config.NumKeyValueHeads * config.HeadDim), Rows.Allocate(rows, config.NumKeyValueHeads * config.HeadDim))),
    ];

    /// <summary>The view of one layer that puts new rows at given places.</summary>
    /// <param name="layer">Number of the layer.</param>
    /// <param name="places">Consecutive new rows, and the cache row of the first of them.</param>
    internal LayerCache Layer(int layer, IReadOnlyList<(int FirstRow, int Count)> places) =>
        new(_layers[layer].Keys, _layers[layer].Values, places);

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach ((Rows keys, Rows values) in _layers)
        {
            keys.Buffer.Dispose();
            values.Buffer.Dispose();
        }
    }
}
