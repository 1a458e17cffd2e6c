using Farsight.Engine.Models;

namespace Farsight.Engine.Inference;

/// <summary>
/// Represents the nodes of a prefix tree that are in a cache: always complete paths from a root, so that later nodes find their prefix.
/// </summary>
sealed class PrefixCache : IDisposable
{
    readonly PrefixTree _tree;
    readonly IReadOnlyList<PlacedTokens> _sequences;
    readonly IReadOnlyList<int> _room;
    readonly List<int> _open = [];  // the node of each sequence of the batch
    readonly int[] _number;         // [nodes] of its sequence in the batch, or −1

    /// <summary>Allocates a cache.</summary>
    /// <param name="model">The model.</param>
    /// <param name="tree">The tree, whose nodes are opened in order.</param>
    /// <param name="sequences">Sequences of the tree.</param>
    /// <param name="room">[nodes] cache rows that each node needs.</param>
    /// <param name="rows">Wanted rows; more if a single path needs them, fewer if the whole tree does.</param>
    internal PrefixCache(DecoderModel model, PrefixTree tree, IReadOnlyList<PlacedTokens> sequences, IReadOnlyList<int> room, long rows)
    {
        (_tree, _sequences, _room, _number) = (tree, sequences, room, new int[tree.Nodes.Count]);
        Array.Fill(_number, -1);
        long[] way = new long[tree.Nodes.Count];
        for (int n = 0; n < way.Length; n++)
        {
            way[n] = room[n] + (tree.Nodes[n].Parent < 0 ? 0 : way[tree.Nodes[n].Parent]);
        }
        Batch = new(model, checked((int)Math.Max(way.Max(), Math.Min(rows, room.Sum(r => (long)r)))));
    }

    /// <summary>Sequences in the cache, one per open node.</summary>
    internal DecodingBatch Batch { get; }

    /// <summary>Opens a node and its ancestors, and adds the pieces that have to be computed for them.</summary>
    /// <returns>False if the cache has too few rows; nothing has changed then.</returns>
    internal bool TryOpen(int node, List<SequencePiece> pieces)
    {
        Stack<int> missing = new();
        for (int n = node; n >= 0 && _number[n] < 0; n = _tree.Nodes[n].Parent)
        {
            missing.Push(n);
        }
        if (missing.Sum(n => (long)_room[n]) > Batch.RowsLeft)
        {
            return false;
        }
        foreach (int n in missing)
        {
            PrefixNode next = _tree.Nodes[n];
            _number[n] = Batch.Add(_room[n], next.Parent < 0 ? -1 : _number[next.Parent]);
            _open.Add(n);
            PlacedTokens tokens = _sequences[next.Sequence];
            int[] places = [.. Enumerable.Range(next.Start, next.Count)];
            pieces.Add(new(_number[n], [.. places.Select(i => tokens.Ids[i])])
            {
                WantsLogits = n == node,
                Positions = tokens.HasPositions ? [.. places.Select(tokens.PositionOf)] : null,
            });
        }
        return true;
    }

    /// <summary>Frees rows, except those of the open path to a node and of the nodes below it in the cache.</summary>
    internal void KeepWayTo(int node)
    {
        while (node >= 0 && _number[node] < 0)
        {
            node = _tree.Nodes[node].Parent;
        }
        Keep(node < 0 ? 0 : _number[node] + 1);
    }

    /// <summary>Frees all rows.</summary>
    internal void Clear() => Keep(0);

    /// <inheritdoc/>
    public void Dispose() => Batch.Dispose();

    void Keep(int count)
    {
        foreach (int node in _open.Skip(count))
        {
            _number[node] = -1;
        }
        _open.RemoveRange(count, _open.Count - count);
        Batch.Release(count);
    }
}
