namespace Farsight.Engine.Inference;

/// <summary>What token sequences have in common at their beginnings, so that it is computed once.</summary>
/// <remarks>
/// Nodes hold consecutive tokens; a sequence is the tokens on the way from a root to the node in which it ends. Beginnings nest to any
/// depth: a template, a document in it, a question on the document. Siblings come in the order of the sequences, so where nothing
/// is shared, nodes are the sequences in their order.
/// </remarks>
sealed class PrefixTree
{
    // Fewer common tokens are not worth a node of their own.
    const int LeastShared = 8;

    readonly IReadOnlyList<IReadOnlyList<int>> _sequences;
    readonly int _own;
    readonly List<PrefixNode> _nodes = [];
    readonly int[] _ends;
    readonly Stack<Open> _open = new();

    PrefixTree(IReadOnlyList<IReadOnlyList<int>> sequences, int own)
    {
        (_sequences, _own, _ends) = (sequences, own, new int[sequences.Count]);
    }

    /// <summary>Each parent before its children, and a node's descendants directly after it.</summary>
    internal IReadOnlyList<PrefixNode> Nodes => _nodes;

    /// <summary>[sequences] the node in which each ends.</summary>
    internal IReadOnlyList<int> Ends => _ends;

    /// <summary>Finds what is common.</summary>
    /// <param name="sequences">At least one token each.</param>
    /// <param name="own">Last tokens of a sequence that it shares with none: 0, or 1 where each needs a row that is its own.</param>
    /// <param name="shares">False to leave every sequence alone.</param>
    internal static PrefixTree Of(IReadOnlyList<IReadOnlyList<int>> sequences, int own, bool shares)
    {
        PrefixTree tree = new(sequences, own);
        if (shares)
        {
            tree._open.Push(new([.. Enumerable.Range(0, sequences.Count)], 0, 0, PrefixNode.None));
        }
        for (int s = 0; s < sequences.Count && !shares; s++)
        {
            tree.End(s, 0, PrefixNode.None);
        }
        while (tree._open.TryPop(out Open? open))
        {
            tree.Take(open);
        }
        return tree;
    }

    /// <summary>The rows that all nodes have together.</summary>
    internal long RowCount => _nodes.Sum(n => (long)n.Count);

    void Take(Open open)
    {
        if (open.Members.Count == 1)
        {
            End(open.Members[0], open.Start, open.Parent);
            return;
        }
        int common = Common(open), start = open.Start, parent = open.Parent;
        if (common - start >= LeastShared)
        {
            parent = Add(parent, open.Members[0], start, common);
            start = common;
        }
        EndThoseAt(common, open.Members, start, parent);
        List<int>[] branches =
        [
            .. open.Members.Where(s => _sequences[s].Count - _own > common).GroupBy(s => _sequences[s][common]).Select(g => g.ToList()),
        ];
        foreach (List<int> branch in branches.Reverse())
        {
            _open.Push(new(branch, start, common, parent));
        }
    }

    /// <summary>Up to where all members are equal; each keeps its own tokens.</summary>
    int Common(Open open)
    {
        IReadOnlyList<int> first = _sequences[open.Members[0]];
        int common = first.Count - _own;
        foreach (int member in open.Members)
        {
            IReadOnlyList<int> other = _sequences[member];
            int most = Math.Min(common, other.Count - _own), equal = open.Equal;
            while (equal < most && other[equal] == first[equal])
            {
                equal++;
            }
            common = equal;
        }
        return common;
    }

    void EndThoseAt(int common, IReadOnlyList<int> members, int start, int parent)
    {
        int? same = null;
        foreach (int member in members.Where(s => _sequences[s].Count - _own == common))
        {
            if (same is { } node && _own == 0)
            {
                _ends[member] = node;
                continue;
            }
            End(member, start, parent);
            same = _ends[member];
        }
    }

    void End(int sequence, int start, int parent) =>
        _ends[sequence] = _sequences[sequence].Count > start ? Add(parent, sequence, start, _sequences[sequence].Count) : parent;

    int Add(int parent, int sequence, int start, int end)
    {
        _nodes.Add(new(parent, sequence, start, end - start));
        return _nodes.Count - 1;
    }

    /// <summary>Sequences under one node that are not told apart yet.</summary>
    /// <param name="Members">Their numbers, rising.</param>
    /// <param name="Start">Where the node's tokens end.</param>
    /// <param name="Equal">Up to where they are known to be equal.</param>
    /// <param name="Parent">The node.</param>
    sealed record Open(IReadOnlyList<int> Members, int Start, int Equal, int Parent);
}

/// <summary>Consecutive tokens that some sequences share.</summary>
/// <param name="Parent">The node before it, or <see cref="None"/>.</param>
/// <param name="Sequence">A sequence that has them.</param>
/// <param name="Start">Where they begin in it.</param>
/// <param name="Count">How many; at least 1.</param>
readonly record struct PrefixNode(int Parent, int Sequence, int Start, int Count)
{
    /// <summary>The parent of a root.</summary>
    internal const int None = -1;
}
