namespace Farsight.Engine.Memory;

/// <summary>The one driver that spreads work over the processor's cores.</summary>
/// <remarks>
/// Work comes as items 0 … count − 1 that do not depend on each other: every output element is written by one item, in one
/// order, so results have the same bits for any number of threads. Which thread takes which item is left to chance.
/// Helper threads spin for a moment before they sleep, because a step consists of thousands of short calls.
/// A call from inside an item runs its items in place.
/// </remarks>
public static class Workers
{
    const int SpinRounds = 2000;

    static readonly Lock s_callers = new();
    [ThreadStatic] static bool s_inside;

    static Team s_team = new(Environment.ProcessorCount);

    /// <summary>Threads that share the work, the caller among them; by default one for each processor.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Set to less than 1.</exception>
    public static int Threads
    {
        get => s_team.Threads;
        set
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(value, 1);
            lock (s_callers)
            {
                if (value != s_team.Threads)
                {
                    s_team.Dismiss();
                    s_team = new(value);
                }
            }
        }
    }

    /// <summary>Calls <paramref name="item"/> once for each of 0 … <paramref name="count"/> − 1 and returns when all are done.</summary>
    /// <exception cref="AggregateException">An item threw; the others were finished or given up.</exception>
    public static void For(int count, Action<int> item)
    {
        if (count <= 1 || s_inside || s_team.Threads == 1)
        {
            for (int i = 0; i < count; i++)
            {
                item(i);
            }
            return;
        }
        lock (s_callers)
        {
            s_team.Run(count, item);
        }
    }

    /// <summary>
    /// Calls <paramref name="range"/> for blocks [first, first + count) of a fixed size that together cover <paramref name="total"/>.
    /// </summary>
    /// <param name="total">Number of rows.</param>
    /// <param name="blockSize">Rows a block; part of the result where a block sums, so it must not depend on the number of threads.</param>
    /// <param name="range">Receives first and count.</param>
    public static void ForBlocks(int total, int blockSize, Action<int, int> range) =>
        For((total + blockSize - 1) / blockSize, b => range(b * blockSize, Math.Min(blockSize, total - b * blockSize)));

    sealed class Team
    {
        readonly Bell[] _wake;
        volatile Job? _job;
        volatile bool _dismissed;

        internal Team(int threads)
        {
            Threads = threads;
            _wake = new Bell[threads - 1];
            for (int t = 0; t < _wake.Length; t++)
            {
                int index = t;
                _wake[t] = new Bell();
                new Thread(() => Help(index)) { IsBackground = true, Name = $"farsight worker {t + 1}" }.Start();
            }
        }

        internal int Threads { get; }

        internal void Dismiss()
        {
            _dismissed = true;
            foreach (Bell wake in _wake)
            {
                wake.Ring();
            }
        }

        internal void Run(int count, Action<int> item)
        {
            Job job = new(count, item);
            _job = job;
            foreach (Bell wake in _wake)
            {
                wake.Ring();
            }
            job.Work();
            job.WaitForLastItems();
            if (job.Error is { } error)
            {
                throw new AggregateException(error);
            }
        }

        void Help(int index)
        {
            while (true)
            {
                _wake[index].Wait();
                if (_dismissed)
                {
                    return;
                }
                _job?.Work(); // whichever job is there by now; one that is done has no items left
            }
        }
    }

    /// <summary>Items and who is done with them. The caller waits for items, never for a helper that did not wake up in time.</summary>
    sealed class Job(int count, Action<int> item)
    {
        int _next;
        int _finished;
        volatile Exception? _error;

        internal Exception? Error => _error;

        internal void Work()
        {
            s_inside = true;
            for (int i = Interlocked.Increment(ref _next) - 1; i < count; i = Interlocked.Increment(ref _next) - 1)
            {
                try
                {
                    if (_error is null)
                    {
                        item(i);
                    }
                }
                catch (Exception e) // whatever it is, it belongs to the caller of For, not to a helper thread
                {
                    _error = e;
                }
                Interlocked.Increment(ref _finished);
            }
            s_inside = false;
        }

        internal void WaitForLastItems()
        {
            SpinWait spin = default;
            while (Volatile.Read(ref _finished) < count)
            {
                spin.SpinOnce(sleep1Threshold: -1);
            }
        }
    }

    /// <summary>A signal for one waiter, who spins before it sleeps.</summary>
    sealed class Bell
    {
        readonly object _sleep = new();
        volatile bool _rung;

        internal void Ring()
        {
            lock (_sleep)
            {
                _rung = true;
                Monitor.Pulse(_sleep);
            }
        }

        internal void Wait()
        {
            for (int round = 0; round < SpinRounds && !_rung; round++)
            {
                Thread.SpinWait(8);
            }
            lock (_sleep)
            {
                while (!_rung)
                {
                    Monitor.Wait(_sleep);
                }
                _rung = false;
            }
        }
    }
}
