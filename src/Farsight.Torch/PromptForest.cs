using Farsight.Engine.Inference;
using Farsight.Engine.Kernels;
using Farsight.Engine.Models;

namespace Farsight.Torch;

/// <summary>Represents prompts as nodes of a token tree, in which beginnings that they share are computed once.</summary>
sealed class PromptForest
{
    // Further rows in the tree of a prompt, which bound its memory.
    const int FurtherRows = 1 << 14;

    readonly PrefixTree _prefixes;
    readonly List<KeyRange> _rows = []; // of each node

    /// <summary>Adds the nodes of the prompts to <see cref="Tree"/>.</summary>
    /// <param name="model">The model.</param>
    /// <param name="prompts">At least one token each.</param>
    internal PromptForest(DecoderModel model, IReadOnlyList<PlacedTokens> prompts)
    {
        _prefixes = PrefixTree.Of(prompts, own: 1, DecodingBatch.CanShare(model));
        int start = 0;
        foreach (PrefixNode node in _prefixes.Nodes)
        {
            PlacedTokens prompt = prompts[node.Sequence];
            int[] indices = [.. Enumerable.Range(node.Start, node.Count)];
            Tree.Add(node.Parent, [.. indices.Select(i => prompt.Ids[i])], [.. indices.Select(prompt.PositionOf)], scored: false);
            _rows.Add(new(start, node.Count));
            start += node.Count;
        }
    }

    /// <summary>The tree, to which nodes after the prompts can be added.</summary>
    internal TokenTreeBuilder Tree { get; } = new();

    /// <summary>Number of nodes of the prompts.</summary>
    internal int NodeCount => _rows.Count;

    /// <summary>Returns the node in which a prompt ends.</summary>
    internal int EndOf(int prompt) => _prefixes.Ends[prompt];

    /// <summary>Returns the rows of a prompt's tokens, in their order.</summary>
    internal IReadOnlyList<KeyRange> RowsOf(int prompt)
    {
        List<KeyRange> path = [];
        for (int node = EndOf(prompt); node != PrefixNode.None; node = _prefixes.Nodes[node].Parent)
        {
            path.Insert(0, _rows[node]);
        }
        return path;
    }

    /// <summary>Divides successive items into groups whose trees have few more rows than one of their prompts.</summary>
    /// <param name="items">The items.</param>
    /// <param name="promptOf">Returns the prompt of an item.</param>
    internal static IEnumerable<List<T>> Groups<T>(IEnumerable<T> items, Func<T, PlacedTokens> promptOf)
    {
        List<T> group = [];
        int rows = 0;
        foreach (T item in items)
        {
            int own = group.Count == 0 ? 0 : promptOf(item).Count - Common(promptOf(group[^1]), promptOf(item));
            if (rows + own > FurtherRows)
            {
                yield return group;
                (group, rows, own) = ([], 0, 0);
            }
            group.Add(item);
            rows += own;
        }
        if (group.Count > 0)
        {
            yield return group;
        }
    }

    static int Common(PlacedTokens a, PlacedTokens b)
    {
        int common = 0;
        while (common < Math.Min(a.Count, b.Count) && a.KeyOf(common) == b.KeyOf(common))
        {
            common++;
        }
        return common;
    }
}
