using System.Runtime.ExceptionServices;

namespace Farsight.Engine.Memory;

/// <summary>Distributes work over the processor's cores.</summary>
/// <remarks>
/// Work comes as items 0 … count − 1 that do not depend on each other: every output element is written by one item, in one
/// order, so results have the same bits for any number of threads. Which thread takes which item is not defined.
/// Helper threads spin briefly before they sleep, because a training step consists of thousands of short calls.
/// A nested call runs its items on the calling thread.
/// </remarks>
public static class Workers
{
    const int SpinRounds = 2000;

    static readonly Lock s_callers = new();
    [ThreadStatic] static bool s_inside;

    static Team s_team = new(Environment.ProcessorCount);

    /// <summary>Number of threads that share the work, including the caller. Default: one per processor.</summary>
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
    /// <remarks>
    /// The exception of an item reaches the caller as it is, for any number of items and threads; if several items throw, the first one
    /// does. Remaining items may not have run.
    /// </remarks>
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
    /// <param name="blockSize">Rows per block; must not depend on the number of threads, because it decides the order of sums.</param>
    /// <param name="range">Called with first and count.</param>
    public static void ForBlocks(int total, int blockSize, Action<int, int> range) =>
        For((total + blockSize - 1) / blockSize, b => range(b * blockSize, Math.Min(blockSize, total - b * blockSize)));

    sealed class Team
    {
        readonly Signal[] _wake;
        volatile Job? _job;
        volatile bool _dismissed;

        internal Team(int threads)
        {
            Threads = threads;
            _wake = new Signal[threads - 1];
            for (int t = 0; t < _wake.Length; t++)
            {
                int index = t;
                _wake[t] = new Signal();
                new Thread(() => Help(index)) { IsBackground = true, Name = $"farsight worker {t + 1}" }.Start();
            }
        }

        internal int Threads { get; }

        internal void Dismiss()
        {
            _dismissed = true;
            foreach (Signal wake in _wake)
            {
                wake.Set();
            }
        }

        internal void Run(int count, Action<int> item)
        {
            Job job = new(count, item);
            _job = job;
            foreach (Signal wake in _wake)
            {
                wake.Set();
            }
            job.Work();
            job.WaitForLastItems();
            if (job.Error is { } error)
            {
                ExceptionDispatchInfo.Throw(error);
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
                _job?.Work(); // the current job; a finished one has no items left
            }
        }
    }

    /// <summary>Represents the items of one call. The caller waits for items, never for a helper thread that woke up late.</summary>
    sealed class Job(int count, Action<int> item)
    {
        int _next;
        int _finished;
        Exception? _error; // the first one

        internal Exception? Error => Volatile.Read(ref _error);

        internal void Work()
        {
            s_inside = true;
            for (int i = Interlocked.Increment(ref _next) - 1; i < count; i = Interlocked.Increment(ref _next) - 1)
            {
                try
                {
                    if (Error is null)
                    {
                        item(i);
                    }
                }
                catch (Exception e) // any exception belongs to the caller of For, not to a helper thread
                {
                    Interlocked.CompareExchange(ref _error, e, null);
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

    /// <summary>Represents a signal for one waiter, who spins before it sleeps.</summary>
    sealed class Signal
    {
        readonly object _sleep = new();
        volatile bool _isSet;

        internal void Set()
        {
            lock (_sleep)
            {
                _isSet = true;
                Monitor.Pulse(_sleep);
            }
        }

        internal void Wait()
        {
            for (int round = 0; round < SpinRounds && !_isSet; round++)
            {
                Thread.SpinWait(8);
            }
            lock (_sleep)
            {
                while (!_isSet)
                {
                    Monitor.Wait(_sleep);
                }
                _isSet = false;
            }
        }
    }
}
