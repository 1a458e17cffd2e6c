using System.Numerics.Tensors;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;
using Farsight.Engine.Memory;

namespace Farsight.Engine.Communication;

/// <summary>Connects the processes of a run, which are numbered by rank: 0 … <see cref="Size"/> − 1.</summary>
/// <remarks>
/// Every rank calls the same collective methods in the same order. They consist of messages between two ranks, and sums have a stated
/// order, so their results have the same bits with every library. One thread per rank calls the collective methods; messages with
/// different ranks may be exchanged on different threads meanwhile.
/// </remarks>
public abstract class Communicator : IDisposable
{
    /// <summary>First tag for <see cref="Send"/> and <see cref="Receive"/>; lower tags belong to the communicator.</summary>
    public const int FirstTag = 16;

    const int CollectiveTag = 1, TextTag = 3;

    /// <summary>Number of this process.</summary>
    public abstract int Rank { get; }

    /// <summary>Number of processes.</summary>
    public abstract int Size { get; }

    /// <summary>Number of this process among those of its host, by which it chooses a device of the host.</summary>
    public virtual int LocalRank => 0;

    /// <summary>Bytes that this process has sent to other ranks.</summary>
    public virtual long SentBytes => 0;

    /// <summary>Whether this process writes files and messages: rank 0.</summary>
    public bool IsFirst => Rank == 0;

    /// <summary>Starts to send rows, which must stay as they are until the transfer is complete.</summary>
    /// <param name="rows">The rows.</param>
    /// <param name="to">Rank that receives them.</param>
    /// <param name="tag">Number that the receiver names too; messages with one tag between two ranks keep their order.</param>
    public unsafe Transfer Send(Rows rows, int to, int tag) => Start(true, to, tag, AddressOf(rows), rows.Length * sizeof(float));

    /// <summary>Starts to receive rows, which are undefined until the transfer is complete.</summary>
    /// <param name="rows">Rows of the same size as those that are sent.</param>
    /// <param name="from">Rank that sends them.</param>
    /// <param name="tag">As in <see cref="Send"/>.</param>
    public unsafe Transfer Receive(Rows rows, int from, int tag) => Start(false, from, tag, AddressOf(rows), rows.Length * sizeof(float));

    /// <summary>Sends a text, or its absence, to one rank and returns when it has been sent.</summary>
    public void SendText(string? text, int to)
    {
        byte[] bytes = text is null ? [] : Encoding.UTF8.GetBytes(text);
        Exchange<int>(true, to, [text is null ? -1 : bytes.Length]);
        Exchange<byte>(true, to, bytes);
    }

    /// <summary>Waits for what another rank sends with <see cref="SendText"/>.</summary>
    public string? ReceiveText(int from)
    {
        int[] length = new int[1];
        Exchange<int>(false, from, length);
        byte[] bytes = new byte[Math.Max(0, length[0])];
        Exchange<byte>(false, from, bytes);
        return length[0] < 0 ? null : Encoding.UTF8.GetString(bytes);
    }

    /// <summary>Copies values of one rank to all.</summary>
    /// <param name="values">The values; overwritten on the other ranks. Equally many on every rank.</param>
    /// <param name="root">Rank that has the values.</param>
    public unsafe void Broadcast<T>(Span<T> values, int root)
        where T : unmanaged
    {
        fixed (T* data = values)
        {
            Broadcast((byte*)data, (long)values.Length * sizeof(T), root);
        }
    }

    /// <inheritdoc cref="Broadcast{T}(Span{T}, int)"/>
    public unsafe void Broadcast(Rows values, int root) => Broadcast(AddressOf(values), values.Length * sizeof(float), root);

    /// <summary>Returns the text of rank 0 on every rank.</summary>
    /// <param name="text">The text; ignored on other ranks.</param>
    public string? Broadcast(string? text) => Broadcast(text, 0);

    /// <summary>Collects equally many values of every rank, in the order of the ranks.</summary>
    /// <param name="own">[n] values of this rank.</param>
    /// <returns>[Size · n]</returns>
    public unsafe T[] AllGather<T>(ReadOnlySpan<T> own)
        where T : unmanaged
    {
        T[] all = new T[own.Length * Size];
        own.CopyTo(all.AsSpan(Rank * own.Length));
        fixed (T* data = all)
        {
            long bytes = (long)own.Length * sizeof(T);
            List<Transfer> transfers = [];
            for (int rank = IsFirst ? 1 : Rank; rank < (IsFirst ? Size : Rank + 1); rank++)
            {
                transfers.Add(Start(!IsFirst, IsFirst ? rank : 0, CollectiveTag, (byte*)data + rank * bytes, bytes));
            }
            WaitFor(transfers);
        }
        Broadcast<T>(all, 0);
        return all;
    }

    /// <summary>Collects a text of every rank, in the order of the ranks: [Size].</summary>
    public string[] AllGather(string own) => [.. Enumerable.Range(0, Size).Select(rank => Broadcast(own, rank)!)];

    /// <summary>Sums integers over all ranks.</summary>
    /// <param name="own">[n] summands of this rank.</param>
    /// <returns>[n]</returns>
    public long[] Sum(ReadOnlySpan<long> own)
    {
        long[] all = AllGather(own), sums = new long[own.Length];
        for (int i = 0; i < all.Length; i++)
        {
            sums[i % sums.Length] += all[i];
        }
        return sums;
    }

    /// <summary>Sums rows over all ranks; every rank has the same bits, which depend on the number of ranks.</summary>
    /// <param name="values">The summands of this rank; overwritten with the sums.</param>
    /// <param name="root">Rank that adds: its own summands first, then those of the others in their order.</param>
    public void Sum(Rows values, int root)
    {
        if (Size == 1)
        {
            return;
        }
        if (Rank == root)
        {
            Rows received = Rows.Allocate(values.Count, values.Width);
            using AlignedBuffer buffer = received.Buffer;
            for (int rank = 0; rank < Size; rank++)
            {
                if (rank != root)
                {
                    Start(false, rank, received).Wait();
                    for (int row = 0; row < values.Count; row++)
                    {
                        TensorPrimitives.Add(values[row], received[row], values[row]);
                    }
                }
            }
        }
        else
        {
            Start(true, root, values).Wait();
        }
        Broadcast(values, root);
    }

    /// <summary>Returns whether a condition holds on at least one rank.</summary>
    public bool Any(bool own) => Sum([own ? 1 : 0])[0] > 0;

    /// <inheritdoc/>
    public abstract void Dispose();

    /// <summary>Starts a message.</summary>
    /// <param name="isSend">Whether this rank sends it.</param>
    /// <param name="peer">The other rank.</param>
    /// <param name="tag">Number that both name.</param>
    /// <param name="data">Memory that stays in place until the transfer is complete.</param>
    /// <param name="bytes">Length, the same on both sides.</param>
    internal abstract unsafe Transfer Start(bool isSend, int peer, int tag, byte* data, long bytes);

    unsafe Transfer Start(bool isSend, int peer, Rows rows) =>
        Start(isSend, peer, CollectiveTag, AddressOf(rows), rows.Length * sizeof(float));

    static unsafe byte* AddressOf(Rows rows) =>
        rows.Length == 0 ? null : (byte*)Unsafe.AsPointer(ref MemoryMarshal.GetReference(rows.Buffer.Span(rows.Start, 1)));

    unsafe void Exchange<T>(bool isSend, int peer, Span<T> values)
        where T : unmanaged
    {
        fixed (T* data = values)
        {
            if (values.Length > 0)
            {
                Start(isSend, peer, TextTag, (byte*)data, (long)values.Length * sizeof(T)).Wait();
            }
        }
    }

    static void WaitFor(IReadOnlyList<Transfer> transfers)
    {
        foreach (Transfer transfer in transfers)
        {
            transfer.Wait();
        }
    }

    string? Broadcast(string? text, int root)
    {
        byte[] bytes = text is null || Rank != root ? [] : Encoding.UTF8.GetBytes(text);
        Span<int> length = [text is null ? -1 : bytes.Length];
        Broadcast(length, root);
        if (length[0] < 0)
        {
            return null;
        }
        if (Rank != root)
        {
            bytes = new byte[length[0]];
        }
        Broadcast<byte>(bytes, root);
        return Encoding.UTF8.GetString(bytes);
    }

    /// <summary>
    /// Passes data down a binomial tree: a rank receives from the rank without its lowest bit, counted from the root, and sends to those
    /// with one lower bit more. ⌈log₂ Size⌉ messages follow each other.
    /// </summary>
    unsafe void Broadcast(byte* data, long bytes, int root)
    {
        int place = (Rank - root + Size) % Size, bit = 1;
        for (; bit < Size; bit <<= 1)
        {
            if ((place & bit) != 0)
            {
                Start(false, (place - bit + root) % Size, CollectiveTag, data, bytes).Wait();
                break;
            }
        }
        List<Transfer> sent = [];
        for (bit >>= 1; bit > 0; bit >>= 1)
        {
            if (place + bit < Size)
            {
                sent.Add(Start(true, (place + bit + root) % Size, CollectiveTag, data, bytes));
            }
        }
        WaitFor(sent);
    }
}

/// <summary>Represents a message that is on its way.</summary>
public abstract class Transfer
{
    /// <summary>Returns when the message has been received, or when its memory may be changed again.</summary>
    public abstract void Wait();
}

/// <summary>Represents a run in one process: rank 0 of 1.</summary>
public sealed class SingleProcess : Communicator
{
    SingleProcess()
    {
    }

    /// <summary>The only one; disposing it does nothing.</summary>
    public static SingleProcess Instance { get; } = new();

    /// <inheritdoc/>
    public override int Rank => 0;

    /// <inheritdoc/>
    public override int Size => 1;

    /// <inheritdoc/>
    public override void Dispose()
    {
    }

    internal override unsafe Transfer Start(bool isSend, int peer, int tag, byte* data, long bytes) =>
        throw new InvalidOperationException("A single process has no other rank to exchange messages with.");
}
