using Farsight.Engine.Communication;
using Farsight.Engine.Kernels;

namespace Farsight.Engine.Models;

/// <summary>Represents the rows of a tree that one process computes: all of them, or a share of the ranks of a context.</summary>
/// <remarks>
/// With C ranks the rows are cut into 2·C stripes of equal length, of which rank c computes the stripes c and 2·C − 1 − c: later rows see
/// more keys, so the ranks have equally many rows and nearly equal work. Linear layers, norms and scored rows of a share need no other
/// rank; the attention of its rows needs the keys and values of all.
/// </remarks>
sealed class TreeShare
{
    // Within a root, stripes begin at the key blocks of a whole pass, so that the output of the attention has its bits.
    const int Unit = AttentionScratch.KeyBlock;

    TreeShare(TokenTree tree, IReadOnlyList<RowBlock> own, RowBlocks? blocks)
    {
        Blocks = blocks;
        IReadOnlyList<AttentionSpan> whole = AttentionSpan.For(tree);
        if (blocks is null)
        {
            (Tokens, Positions, Lengths, Spans) = (tree.Tokens, tree.Positions, tree.Lengths(), whole);
            Last = LastRows.Of(tree, whole, [.. tree.Nodes.Index().Select(n => new NodePart(n.Index, n.Item.Start, n.Item.Count))]);
            Scored = [.. Enumerable.Range(0, tree.Scored.Count)];
            return;
        }
        int[] rows = [.. own.SelectMany(b => Enumerable.Range(b.Start, b.Count))];
        IReadOnlyList<int> lengths = tree.Lengths();
        Tokens = [.. rows.Select(r => tree.Tokens[r])];
        Positions = [.. rows.Select(r => tree.Positions[r])];
        Lengths = [.. rows.Select(r => lengths[r])];
        NodePart[] parts = [.. own.SelectMany(b => PartsOf(tree, b))];
        List<AttentionSpan> spans = [];
        foreach (NodePart part in parts)
        {
            spans.Add(part.Span(tree, whole, spans.Sum(s => s.QueryCount)));
        }
        Spans = spans;
        Last = LastRows.Of(tree, whole, parts);
        HashSet<int> mine = [.. rows];
        Scored = [.. tree.Scored.Index().Where(s => mine.Contains(s.Item.Row)).Select(s => s.Index)];
    }

    /// <summary>Owners of the rows of the tree; null where this process has all.</summary>
    internal RowBlocks? Blocks { get; }

    /// <summary>Token ids: [T of the share].</summary>
    internal IReadOnlyList<int> Tokens { get; }

    /// <summary>Position ids: [T of the share].</summary>
    internal IReadOnlyList<int> Positions { get; }

    /// <summary>Length of the sequence of each row: [T of the share].</summary>
    internal IReadOnlyList<int> Lengths { get; }

    /// <summary>Keys of the whole tree that the rows of the share see.</summary>
    internal IReadOnlyList<AttentionSpan> Spans { get; }

    /// <summary>Rows that the last block computes.</summary>
    internal LastRows Last { get; }

    /// <summary>Indices, in <see cref="TokenTree.Scored"/>, of the tokens that rows of the share predict.</summary>
    internal IReadOnlyList<int> Scored { get; }

    /// <summary>Sizes of the share that determine the memory of a pass.</summary>
    internal TreeSize Size => new(Tokens.Count, Last.Selection.Count, Scored.Count) { GatheredRows = Blocks?.Count ?? 0 };

    /// <summary>Returns the share of this process.</summary>
    /// <param name="tree">The tree.</param>
    /// <param name="context">Ranks that divide its rows; null or one for none.</param>
    /// <exception cref="InputException">The tree has fewer rows than stripes.</exception>
    internal static TreeShare Of(TokenTree tree, Communicator? context)
    {
        if (context is not { Size: > 1 })
        {
            return new(tree, [], null);
        }
        RowBlocks blocks = new([.. Stripes(tree, context.Size)], context);
        return new(tree, blocks.Own, blocks);
    }

    static IEnumerable<RowBlock> Stripes(TokenTree tree, int ranks)
    {
        int stripes = 2 * ranks;
        if (tree.Count < stripes)
        {
            throw new InputException(
                $"A tree of {tree.Count} tokens cannot be divided among {ranks} context ranks, which need {stripes}; "
                    + "use fewer, or longer samples.");
        }
        int[] starts = [.. Enumerable.Range(0, stripes + 1).Select(i => Cut(tree, (int)((long)i * tree.Count / stripes), stripes))];
        for (int i = 0; i < stripes; i++)
        {
            yield return new(starts[i], starts[i + 1] - starts[i], i < ranks ? i : stripes - 1 - i);
        }
    }

    static int Cut(TokenTree tree, int row, int stripes)
    {
        TokenNode? node = tree.Nodes.FirstOrDefault(n => row < n.End);
        return node is { Parent: TokenTreeBuilder.Root } && tree.Count >= stripes * Unit
            ? row - (row - node.Start) % Unit
            : row;
    }

    static IEnumerable<NodePart> PartsOf(TokenTree tree, RowBlock block) =>
        from node in tree.Nodes.Index()
        let start = Math.Max(node.Item.Start, block.Start)
        let end = Math.Min(node.Item.End, block.Start + block.Count)
        where start < end
        select new NodePart(node.Index, start, end - start);
}

/// <summary>Represents consecutive rows of a node.</summary>
/// <param name="Node">Index of the node.</param>
/// <param name="Start">First row of the tree.</param>
/// <param name="Count">Number of rows.</param>
readonly record struct NodePart(int Node, int Start, int Count)
{
    /// <summary>Returns the keys that the rows see: those before the node, the node's before the part, and causally their own.</summary>
    /// <param name="tree">The tree.</param>
    /// <param name="whole">Spans of its nodes.</param>
    /// <param name="firstQuery">Index of the first row among the queries.</param>
    internal AttentionSpan Span(TokenTree tree, IReadOnlyList<AttentionSpan> whole, int firstQuery)
    {
        KeyRange before = new(tree.Nodes[Node].Start, Start - tree.Nodes[Node].Start);
        IReadOnlyList<KeyRange> prefix = before.Count == 0 ? whole[Node].Prefix : [.. whole[Node].Prefix, before];
        return new(firstQuery, Count, prefix, Start);
    }
}
