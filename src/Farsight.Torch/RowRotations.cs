using Farsight.Engine.Models;
using TorchSharp;
using static TorchSharp.torch;

namespace Farsight.Torch;

/// <summary>Represents the rotations of the rows of a pass on the device.</summary>
sealed class RowRotations : IDisposable
{
    readonly ModelConfig _config;
    readonly (Tensor Cos, Tensor Sin)[] _tables; // [T, 1, pairs]

    /// <summary>Copies the tables to the device.</summary>
    internal RowRotations(ModelConfig config, IReadOnlyList<RowRotation> rotations, Placement placement)
    {
        _config = config;
        using DisposeScope scope = NewDisposeScope();
        _tables = [.. rotations.Select(r => (Table(r.Cos, r.Pairs), Table(r.Sin, r.Pairs)))];

        Tensor Table(float[] values, int pairs) =>
            tensor(values).view(-1, 1, pairs).to(placement.Type, placement.Device).DetachFromDisposeScope();
    }

    /// <summary>Rotates queries or keys as a layer does.</summary>
    /// <param name="heads">[n, heads, Dh]</param>
    /// <param name="layer">Index of the layer.</param>
    /// <param name="rows">[n] rows of the pass that they are; null for all.</param>
    internal Tensor Apply(Tensor heads, int layer, Tensor? rows)
    {
        if (_config.RotationOf(layer) is not { } rotation)
        {
            return heads;
        }
        (Tensor cos, Tensor sin) = _tables[rotation];
        if (rows is not null)
        {
            (cos, sin) = (cos.index_select(0, rows), sin.index_select(0, rows));
        }
        long pairs = cos.size(2), rest = heads.size(2) - 2 * pairs;
        Tensor a = heads.narrow(2, 0, pairs), b = heads.narrow(2, pairs, pairs);
        Tensor first = a.mul(cos).sub(b.mul(sin)), second = b.mul(cos).add(a.mul(sin));
        return rest == 0 ? cat([first, second], 2) : cat([first, second, heads.narrow(2, 2 * pairs, rest)], 2);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach ((Tensor cos, Tensor sin) in _tables)
        {
            cos.Dispose();
            sin.Dispose();
        }
    }
}
