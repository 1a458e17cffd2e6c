using System.Diagnostics;
using System.Text;
using Farsight.Alignment.Corpus;

namespace Farsight.Workflows.Timing;

/// <summary>Represents the results of <see cref="DocumentBenchmark"/>.</summary>
/// <param name="Documents">Found in the corpus.</param>
/// <param name="Bytes">Bytes of their texts in UTF-8.</param>
/// <param name="ReadSeconds">Reading and parsing, the fastest pass.</param>
/// <param name="RepairSeconds">The same with repair.</param>
/// <param name="AllSeconds">The same with the search for near-duplicates.</param>
public sealed record DocumentBenchmarkResult(long Documents, long Bytes, double ReadSeconds, double RepairSeconds, double AllSeconds);

/// <summary>Times reading a corpus on one thread: unchanged, with repair, and with detection of near-duplicates.</summary>
public static class DocumentBenchmark
{
    /// <summary>Runs the measurement.</summary>
    /// <param name="options">The corpus, its format and field.</param>
    /// <param name="passes">Passes of each kind, at least one; the fastest counts.</param>
    /// <param name="cancel">Stops between documents.</param>
    /// <exception cref="Engine.InputException">A file cannot be read.</exception>
    public static DocumentBenchmarkResult Run(CorpusOptions options, int passes, CancellationToken cancel)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(passes, 1);
        CorpusReport report = new();
        long bytes = DocumentReader.Read(options with { NearDuplicate = null }, report).Sum(d => (long)Encoding.UTF8.GetByteCount(d.Text));
        double Best(CorpusOptions of) => Enumerable.Range(0, passes).Min(_ => Seconds(of, cancel));
        return new(
            report.Kept, bytes, Best(options with { Repair = false, NearDuplicate = null }), Best(options with { NearDuplicate = null }),
            Best(options with { NearDuplicate = options.NearDuplicate ?? 0.8 }));
    }

    static double Seconds(CorpusOptions options, CancellationToken cancel)
    {
        Stopwatch watch = Stopwatch.StartNew();
        foreach (SourceDocument _ in DocumentReader.Read(options, new()))
        {
            cancel.ThrowIfCancellationRequested();
        }
        return watch.Elapsed.TotalSeconds;
    }
}
