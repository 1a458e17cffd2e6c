using Farsight.Engine.Models;
using static TorchSharp.torch;

namespace Farsight.Torch;

/// <summary>Represents the keys and values of one sequence on the device.</summary>
sealed class SequenceCache : IDisposable
{
    readonly Tensor[] _keys, _values; // [L] of [capacity, Hkv, Dh]

    /// <summary>Allocates a cache.</summary>
    /// <param name="config">The model.</param>
    /// <param name="capacity">Maximum number of tokens.</param>
    /// <param name="placement">The device.</param>
    internal SequenceCache(ModelConfig config, int capacity, Placement placement)
    {
        _keys = Allocate();
        _values = Allocate();

        Tensor[] Allocate() => [.. Enumerable.Range(0, config.NumHiddenLayers).Select(_ =>
            empty(capacity, config.NumKeyValueHeads, config.HeadDim, placement.Type, placement.Device).DetachFromDisposeScope())];
    }

    /// <summary>Number of tokens whose keys and values all layers have.</summary>
    internal int Length { get; set; }

    /// <summary>Copies keys and values of a layer behind those of the tokens before.</summary>
    /// <param name="layer">Index of the layer.</param>
    /// <param name="keys">[n, Hkv, Dh]</param>
    /// <param name="values">[n, Hkv, Dh]</param>
    internal void Store(int layer, Tensor keys, Tensor values)
    {
        _keys[layer].narrow(0, Length, keys.size(0)).copy_(keys);
        _values[layer].narrow(0, Length, values.size(0)).copy_(values);
    }

    /// <summary>Returns what a new token attends to, with its own key and value, which are stored: [Hkv, keys, Dh].</summary>
    internal (Tensor Keys, Tensor Values) Seen(int layer, int window)
    {
        int count = Math.Min(Length + 1, window), first = Length + 1 - count;
        return (_keys[layer].narrow(0, first, count).permute(1, 0, 2), _values[layer].narrow(0, first, count).permute(1, 0, 2));
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (Tensor tensor in _keys.Concat(_values))
        {
            tensor.Dispose();
        }
    }
}
