using System.Runtime.InteropServices;

namespace Farsight.Cli.Output;

/// <summary>Stops the current answer on Ctrl-C; without an answer, or pressed again, Ctrl-C ends the program.</summary>
sealed class AnswerInterrupt : IDisposable
{
    readonly Lock _gate = new();
    readonly PosixSignalRegistration _interrupt, _terminate;
    CancellationTokenSource? _answer;

    /// <summary>Listens until disposed.</summary>
    internal AnswerInterrupt()
    {
        _interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, context =>
        {
            context.Cancel = true;
            if (!StopAnswer())
            {
                Environment.Exit(ExitCode.Cancelled); // also where the program waits for a line
            }
        });
        _terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, _ => Environment.Exit(ExitCode.Cancelled));
    }

    /// <summary>Runs an answer that Ctrl-C can stop.</summary>
    internal T During<T>(Func<CancellationToken, T> answer)
    {
        using CancellationTokenSource source = new();
        lock (_gate)
        {
            _answer = source;
        }
        try
        {
            return answer(source.Token);
        }
        finally
        {
            lock (_gate)
            {
                _answer = null;
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _interrupt.Dispose();
        _terminate.Dispose();
    }

    /// <summary>Stops the current answer; returns false if there is none, or it is already stopping.</summary>
    internal bool StopAnswer()
    {
        lock (_gate)
        {
            bool runs = _answer is { IsCancellationRequested: false };
            if (runs)
            {
                _answer!.Cancel();
            }
            return runs;
        }
    }
}
