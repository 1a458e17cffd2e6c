using System.Runtime.ExceptionServices;
using Farsight.Engine.Communication;

namespace Farsight.Tests.Support;

/// <summary>Ranks that are threads of the test's process. Messages are copied and have the order of MPI.</summary>
sealed class ThreadRanks
{
    readonly Dictionary<(int From, int To, int Tag), Queue<byte[]>> _messages = [];
    readonly int _size;
    bool _failed;

    ThreadRanks(int size) => _size = size;

    /// <summary>Calls a body once per rank, each on its own thread, and returns the results in the order of the ranks.</summary>
    internal static T[] Run<T>(int size, Func<Communicator, T> body)
    {
        ThreadRanks ranks = new(size);
        T[] results = new T[size];
        Exception? failure = null;
        Thread[] threads = [.. Enumerable.Range(0, size).Select(rank => new Thread(() =>
        {
            try
            {
                results[rank] = body(new Member(ranks, rank));
            }
            catch (Exception e)
            {
                ranks.Fail(() => failure ??= e);
            }
        }))];
        Array.ForEach(threads, t => t.Start());
        Array.ForEach(threads, t => t.Join());
        if (failure is not null)
        {
            ExceptionDispatchInfo.Throw(failure);
        }
        Assert.All(ranks._messages.Values, Assert.Empty);
        return results;
    }

    void Fail(Action keep)
    {
        lock (_messages)
        {
            keep();
            _failed = true;
            Monitor.PulseAll(_messages);
        }
    }

    void Put((int, int, int) key, byte[] message)
    {
        lock (_messages)
        {
            if (!_messages.TryGetValue(key, out Queue<byte[]>? queue))
            {
                _messages[key] = queue = new();
            }
            queue.Enqueue(message);
            Monitor.PulseAll(_messages);
        }
    }

    byte[] Take((int, int, int) key)
    {
        lock (_messages)
        {
            while (!_failed)
            {
                if (_messages.TryGetValue(key, out Queue<byte[]>? queue) && queue.TryDequeue(out byte[]? message))
                {
                    return message;
                }
                Monitor.Wait(_messages);
            }
            throw new InvalidOperationException("Another rank failed.");
        }
    }

    sealed class Member(ThreadRanks ranks, int rank) : Communicator
    {
        public override int Rank => rank;

        public override int Size => ranks._size;

        public override int LocalRank => rank;

        public override void Dispose()
        {
        }

        internal override unsafe Transfer Start(bool isSend, int peer, int tag, byte* data, long bytes)
        {
            Assert.InRange(peer, 0, ranks._size - 1);
            Assert.NotEqual(rank, peer);
            if (isSend)
            {
                ranks.Put((rank, peer, tag), new Span<byte>(data, (int)bytes).ToArray());
                return new Done();
            }
            return new Incoming(ranks, (peer, rank, tag), data, bytes);
        }
    }

    sealed class Done : Transfer
    {
        public override void Wait()
        {
        }
    }

    sealed unsafe class Incoming(ThreadRanks ranks, (int, int, int) key, byte* data, long bytes) : Transfer
    {
        public override void Wait()
        {
            byte[] message = ranks.Take(key);
            Assert.Equal(bytes, message.Length);
            message.CopyTo(new Span<byte>(data, message.Length));
        }
    }
}
