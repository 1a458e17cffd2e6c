using System.Runtime.InteropServices;

namespace Farsight.Cli.Output;

/// <summary>While a command finishes what the first Ctrl-C asked it to finish, lets a second one end the process at once.</summary>
sealed class SecondInterrupt : IDisposable
{
    readonly PosixSignalRegistration _registration;
    int _interrupts;

    /// <summary>Listens until disposed.</summary>
    /// <param name="cancel">Cancelled by the first interrupt.</param>
    internal SecondInterrupt(CancellationToken cancel) => _registration = PosixSignalRegistration.Create(PosixSignal.SIGINT, _ =>
    {
        if (Interlocked.Increment(ref _interrupts) > 1 && cancel.IsCancellationRequested)
        {
            Environment.Exit(ExitCode.Cancelled);
        }
    });

    /// <inheritdoc/>
    public void Dispose() => _registration.Dispose();
}
