using Farsight.Engine.Models;

namespace Farsight.Engine.Inference;

/// <summary>
/// The nodes of a prefix tree that are in a cache: always whole ways from a root, so that what comes next finds its beginning there.
/// </summary>
sealed class PrefixCache : IDisposable
{
    readonly PrefixTree _tree;
    readonly IReadOnlyList<IReadOnlyList<int>> _sequences;
    readonly IReadOnlyList<int> _room;
    readonly List<int> _open = [];  // the node of each sequence of the batch
    readonly int[] _number;         // [nodes] of its sequence in the batch, or −1

    /// <summary>Reserves a cache.</summary>
    /// <param name="model">The model.</param>
    /// <param name="tree">Its nodes are opened in their order.</param>
    /// <param name="sequences">What the tree was made from.</param>
    /// <param name="room">[nodes] cache rows that each needs.</param>
    /// <param name="rows">Rows that are enough; more where a single way through the tree needs them, fewer where the whole does.</param>
    internal PrefixCache(LlamaModel model, PrefixTree tree, IReadOnlyList<IReadOnlyList<int>> sequences, IReadOnlyList<int> room, long rows)
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

    /// <summary>The sequences in the cache, one for each open node.</summary>
    internal DecodingBatch Batch { get; }

    /// <summary>Adds the sequences of a node and of those before it that are not open yet, and what has to be computed for them.</summary>
    /// <returns>False where the cache has no room left; then nothing has changed.</returns>
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
            IReadOnlyList<int> tokens = _sequences[next.Sequence];
            pieces.Add(new(_number[n], [.. Enumerable.Range(next.Start, next.Count).Select(i => tokens[i])]) { IsAsked = n == node });
        }
        return true;
    }

    /// <summary>Makes room: keeps what is open of the way to a node, and what lies under it in the cache.</summary>
    internal void KeepWayTo(int node)
    {
        while (node >= 0 && _number[node] < 0)
        {
            node = _tree.Nodes[node].Parent;
        }
        Keep(node < 0 ? 0 : _number[node] + 1);
    }

    /// <summary>Makes all the room there is.</summary>
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
