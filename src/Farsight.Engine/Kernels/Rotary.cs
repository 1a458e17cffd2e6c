using Farsight.Engine.Models;

namespace Farsight.Engine.Kernels;

/// <summary>A model's rotary embedding: its frequencies, which some rules choose by the length of the sequence.</summary>
/// <param name="headDim">Dh, even.</param>
/// <param name="ropeTheta">θ.</param>
/// <param name="scaling">The rule.</param>
public sealed class Rotary(int headDim, double ropeTheta, RopeScaling scaling)
{
    readonly RopeFrequencies? _fixed = scaling.DependsOnLength ? null : RopeFrequencies.Of(headDim, ropeTheta, scaling);

    /// <summary>The frequencies for a sequence of <paramref name="length"/> tokens.</summary>
    public RopeFrequencies For(int length) => _fixed ?? RopeFrequencies.Of(headDim, ropeTheta, scaling, length);

    /// <summary>Rotations of some rows.</summary>
    /// <param name="positions">[T] position ids.</param>
    /// <param name="lengths">[T] length of the sequence each row belongs to.</param>
    public RopeTable Table(IReadOnlyList<int> positions, IReadOnlyList<int> lengths)
    {
        if (_fixed is { } frequencies)
        {
            return RopeTable.Create(positions, frequencies);
        }
        RopeFrequencies[] ofRow = new RopeFrequencies[positions.Count];
        for (int row = 0; row < ofRow.Length; row++)
        {
            ofRow[row] = row > 0 && lengths[row] == lengths[row - 1] ? ofRow[row - 1] : For(lengths[row]);
        }
        return RopeTable.Create(positions, row => ofRow[row]);
    }
}
