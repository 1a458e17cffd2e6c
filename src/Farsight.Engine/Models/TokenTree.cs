namespace Farsight.Engine.Models;

/// <summary>The only batch there is: pieces of text that share prefixes, computed once each.</summary>
/// <remarks>
/// A node holds tokens with explicit position ids and sees its ancestors and, causally, itself. A plain sequence is one node;
/// a LOGO sample is a prompt with M + 1 leaves; several samples are several roots. Rows follow each other node by node,
/// parents before children, without padding.
/// A scored token's log-probability is read from the row before it: its predecessor in the node or, for a node's first
/// token, the last row of the parent.
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

    /// <summary>Parents before children.</summary>
    public IReadOnlyList<TokenNode> Nodes { get; }

    /// <summary>[T] token ids, row by row.</summary>
    public IReadOnlyList<int> Tokens { get; }

    /// <summary>[T] position ids, row by row; any non-negative numbers.</summary>
    public IReadOnlyList<int> Positions { get; }

    /// <summary>The tokens whose log-probability is wanted, node by node, in order. Nobody else's logits are computed.</summary>
    public IReadOnlyList<ScoredToken> Scored { get; }

    /// <summary>T: the number of rows.</summary>
    public int Count => Tokens.Count;

    /// <summary>[T] the length of the sequences that each row belongs to: one more than the greatest position id under its root.</summary>
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

    /// <summary>One sequence as a tree of a single node, at positions 0, 1, 2, …, with every token but the first scored.</summary>
    public static TokenTree Sequence(ReadOnlySpan<int> tokens)
    {
        int[] positions = [.. Enumerable.Range(0, tokens.Length)];
        bool[] scored = [.. Enumerable.Range(0, tokens.Length).Select(i => i > 0)];
        TokenTreeBuilder builder = new();
        builder.Add(TokenTreeBuilder.Root, tokens, positions, scored);
        return builder.Build();
    }
}

/// <summary>Consecutive rows of a <see cref="TokenTree"/>.</summary>
/// <param name="Parent">Index of the parent node, or −1 for a root.</param>
/// <param name="Start">First row.</param>
/// <param name="Count">Number of rows, at least 1.</param>
/// <param name="FirstScored">Index of the node's first entry in <see cref="TokenTree.Scored"/>.</param>
/// <param name="ScoredCount">Number of its entries.</param>
public sealed record TokenNode(int Parent, int Start, int Count, int FirstScored, int ScoredCount)
{
    /// <summary>The row after the last.</summary>
    public int End => Start + Count;
}

/// <summary>One token whose log-probability is wanted.</summary>
/// <param name="Row">The row that predicts it.</param>
/// <param name="Target">Its token id.</param>
public readonly record struct ScoredToken(int Row, int Target);

/// <summary>Puts a <see cref="TokenTree"/> together, parents first.</summary>
public sealed class TokenTreeBuilder
{
    /// <summary>The parent of a root.</summary>
    public const int Root = -1;

    readonly List<TokenNode> _nodes = [];
    readonly List<int> _tokens = [];
    readonly List<int> _positions = [];
    readonly List<ScoredToken> _scored = [];

    /// <summary>Adds a node of which every token is scored, or none.</summary>
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
    /// <param name="scored">[n] whether the token's log-probability is wanted; false for a root's first token, which nothing
    /// predicts.</param>
    /// <exception cref="ArgumentException">Lengths differ, the node is empty, the parent is unknown or a root's first token is
    /// scored.</exception>
    public int Add(int parent, ReadOnlySpan<int> tokens, ReadOnlySpan<int> positions, ReadOnlySpan<bool> scored)
    {
        if (tokens.IsEmpty || tokens.Length != positions.Length || tokens.Length != scored.Length)
        {
            throw new ArgumentException(
                $"A node needs tokens, positions and scored flags of one length, at least 1; got {tokens.Length}, {positions.Length}, {scored.Length}.",
                nameof(tokens));
        }
        if (parent < Root || parent >= _nodes.Count)
        {
            throw new ArgumentException($"Node {parent} does not exist; there are {_nodes.Count}.", nameof(parent));
        }
        if (parent == Root && scored[0])
        {
            throw new ArgumentException("The first token of a root cannot be scored: nothing predicts it.", nameof(scored));
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

    /// <summary>The finished tree.</summary>
    public TokenTree Build() => new([.. _nodes], [.. _tokens], [.. _positions], [.. _scored]);
}
