using System.Diagnostics;
using Farsight.Evaluation.Report;

namespace Farsight.Cli.Output;

/// <summary>Ends a long command on stderr: its duration, and the next command. What it made is on stdout.</summary>
sealed class Ending
{
    readonly long _started = Stopwatch.GetTimestamp();

    /// <summary>Writes the end.</summary>
    /// <param name="note">A further line; empty for none.</param>
    /// <param name="next">The words of the next command, without "farsight".</param>
    internal void Write(string note, IReadOnlyList<string> next) => Write(note, TypedCommand.Of(next));

    /// <summary>Writes the end with a next step that is no command of this program.</summary>
    internal void Write(string note, string next)
    {
        Console.Error.WriteLine($"Finished in {ReportText.Duration(Stopwatch.GetElapsedTime(_started).TotalSeconds)}.");
        if (note.Length > 0)
        {
            Console.Error.WriteLine(note);
        }
        Console.Error.WriteLine($"Next: {next}");
    }
}
