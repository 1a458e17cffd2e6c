using System.Runtime.InteropServices;

namespace Farsight.Cli.Output;

/// <summary>Ends the process on a second Ctrl-C, while the command finishes its work after the first one.</summary>
sealed class SecondInterrupt : IDisposable
{
    readonly PosixSignalRegistration _registration;
    int _interrupts;

    /// <summary>Listens until disposed.</summary>
    /// <param name="cancel">Cancelled by the first Ctrl-C.</param>
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
