namespace Farsight.Engine.Inference;

/// <summary>Represents the shared beginnings of token sequences, so that each is computed once.</summary>
/// <remarks>
/// Nodes contain consecutive tokens; a sequence is the tokens on the path from a root to the node in which it ends. Beginnings nest to
/// any depth: a template, a document in it, a question about the document. Siblings have the order of the sequences, so without
/// sharing the nodes are the sequences in their order.
/// </remarks>
public sealed class PrefixTree
{
    // Fewer common tokens are not worth a node of their own.
    const int LeastShared = 8;

    readonly IReadOnlyList<PlacedTokens> _sequences;
    readonly int _own;
    readonly List<PrefixNode> _nodes = [];
    readonly int[] _ends;
    readonly Stack<OpenGroup> _open = new();

    PrefixTree(IReadOnlyList<PlacedTokens> sequences, int own)
    {
        (_sequences, _own, _ends) = (sequences, own, new int[sequences.Count]);
    }

    /// <summary>Nodes, each parent before its children, and the descendants of a node directly after it.</summary>
    public IReadOnlyList<PrefixNode> Nodes => _nodes;

    /// <summary>Index of the node in which each sequence ends: [sequences].</summary>
    public IReadOnlyList<int> Ends => _ends;

    /// <summary>Builds the tree of sequences.</summary>
    /// <param name="sequences">At least one token per sequence. A beginning is shared where tokens and positions are the same.</param>
    /// <param name="own">Number of last tokens that a sequence never shares: 0, or 1 if each needs a row of its own.</param>
    /// <param name="shares">Whether sequences share beginnings at all.</param>
    public static PrefixTree Of(IReadOnlyList<PlacedTokens> sequences, int own, bool shares)
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
        while (tree._open.TryPop(out OpenGroup? open))
        {
            tree.Take(open);
        }
        return tree;
    }

    /// <summary>Total number of tokens of all nodes.</summary>
    internal long RowCount => _nodes.Sum(n => (long)n.Count);

    void Take(OpenGroup open)
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
            .. open.Members
                .Where(s => _sequences[s].Count - _own > common)
                .GroupBy(s => _sequences[s].KeyOf(common))
                .Select(g => g.ToList()),
        ];
        foreach (List<int> branch in branches.Reverse())
        {
            _open.Push(new(branch, start, common, parent));
        }
    }

    /// <summary>Returns the length of the beginning that all members share, without the tokens that are never shared.</summary>
    int Common(OpenGroup open)
    {
        PlacedTokens first = _sequences[open.Members[0]];
        int common = first.Count - _own;
        foreach (int member in open.Members)
        {
            PlacedTokens other = _sequences[member];
            int most = Math.Min(common, other.Count - _own), equal = open.Equal;
            while (equal < most && other.KeyOf(equal) == first.KeyOf(equal))
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

    /// <summary>Sequences under one node that are still to be separated.</summary>
    /// <param name="Members">Indices of the sequences, ascending.</param>
    /// <param name="Start">End of the node's tokens.</param>
    /// <param name="Equal">Length up to which they are known to be equal.</param>
    /// <param name="Parent">Index of the node.</param>
    sealed record OpenGroup(IReadOnlyList<int> Members, int Start, int Equal, int Parent);
}

/// <summary>Represents consecutive tokens that some sequences share.</summary>
/// <param name="Parent">Index of the parent, or <see cref="None"/>.</param>
/// <param name="Sequence">Index of a sequence that contains the tokens.</param>
/// <param name="Start">Index of the first token in the sequence.</param>
/// <param name="Count">Number of tokens, at least 1.</param>
public readonly record struct PrefixNode(int Parent, int Sequence, int Start, int Count)
{
    /// <summary>The parent of a root.</summary>
    public const int None = -1;
}
