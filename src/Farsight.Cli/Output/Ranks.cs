using System.CommandLine;
using Farsight.Engine;
using Farsight.Engine.Communication;

namespace Farsight.Cli.Output;

/// <summary>Runs a command on all ranks that an MPI launcher started, or in this process alone.</summary>
static class Ranks
{
    // Rank 0 usually meets the same error; it then ends all processes within this time.
    static readonly TimeSpan s_timeForFirst = TimeSpan.FromSeconds(5);

    /// <summary><c>--distributed</c>, which several commands share.</summary>
    internal static Option<string> Distributed { get; } = Choice();

    /// <summary>Runs a command. Only rank 0 reports an error that all ranks have, and an error of one rank ends all.</summary>
    /// <param name="parse">The command line.</param>
    /// <param name="command">Receives the communicator and returns the exit code.</param>
    /// <exception cref="InputException">There is no launcher, and the command failed; or MPI cannot be used.</exception>
    internal static int Run(ParseResult parse, Func<Communicator, int> command)
    {
        MpiCommunicator? mpi;
        try
        {
            mpi = MpiCommunicator.Connect(Console.Error.WriteLine, parse.GetValue(Distributed) is not null);
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
                // An error of the input is the same on all ranks; another, as a full disk, may be that of rank 0 alone.
                string who = mpi.IsFirst && code != ExitCode.Failed
                    ? ""
                    : $"Rank {mpi.Rank} of {mpi.Size} ({Environment.MachineName}) failed: ";
                Console.Error.WriteLine(who + message);
            }
            mpi.Abort(code);
            return code;
        }
    }

    static Option<string> Choice()
    {
        Option<string> option = new("--distributed")
        {
            HelpName = "mpi",
            Description = "Connect the processes of a launcher that is not recognized: mpi. Default: only with a known launcher.",
            Recursive = true,
        };
        option.AcceptOnlyFromAmong("mpi");
        return option;
    }
}
