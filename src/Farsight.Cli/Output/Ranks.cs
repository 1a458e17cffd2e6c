using Farsight.Engine;
using Farsight.Engine.Communication;

namespace Farsight.Cli.Output;

/// <summary>Runs a command on all ranks that an MPI launcher started, or in this process alone.</summary>
static class Ranks
{
    // Rank 0 usually meets the same error; it then ends all processes within this time.
    static readonly TimeSpan s_timeForFirst = TimeSpan.FromSeconds(5);

    /// <summary>Runs a command. Only rank 0 reports an error that all ranks have, and an error of one rank ends all.</summary>
    /// <param name="command">Receives the communicator and returns the exit code.</param>
    /// <exception cref="InputException">There is no launcher, and the command failed; or MPI cannot be used.</exception>
    internal static int Run(Func<Communicator, int> command)
    {
        MpiCommunicator? mpi;
        try
        {
            mpi = MpiCommunicator.Connect(Console.Error.WriteLine);
        }
        catch (InputException) when (Launcher.Current is { Rank: > 0 })
        {
            return ExitCode.BadInput; // rank 0 reports it
        }
        if (mpi is null)
        {
            return command(SingleProcess.Instance);
        }
        try
        {
            int code = command(mpi);
            mpi.Dispose();
            return code;
        }
        catch (Exception e)
        {
            (string message, int code) = Program.Known(e) ?? (e.ToString(), ExitCode.Failed);
            if (!mpi.IsFirst)
            {
                Thread.Sleep(s_timeForFirst + TimeSpan.FromSeconds(Math.Min(mpi.Rank, 10)));
            }
            if (message.Length > 0)
            {
                string who = mpi.IsFirst ? "" : $"Rank {mpi.Rank} of {mpi.Size} ({Environment.MachineName}) failed: ";
                Console.Error.WriteLine(who + message);
            }
            mpi.Abort(code);
            return code;
        }
    }
}
