using Farsight.Engine.Kernels;

namespace Farsight.Engine.Models;

/// <summary>The rows of a tree that predict scored tokens: all that the last block has to compute beyond keys and values.</summary>
/// <remarks>A node contributes the run from its first to its last such row, so that causal order is kept.</remarks>
sealed class LastRows
{
    readonly int[] _place; // [T] index among the selected rows, or −1

    LastRows(RowSelection selection, IReadOnlyList<AttentionSpan> spans, int[] place) =>
        (Selection, Spans, _place) = (selection, spans, place);

    internal RowSelection Selection { get; }

    /// <summary>What the selected rows see.</summary>
    internal IReadOnlyList<AttentionSpan> Spans { get; }

    /// <summary>Where a row of the tree is among the selected ones.</summary>
    internal int Of(int row) => _place[row];

    internal static LastRows Of(TokenTree tree)
    {
        bool[] needed = new bool[tree.Count];
        foreach (ScoredToken scored in tree.Scored)
        {
            needed[scored.Row] = true;
        }

        IReadOnlyList<AttentionSpan> all = AttentionSpan.For(tree);
        List<(int, int)> ranges = [];
        List<AttentionSpan> spans = [];
        int[] place = new int[tree.Count];
        Array.Fill(place, -1);
        int next = 0;
        for (int n = 0; n < tree.Nodes.Count; n++)
        {
            TokenNode node = tree.Nodes[n];
            int first = Array.IndexOf(needed, true, node.Start, node.Count);
            if (first < 0)
            {
                continue;
            }
            int count = Array.LastIndexOf(needed, true, node.End - 1, node.Count) - first + 1;
            ranges.Add((first, count));
            KeyRange before = new(node.Start, first - node.Start);
            spans.Add(new(next, count, before.Count == 0 ? all[n].Prefix : [.. all[n].Prefix, before], first));
            for (int row = 0; row < count; row++)
            {
                place[first + row] = next++;
            }
        }
        return new(new(ranges), spans, place);
    }
}
