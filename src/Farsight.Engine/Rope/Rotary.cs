using Farsight.Engine.Memory;

namespace Farsight.Engine.Rope;

/// <summary>A model's rotary embedding: its frequencies, which some rules choose by the length of the sequence.</summary>
/// <param name="headDim">Dh, even.</param>
/// <param name="ropeTheta">θ.</param>
/// <param name="scaling">The rule.</param>
public sealed class Rotary(int headDim, double ropeTheta, RopeScaling scaling)
{
    readonly RopeFrequencies? _fixed = scaling.DependsOnLength ? null : RopeFrequencies.Of(headDim, ropeTheta, scaling);

    /// <summary>Dh / 2.</summary>
    public int Pairs => headDim / 2;

    /// <summary>The frequencies for a sequence of <paramref name="length"/> tokens.</summary>
    public RopeFrequencies For(int length) => _fixed ?? RopeFrequencies.Of(headDim, ropeTheta, scaling, length);

    /// <summary>Rotations of some rows, in memory of their own.</summary>
    /// <inheritdoc cref="Fill"/>
    public RopeTable Table(IReadOnlyList<int> positions, IReadOnlyList<int> lengths)
    {
        RopeTable table = new(Rows.Allocate(positions.Count, Pairs), Rows.Allocate(positions.Count, Pairs));
        Fill(table, positions, lengths);
        return table;
    }

    /// <summary>Rotations of some rows.</summary>
    /// <param name="table">[T, Dh/2] overwritten.</param>
    /// <param name="positions">[T] position ids.</param>
    /// <param name="lengths">[T] length of the sequence each row belongs to.</param>
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
