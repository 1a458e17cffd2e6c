using System.Globalization;
using Farsight.Alignment.Corpus;

namespace Farsight.Cli.Output;

/// <summary>Reports the progress of reading a large corpus, and stops it on Ctrl-C.</summary>
/// <param name="line">Receives the notes.</param>
/// <param name="cancel">Stops the reading.</param>
sealed class ReadingNotes(ProgressLine line, CancellationToken cancel)
{
    const double Growth = 1.5; // about twenty notes in the first hour

    TimeSpan _next = TimeSpan.FromSeconds(5);

    /// <summary>Writes a note when the next one is due.</summary>
    internal void Tell(CorpusReport report)
    {
        cancel.ThrowIfCancellationRequested();
        if (line.Elapsed >= _next)
        {
            line.Note(string.Create(CultureInfo.InvariantCulture, $"Reading documents: {report.Read:N0} read, {report.Kept:N0} kept."));
            _next = line.Elapsed * Growth;
        }
    }
}
