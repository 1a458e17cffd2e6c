namespace Farsight.Engine.Rope;

/// <summary>Represents the rotary embedding of a model; some scaling rules choose its frequencies by the length of the sequence.</summary>
/// <param name="headDim">Rotated dimensions of a head, even: Dh, or the first ones of it.</param>
/// <param name="ropeTheta">θ, the base.</param>
/// <param name="scaling">The scaling rule.</param>
sealed class Rotary(int headDim, double ropeTheta, RopeScaling scaling)
{
    readonly RopeFrequencies? _fixed = scaling.DependsOnLength ? null : RopeFrequencies.Of(headDim, ropeTheta, scaling);

    /// <summary>Number of rotated pairs.</summary>
    public int Pairs => headDim / 2;

    /// <summary>Returns the frequencies for a sequence of <paramref name="length"/> tokens.</summary>
    public RopeFrequencies For(int length) => _fixed ?? RopeFrequencies.Of(headDim, ropeTheta, scaling, length);

    /// <summary>Computes the rotations of rows.</summary>
    /// <param name="table">[T, Dh/2] overwritten.</param>
    /// <param name="positions">[T] position ids.</param>
    /// <param name="lengths">[T] length of the sequence of each row.</param>
    public void Fill(RopeTable table, IReadOnlyList<int> positions, IReadOnlyList<int> lengths)
    {
        if (_fixed is { } frequencies)
        {
            table.Fill(positions, frequencies);
            return;
        }
        RopeFrequencies[] ofRow = new RopeFrequencies[positions.Count];
        for (int row = 0; row < ofRow.Length; row++)
        {
            ofRow[row] = row > 0 && lengths[row] == lengths[row - 1] ? ofRow[row - 1] : For(lengths[row]);
        }
        table.Fill(positions, row => ofRow[row]);
    }
}
