using Farsight.Engine.Kernels;
using Farsight.Engine.Memory;

namespace Farsight.Engine.Models;

/// <summary>Represents the rows of a tree that the last block computes: those that predict scored tokens.</summary>
/// <remarks>A node contributes all rows from its first to its last such row, which keeps the causal order.</remarks>
sealed class LastRows
{
    readonly int[] _place; // [T of the tree] index among the selected rows, or −1

    LastRows(RowSelection selection, IReadOnlyList<AttentionSpan> spans, int[] place) =>
        (Selection, Spans, _place) = (selection, spans, place);

    /// <summary>The selected rows among those of the share.</summary>
    internal RowSelection Selection { get; }

    /// <summary>Keys that the selected rows see.</summary>
    internal IReadOnlyList<AttentionSpan> Spans { get; }

    /// <summary>Returns the index of a tree row among the selected rows.</summary>
    internal int Of(int row) => _place[row];

    internal static LastRows Of(TokenTree tree) => TreeShare.Of(tree, null).Last;

    /// <summary>Selects rows of a share. One without such rows computes its last row, so that every share has one.</summary>
    /// <param name="tree">The tree.</param>
    /// <param name="whole">Spans of its nodes.</param>
    /// <param name="parts">Rows of the share, in its order.</param>
    internal static LastRows Of(TokenTree tree, IReadOnlyList<AttentionSpan> whole, IReadOnlyList<NodePart> parts)
    {
        bool[] needed = new bool[tree.Count];
        foreach (ScoredToken scored in tree.Scored)
        {
            needed[scored.Row] = true;
        }
        if (!parts.Any(p => Array.IndexOf(needed, true, p.Start, p.Count) >= 0))
        {
            needed[parts[^1].Start + parts[^1].Count - 1] = true;
        }

        List<(int, int)> ranges = [];
        List<AttentionSpan> spans = [];
        int[] place = new int[tree.Count];
        Array.Fill(place, -1);
        int next = 0, before = 0;
        foreach (NodePart part in parts)
        {
            int first = Array.IndexOf(needed, true, part.Start, part.Count);
            if (first >= 0)
            {
                int count = Array.LastIndexOf(needed, true, part.Start + part.Count - 1, part.Count) - first + 1;
                ranges.Add((before + first - part.Start, count));
                spans.Add(new NodePart(part.Node, first, count).Span(tree, whole, next));
                for (int row = 0; row < count; row++)
                {
                    place[first + row] = next++;
                }
            }
            before += part.Count;
        }
        return new(new(ranges), spans, place);
    }
}

/// <summary>Represents a selection of rows; the last layer computes only these.</summary>
/// <param name="Ranges">Ranges of rows, ascending, disjoint.</param>
sealed record RowSelection(IReadOnlyList<(int Start, int Count)> Ranges)
{
    internal int Count { get; } = Ranges.Sum(r => r.Count);

    /// <summary>Copies the selected rows: [Count, width].</summary>
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

    /// <summary>Copies the selected rows to their places and writes zeros elsewhere.</summary>
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
