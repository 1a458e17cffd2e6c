using Farsight.Engine.Kernels;

namespace Farsight.Engine.Models;

/// <summary>Represents the batch of a pass: a tree of token sequences whose shared prefixes are computed once.</summary>
/// <remarks>
/// A node contains tokens with explicit position ids and sees its ancestors and, causally, itself. A plain sequence is one node; a LOGO
/// sample is a prompt with M + 1 leaves; several samples are several roots. Rows are ordered node by node, parents before children,
/// without padding. The row before a scored token predicts it: its predecessor in the node or, for the first token of a node, the last
/// row of the parent.
/// </remarks>
public sealed class TokenTree
{
    internal TokenTree(
        IReadOnlyList<TokenNode> nodes, int[] tokens, int[] positions, ScoredToken[] scored)
    {
        Nodes = nodes;
        Tokens = tokens;
        Positions = positions;
        Scored = scored;
    }

    /// <summary>Nodes, parents before children.</summary>
    public IReadOnlyList<TokenNode> Nodes { get; }

    /// <summary>Token ids, row by row: [T].</summary>
    public IReadOnlyList<int> Tokens { get; }

    /// <summary>Position ids, row by row, ≥ 0: [T].</summary>
    public IReadOnlyList<int> Positions { get; }

    /// <summary>Scored tokens, node by node, in order. Logits are computed for these only.</summary>
    public IReadOnlyList<ScoredToken> Scored { get; }

    /// <summary>T: number of rows.</summary>
    public int Count => Tokens.Count;

    /// <summary>Returns the sequence length of each row, one more than the largest position id under its root: [T].</summary>
    public IReadOnlyList<int> Lengths()
    {
        int[] root = new int[Nodes.Count], length = new int[Nodes.Count], lengths = new int[Count];
        for (int n = 0; n < root.Length; n++)
        {
            root[n] = Nodes[n].Parent < 0 ? n : root[Nodes[n].Parent];
            for (int row = Nodes[n].Start; row < Nodes[n].End; row++)
            {
                length[root[n]] = Math.Max(length[root[n]], Positions[row] + 1);
            }
        }
        for (int n = 0; n < root.Length; n++)
        {
            Array.Fill(lengths, length[root[n]], Nodes[n].Start, Nodes[n].Count);
        }
        return lengths;
    }

    /// <summary>Creates a tree of one node from a sequence, at the positions 0, 1, 2, …, with every token but the first scored.</summary>
    public static TokenTree Sequence(ReadOnlySpan<int> tokens)
    {
        int[] positions = [.. Enumerable.Range(0, tokens.Length)];
        bool[] scored = [.. Enumerable.Range(0, tokens.Length).Select(i => i > 0)];
        TokenTreeBuilder builder = new();
        builder.Add(TokenTreeBuilder.Root, tokens, positions, scored);
        return builder.Build();
    }
}

/// <summary>Represents consecutive rows of a <see cref="TokenTree"/>.</summary>
/// <param name="Parent">Index of the parent node, or −1 for a root.</param>
/// <param name="Start">First row.</param>
/// <param name="Count">Number of rows, at least 1.</param>
/// <param name="FirstScored">Index of the node's first scored token in <see cref="TokenTree.Scored"/>.</param>
/// <param name="ScoredCount">Number of its scored tokens.</param>
public sealed record TokenNode(int Parent, int Start, int Count, int FirstScored, int ScoredCount)
{
    /// <summary>Index of the row after the last.</summary>
    public int End => Start + Count;
}

/// <summary>Represents a token to be scored.</summary>
/// <param name="Row">Index of the row that predicts it.</param>
/// <param name="Target">Token id.</param>
public readonly record struct ScoredToken(int Row, int Target);

/// <summary>Builds a <see cref="TokenTree"/>, parents first.</summary>
public sealed class TokenTreeBuilder
{
    /// <summary>The parent of a root.</summary>
    public const int Root = -1;

    readonly List<TokenNode> _nodes = [];
    readonly List<int> _tokens = [];
    readonly List<int> _positions = [];
    readonly List<ScoredToken> _scored = [];

    /// <summary>Adds a node with all tokens scored, or none.</summary>
    /// <inheritdoc cref="Add(int, ReadOnlySpan{int}, ReadOnlySpan{int}, ReadOnlySpan{bool})"/>
    public int Add(int parent, ReadOnlySpan<int> tokens, ReadOnlySpan<int> positions, bool scored)
    {
        bool[] all = new bool[tokens.Length];
        all.AsSpan().Fill(scored);
        return Add(parent, tokens, positions, all);
    }

    /// <summary>Adds a node and returns its index.</summary>
    /// <param name="parent">Index of an earlier node, or <see cref="Root"/>.</param>
    /// <param name="tokens">[n] token ids, n at least 1.</param>
    /// <param name="positions">[n] position ids, none negative.</param>
    /// <param name="scored">[n] whether the token is scored; false for the first token of a root, which no row predicts.</param>
    /// <exception cref="ArgumentException">Lengths differ, the node is empty, the parent does not exist, or
    /// the first token of a root is scored.</exception>
    public int Add(int parent, ReadOnlySpan<int> tokens, ReadOnlySpan<int> positions, ReadOnlySpan<bool> scored)
    {
        if (tokens.IsEmpty || tokens.Length != positions.Length || tokens.Length != scored.Length)
        {
            throw new ArgumentException(
                "A node needs at least one token, and as many positions and scored flags as tokens; "
                + $"got {tokens.Length}, {positions.Length} and {scored.Length}.",
                nameof(tokens));
        }
        if (parent < Root || parent >= _nodes.Count)
        {
            throw new ArgumentException($"Node {parent} does not exist; the tree has {_nodes.Count} nodes.", nameof(parent));
        }
        if (parent == Root && scored[0])
        {
            throw new ArgumentException("The first token of a root cannot be scored, because no row predicts it.", nameof(scored));
        }

        int start = _tokens.Count, firstScored = _scored.Count;
        for (int i = 0; i < tokens.Length; i++)
        {
            ArgumentOutOfRangeException.ThrowIfNegative(positions[i], nameof(positions));
            _tokens.Add(tokens[i]);
            _positions.Add(positions[i]);
            if (scored[i])
            {
                _scored.Add(new(i > 0 ? start + i - 1 : _nodes[parent].End - 1, tokens[i]));
            }
        }
        _nodes.Add(new(parent, start, tokens.Length, firstScored, _scored.Count - firstScored));
        return _nodes.Count - 1;
    }

    /// <summary>Scores further tokens in the places of a node's scored tokens. They do not count as tokens of the node.</summary>
    /// <param name="node">Index of the node.</param>
    /// <param name="targets">[scored tokens of the node] token ids for each place.</param>
    /// <returns>Index of the first in <see cref="TokenTree.Scored"/>; the others follow, place by place.</returns>
    /// <exception cref="ArgumentException">The node has another number of scored tokens.</exception>
    public int Score(int node, IReadOnlyList<int[]> targets)
    {
        if (targets.Count != _nodes[node].ScoredCount)
        {
            throw new ArgumentException(
                $"Node {node} has {_nodes[node].ScoredCount} scored tokens, and targets are given for {targets.Count}.", nameof(targets));
        }
        int first = _scored.Count;
        for (int i = 0; i < targets.Count; i++)
        {
            int row = _scored[_nodes[node].FirstScored + i].Row;
            _scored.AddRange(targets[i].Select(t => new ScoredToken(row, t)));
        }
        return first;
    }

    /// <summary>Returns the tree.</summary>
    public TokenTree Build() => new([.. _nodes], [.. _tokens], [.. _positions], [.. _scored]);
}

/// <summary>Converts a token tree to the spans of the attention kernel.</summary>
static class TokenTreeSpans
{
    extension(AttentionSpan)
    {
        /// <summary>Returns one span per node: the rows of its ancestors as prefix, its own rows causally.</summary>
        public static IReadOnlyList<AttentionSpan> For(TokenTree tree)
        {
            AttentionSpan[] spans = new AttentionSpan[tree.Nodes.Count];
            IReadOnlyList<KeyRange>[] seenByChildren = new IReadOnlyList<KeyRange>[spans.Length];
            for (int n = 0; n < spans.Length; n++)
            {
                TokenNode node = tree.Nodes[n];
                IReadOnlyList<KeyRange> prefix = node.Parent == TokenTreeBuilder.Root ? [] : seenByChildren[node.Parent];
                spans[n] = new(node.Start, node.Count, prefix, node.Start);
                seenByChildren[n] = Append(prefix, new(node.Start, node.Count));
            }
            return spans;
        }
    }

    static KeyRange[] Append(IReadOnlyList<KeyRange> ranges, KeyRange next) =>
        ranges.Count > 0 && ranges[^1].End == next.Start
            ? [.. ranges.SkipLast(1), new(ranges[^1].Start, ranges[^1].Count + next.Count)]
            : [.. ranges, next];
}
