using System.Collections.Concurrent;
using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Farsight.Engine.Communication;

/// <summary>Connects processes that an MPI launcher started.</summary>
/// <remarks>
/// One thread makes all calls to MPI: it starts and tests the messages, and exchanges heartbeats between rank 0 and every other rank, so
/// that a process that is stopped, hangs or vanishes is found while others compute or wait. It also ends the process when its parent, the
/// launcher, has ended.
/// </remarks>
public sealed unsafe partial class MpiCommunicator : Communicator
{
    const int HeartbeatTag = 2;
    const byte Alive = 1, Leaving = 2;

    // Completed parts of a long message show that it progresses.
    const int PartBytes = 4 << 20;

    // A message is often answered within microseconds; longer waits must not take a processor from computing threads.
    const int PollsBeforeSleep = 2000;

    static readonly TimeSpan s_interval = TimeSpan.FromSeconds(2);
    static readonly TimeSpan s_silence = TimeSpan.FromSeconds(30);
    static readonly TimeSpan s_timeToStart = TimeSpan.FromSeconds(45);
    static readonly TimeSpan s_timeToAbort = TimeSpan.FromSeconds(10);

    readonly MpiLibrary _library;
    readonly Action<string> _fail;
    readonly Thread _thread;
    readonly ConcurrentQueue<Message> _started = new();
    readonly SemaphoreSlim _wake = new(0);
    readonly List<Message> _active = [];
    readonly TaskCompletionSource _initialized = new(TaskCreationOptions.RunContinuationsAsynchronously);
    readonly int _parent = ParentId();
    List<Peer> _peers = [];
    string[] _hosts = [];
    int _rank, _size;
    long _sentBytes;
    int? _abortCode;
    volatile bool _isLeaving, _aborts;

    MpiCommunicator(MpiLibrary library, Action<string> fail)
    {
        (_library, _fail) = (library, fail);
        _thread = new(Communicate) { IsBackground = true, Name = "MPI" };
        _thread.Start();
    }

    /// <inheritdoc/>
    public override int Rank => _rank;

    /// <inheritdoc/>
    public override int Size => _size;

    /// <inheritdoc/>
    public override int LocalRank => _hosts.Take(_rank).Count(h => h == _hosts[_rank]);

    /// <inheritdoc/>
    public override long SentBytes => Interlocked.Read(ref _sentBytes);

    /// <summary>Connects to the other processes if a launcher started this one, or if <see cref="MpiLibrary.Variable"/> is set.</summary>
    /// <param name="fail">Receives one sentence when another process is lost. Then every process is ended.</param>
    /// <param name="always">Whether MPI is used also if no launcher is recognized.</param>
    /// <returns>Null for a process that runs alone.</returns>
    /// <exception cref="InputException">The launcher has no MPI library, or the library belongs to another launcher.</exception>
    public static MpiCommunicator? Connect(Action<string> fail, bool always = false)
    {
        Launcher? launcher = Launcher.Current;
        if (launcher is null && !always && !Launcher.IsPmix && Environment.GetEnvironmentVariable(MpiLibrary.Variable) is null or "")
        {
            return null;
        }
        MpiLibrary library = MpiLibrary.Load(launcher);
        MpiCommunicator ranks = new(library, fail);
        try
        {
            ranks.WaitForStart(launcher);
        }
        catch (MpiException e)
        {
            throw new InputException($"MPI could not be started ({library.Version}): {e.Message}.", e);
        }
        if (launcher is not null && (launcher.Size, launcher.Rank) != (ranks.Size, ranks.Rank))
        {
            throw new InputException(
                $"The launcher ({launcher.Name}) started {launcher.Size} processes, but {library.Version} sees {ranks.Size}: it "
                    + $"belongs to another launcher; use the launcher of this library, or give the path of the launcher's library in "
                    + $"{MpiLibrary.Variable}.");
        }
        ranks._hosts = ranks.AllGather(Environment.MachineName);
        return ranks;
    }

    /// <summary>Ends the processes of all ranks, and this one if the launcher does not.</summary>
    /// <param name="code">Exit code.</param>
    public void Abort(int code)
    {
        _abortCode = code;
        _aborts = true;
        _wake.Release();
        Thread.Sleep(2 * s_timeToAbort);
        Kill();
    }

    /// <summary>Waits for all ranks and ends MPI.</summary>
    public override void Dispose()
    {
        if (!_isLeaving)
        {
            Any(false); // no rank leaves while another may need it
            _isLeaving = true;
            _wake.Release();
            _thread.Join();
            _wake.Dispose();
        }
    }

    internal override Transfer Start(bool isSend, int peer, int tag, byte* data, long bytes)
    {
        Interlocked.Add(ref _sentBytes, isSend ? bytes : 0);
        Message message = new(isSend, peer, tag, data, bytes);
        _started.Enqueue(message);
        _wake.Release();
        return message;
    }

    /// <summary>Waits for MPI to start, which needs all ranks, and ends this process if one of them or the launcher is lost.</summary>
    /// <exception cref="MpiException">MPI reports an error.</exception>
    void WaitForStart(Launcher? launcher)
    {
        string who = launcher is null ? "this process" : $"rank {launcher.Rank} of {launcher.Size}";
        // As for heartbeats, usually one rank reports.
        TimeSpan limit = s_timeToStart + TimeSpan.FromSeconds(Math.Min(launcher?.Rank ?? 0, 10));
        long began = Stopwatch.GetTimestamp();
        while (Task.WaitAny([_initialized.Task], TimeSpan.FromSeconds(1)) < 0)
        {
            if (ParentId() != _parent)
            {
                _fail($"The launcher of {who} ({Environment.MachineName}) has ended, so this process ends; start the command again.");
                Kill();
            }
            if (Stopwatch.GetElapsedTime(began) > limit)
            {
                _fail(
                    $"MPI has not started for {s_timeToStart.TotalSeconds:0} seconds on {who} ({Environment.MachineName}), because another "
                        + "rank has not started or is stopped, so all processes end; check the hosts, and start the command again.");
                Kill();
            }
        }
        _initialized.Task.GetAwaiter().GetResult();
    }

    /// <summary>Ends this process after a time if it has not ended itself.</summary>
    /// <param name="time">The time.</param>
    /// <param name="report">Called before.</param>
    static void KillAfter(TimeSpan time, Action? report = null) =>
        new Thread(() =>
        {
            Thread.Sleep(time);
            report?.Invoke();
            Kill();
        })
        { IsBackground = true }.Start();

    static void Kill()
    {
        using Process self = Process.GetCurrentProcess();
        self.Kill();
    }

    // The launcher, or its daemon on this host.
    static int ParentId() => OperatingSystem.IsWindows() ? 0 : GetParentId();

    [LibraryImport("libc", EntryPoint = "getppid")]
    private static partial int GetParentId();

    void Communicate()
    {
        try
        {
            _library.Initialize(out _rank, out _size);
            _peers = [.. Enumerable.Range(0, _size).Where(r => r != _rank && (r == 0 || _rank == 0)).Select(r => new Peer(r))];
            _peers.ForEach(p => p.Listen(_library));
        }
        catch (MpiException e)
        {
            _initialized.SetException(e);
            return;
        }
        _initialized.SetResult();
        try
        {
            Poll();
            // Ending MPI waits for all ranks, and no heartbeats find one that stops now.
            KillAfter(s_silence, () => _fail(
                $"Another rank than {_rank} of {_size} has not ended MPI for {s_silence.TotalSeconds:0} seconds, so all processes end; "
                    + "their work was finished."));
            _library.End();
        }
        catch (MpiException e)
        {
            Lose($"The connection between the processes failed on rank {_rank} of {_size} ({Environment.MachineName}): {e.Message}.");
        }
    }

    /// <summary>Starts and tests messages until this rank leaves.</summary>
    void Poll()
    {
        long last = Stopwatch.GetTimestamp();
        int idle = 0;
        while (!(_isLeaving && _active.Count == 0 && _peers.TrueForAll(p => p.HasLeft)))
        {
            if (_aborts)
            {
                End(_abortCode ?? 1);
            }
            bool moved = StartMessages();
            moved |= _active.RemoveAll(m => m.Advance(_library)) > 0;
            moved |= Beat(last);
            last = Stopwatch.GetTimestamp();
            idle = moved ? 0 : idle + 1;
            if (_active.Count > 0 && idle < PollsBeforeSleep)
            {
                Thread.Yield();
            }
            else
            {
                _wake.Wait(_active.Count > 0 || _isLeaving ? 1 : 50);
            }
        }
    }

    bool StartMessages()
    {
        bool any = false;
        while (_started.TryDequeue(out Message? message))
        {
            message.Start(_library);
            _active.Add(message);
            any = true;
        }
        return any;
    }

    /// <summary>Exchanges heartbeats, and ends all processes if a peer is silent or the launcher has ended.</summary>
    /// <param name="lastPoll">Time of the last call. After a pause of this process itself, the peers' clocks start again.</param>
    bool Beat(long lastPoll)
    {
        bool heard = false, paused = Stopwatch.GetElapsedTime(lastPoll) > s_silence / 3;
        foreach (Peer peer in _peers)
        {
            heard |= peer.Exchange(_library, _isLeaving, paused);
            // Rank 1 reports a silent rank 0 first, and so usually alone.
            TimeSpan limit = s_silence + TimeSpan.FromSeconds(Math.Min(_rank, 10));
            if (!peer.HasLeft && Stopwatch.GetElapsedTime(peer.LastHeard) > limit)
            {
                string host = peer.Rank < _hosts.Length ? $" on {_hosts[peer.Rank]}" : "";
                Lose(
                    $"Rank {peer.Rank} of {_size}{host} has not answered for {s_silence.TotalSeconds:0} seconds, so all processes end; "
                        + "check that host, and resume the run.");
            }
        }
        if (ParentId() != _parent)
        {
            Lose($"The launcher of rank {_rank} of {_size} ({Environment.MachineName}) has ended, so this process ends; resume the run.");
        }
        return heard;
    }

    void Lose(string sentence)
    {
        _fail(sentence);
        End(1);
    }

    void End(int code)
    {
        // A launcher that is lost, or a library that waits for it, must not keep the process.
        KillAfter(s_timeToAbort);
        _library.Abort(code);
        Kill();
    }

    /// <summary>Represents a message, sent in parts.</summary>
    sealed class Message(bool isSend, int peer, int tag, byte* data, long bytes) : Transfer
    {
        readonly TaskCompletionSource _done = new(TaskCreationOptions.RunContinuationsAsynchronously);
        readonly Queue<nint> _parts = new();

        public override void Wait() => _done.Task.Wait();

        internal void Start(MpiLibrary library)
        {
            for (long first = 0; first < bytes; first += PartBytes)
            {
                _parts.Enqueue(library.Start(isSend, data + first, (int)Math.Min(PartBytes, bytes - first), peer, tag));
            }
        }

        /// <summary>Tests the parts; returns whether all are complete.</summary>
        internal bool Advance(MpiLibrary library)
        {
            while (_parts.TryPeek(out nint part) && library.IsComplete(part))
            {
                _parts.Dequeue();
            }
            if (_parts.Count > 0)
            {
                return false;
            }
            _done.SetResult();
            return true;
        }
    }

    /// <summary>Represents the heartbeats between this rank and another.</summary>
    sealed class Peer(int rank)
    {
        readonly byte* _bytes = (byte*)NativeMemory.AllocZeroed(2); // received, sent; used by MPI until the process ends
        nint _incoming, _outgoing;
        bool _isSending, _saidGoodbye, _heardGoodbye;
        long _lastSent;

        internal int Rank => rank;

        internal long LastHeard { get; private set; } = Stopwatch.GetTimestamp();

        /// <summary>Whether both ranks have said that they leave.</summary>
        internal bool HasLeft => _heardGoodbye && _saidGoodbye && !_isSending;

        internal void Listen(MpiLibrary library) => _incoming = library.Start(false, _bytes, 1, rank, HeartbeatTag);

        /// <summary>Sends a heartbeat if one is due and receives those of the peer.</summary>
        /// <returns>Whether one was received.</returns>
        internal bool Exchange(MpiLibrary library, bool leaves, bool paused)
        {
            bool heard = !_heardGoodbye && library.IsComplete(_incoming);
            if (heard)
            {
                _heardGoodbye = _bytes[0] == Leaving;
                if (!_heardGoodbye)
                {
                    Listen(library);
                }
            }
            if (heard || paused)
            {
                LastHeard = Stopwatch.GetTimestamp();
            }
            _isSending = _isSending && !library.IsComplete(_outgoing);
            if (!_isSending && !_saidGoodbye && (leaves || Stopwatch.GetElapsedTime(_lastSent) > s_interval))
            {
                _bytes[1] = leaves ? Leaving : Alive;
                _outgoing = library.Start(true, _bytes + 1, 1, rank, HeartbeatTag);
                (_isSending, _saidGoodbye, _lastSent) = (true, leaves, Stopwatch.GetTimestamp());
            }
            return heard;
        }
    }
}
