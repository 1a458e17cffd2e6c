namespace Farsight.Engine.Communication;

/// <summary>Divides the ranks into groups of adjacent ranks that share each micro-step: rank = data rank · C + context rank.</summary>
/// <remarks>Adjacent ranks are usually on one host, and those of a context exchange the most data.</remarks>
public sealed class RankGrid
{
    /// <summary>Divides the ranks.</summary>
    /// <param name="all">All ranks.</param>
    /// <param name="contextRanks">C: ranks that divide the rows of one token tree.</param>
    /// <exception cref="InputException">The number of ranks is not a multiple of C.</exception>
    public RankGrid(Communicator all, int contextRanks = 1)
    {
        if (contextRanks < 1 || all.Size % contextRanks != 0)
        {
            throw new InputException(
                $"Context parallelism of {contextRanks} needs a multiple of {contextRanks} ranks, and there are {all.Size}; "
                    + "start another number of processes, or change it.");
        }
        All = all;
        int group = all.Rank / contextRanks, place = all.Rank % contextRanks;
        Context = Of([.. Enumerable.Range(group * contextRanks, contextRanks)]);
        Data = Of([.. Enumerable.Range(0, all.Size / contextRanks).Select(g => g * contextRanks + place)]);

        Communicator Of(int[] members) => members.Length == 1 ? SingleProcess.Instance : new Members(all, members);
    }

    /// <summary>All ranks.</summary>
    public Communicator All { get; }

    /// <summary>The ranks that divide the rows of the same micro-steps as this one: [C].</summary>
    public Communicator Context { get; }

    /// <summary>The ranks with the same part of other micro-steps: [Size / C].</summary>
    public Communicator Data { get; }

    /// <summary>Represents some of the ranks, numbered in their order.</summary>
    sealed class Members(Communicator all, int[] members) : Communicator
    {
        public override int Rank { get; } = Array.IndexOf(members, all.Rank);

        public override int Size => members.Length;

        public override int LocalRank => all.LocalRank;

        public override void Dispose()
        {
        }

        internal override unsafe Transfer Start(bool isSend, int peer, int tag, byte* data, long bytes) =>
            all.Start(isSend, members[peer], tag, data, bytes);
    }
}
