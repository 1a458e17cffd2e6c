using System.Numerics.Tensors;
using Farsight.Engine.Memory;

namespace Farsight.Engine.Communication;

/// <summary>Represents rows that one rank owns among the rows of all ranks.</summary>
/// <param name="Start">First row.</param>
/// <param name="Count">Number of rows.</param>
/// <param name="Rank">Their owner.</param>
readonly record struct RowBlock(int Start, int Count, int Rank);

/// <summary>Represents rows that are divided among ranks. A rank's own rows follow each other in the order of its blocks.</summary>
/// <param name="blocks">All blocks, ascending, disjoint.</param>
/// <param name="ranks">The ranks.</param>
sealed class RowBlocks(IReadOnlyList<RowBlock> blocks, Communicator ranks)
{
    const int Tag = Communicator.FirstTag;

    /// <summary>Blocks of this rank.</summary>
    internal IReadOnlyList<RowBlock> Own { get; } = [.. blocks.Where(b => b.Rank == ranks.Rank)];

    /// <summary>Number of rows of all ranks.</summary>
    internal int Count => blocks[^1].Start + blocks[^1].Count;

    /// <summary>Returns the owner of a row.</summary>
    internal int OwnerOf(int row) => blocks.First(b => row < b.Start + b.Count).Rank;

    /// <summary>Starts to collect the rows of all ranks.</summary>
    /// <param name="own">[own rows, width] as they stay until all transfers are complete.</param>
    /// <param name="all">[all rows, width] overwritten; undefined until then.</param>
    internal IReadOnlyList<Transfer> StartGather(Rows own, Rows all)
    {
        List<Transfer> transfers = [];
        foreach (RowBlock block in blocks.Where(b => b.Rank != ranks.Rank))
        {
            transfers.Add(ranks.Receive(all.Slice(block.Start, block.Count), block.Rank, Tag));
        }
        foreach ((RowBlock block, Rows rows) in Parts(own))
        {
            for (int peer = 0; peer < ranks.Size; peer++)
            {
                if (peer != ranks.Rank)
                {
                    transfers.Add(ranks.Send(rows, peer, Tag));
                }
            }
            all.Slice(block.Start, block.Count).CopyFrom(rows);
        }
        return transfers;
    }

    /// <summary>Sums rows over all ranks, each rank its own, in the order of the ranks.</summary>
    /// <param name="all">[all rows, width] summands of this rank.</param>
    /// <param name="own">[own rows, width] overwritten.</param>
    /// <param name="received">[own rows, width] overwritten with the summands of one rank after the other.</param>
    internal void ReduceScatter(Rows all, Rows own, Rows received)
    {
        List<Transfer> sent = [];
        foreach (RowBlock block in blocks.Where(b => b.Rank != ranks.Rank))
        {
            sent.Add(ranks.Send(all.Slice(block.Start, block.Count), block.Rank, Tag));
        }
        own.Clear();
        for (int rank = 0; rank < ranks.Size; rank++)
        {
            List<Transfer> transfers = [];
            foreach ((RowBlock block, Rows rows) in Parts(received))
            {
                if (rank == ranks.Rank)
                {
                    rows.CopyFrom(all.Slice(block.Start, block.Count));
                }
                else
                {
                    transfers.Add(ranks.Receive(rows, rank, Tag));
                }
            }
            transfers.ForEach(t => t.Wait());
            Add(received, own);
        }
        sent.ForEach(t => t.Wait());
    }

    static void Add(Rows rows, Rows sums)
    {
        for (int row = 0; row < rows.Count; row++)
        {
            TensorPrimitives.Add(sums[row], rows[row], sums[row]);
        }
    }

    /// <summary>Returns the own blocks with their rows among the own rows.</summary>
    IEnumerable<(RowBlock Block, Rows Rows)> Parts(Rows own)
    {
        int next = 0;
        foreach (RowBlock block in Own)
        {
            yield return (block, own.Slice(next, block.Count));
            next += block.Count;
        }
    }
}
