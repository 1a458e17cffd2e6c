using System.Globalization;
using Farsight.Alignment.Corpus;

namespace Farsight.Cli.Output;

/// <summary>
/// Says how far reading a corpus is, where that takes longer than one likes to wait without a word; and stops it on Ctrl-C.
/// </summary>
/// <param name="line">Where to.</param>
/// <param name="cancel">Stops.</param>
sealed class ReadingNotes(ProgressLine line, CancellationToken cancel)
{
    const double Growth = 1.5; // twenty lines for an hour

    TimeSpan _next = TimeSpan.FromSeconds(5);

    /// <summary>For <see cref="CorpusOptions.Told"/>.</summary>
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
