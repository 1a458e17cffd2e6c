using Farsight.Engine.Memory;

namespace Farsight.Engine.Models;

/// <summary>Rows of a tree that somebody still needs, in order; the last layer computes only these.</summary>
/// <param name="Ranges">Ranges of rows, ascending, disjoint.</param>
sealed record RowSelection(IReadOnlyList<(int Start, int Count)> Ranges)
{
    internal int Count { get; } = Ranges.Sum(r => r.Count);

    /// <summary>[Count, width] copies of the selected rows.</summary>
    internal Rows Gather(Rows source, Workspace workspace)
    {
        Rows selected = workspace.Rows(Count, source.Width);
        int next = 0;
        foreach ((int start, int count) in Ranges)
        {
            selected.Slice(next, count).CopyFrom(source.Slice(start, count));
            next += count;
        }
        return selected;
    }

    /// <summary>Puts the selected rows at their places, and zeros elsewhere.</summary>
    /// <param name="selected">[Count, width]</param>
    /// <param name="target">[total, width] overwritten.</param>
    internal void Scatter(Rows selected, Rows target)
    {
        target.Clear();
        int next = 0;
        foreach ((int start, int count) in Ranges)
        {
            target.Slice(start, count).CopyFrom(selected.Slice(next, count));
            next += count;
        }
    }
}
