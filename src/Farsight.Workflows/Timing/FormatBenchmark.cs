using System.Diagnostics;
using System.Text;
using Farsight.Alignment.Corpus;

namespace Farsight.Workflows.Timing;

/// <summary>Represents how fast the files of a format are read.</summary>
/// <param name="Format">Name of the format.</param>
/// <param name="Documents">Number of documents.</param>
/// <param name="FileBytes">Size of the files.</param>
/// <param name="TextBytes">Size of the texts in UTF-8.</param>
/// <param name="Seconds">Seconds of the fastest pass.</param>
public sealed record FormatSpeed(string Format, int Documents, long FileBytes, long TextBytes, double Seconds);

/// <summary>Times reading generated documents in each format, with repair.</summary>
public static class FormatBenchmark
{
    /// <summary>Runs the measurement.</summary>
    /// <param name="documents">Documents per format, at least one.</param>
    /// <param name="words">Words per document, at least one.</param>
    /// <param name="passes">Passes per format, at least one; the fastest counts.</param>
    /// <param name="cancel">Stops between documents.</param>
    public static IReadOnlyList<FormatSpeed> Run(int documents, int words, int passes, CancellationToken cancel)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(documents, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(words, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(passes, 1);
        DirectoryInfo root = Directory.CreateTempSubdirectory("farsight-formats-");
        try
        {
            return [.. FormatSamples.Write(root.FullName, documents, words, cancel).Select(f => Measure(f, documents, passes, cancel))];
        }
        finally
        {
            root.Delete(recursive: true);
        }
    }

    static FormatSpeed Measure((string Format, string Folder) files, int documents, int passes, CancellationToken cancel)
    {
        long text = 0, bytes = new DirectoryInfo(files.Folder).EnumerateFiles().Sum(f => f.Length);
        double best = double.PositiveInfinity;
        for (int i = 0; i <= passes; i++)
        {
            Stopwatch watch = Stopwatch.StartNew();
            text = 0;
            foreach (SourceDocument document in DocumentReader.Read(new CorpusOptions(files.Folder), new()))
            {
                cancel.ThrowIfCancellationRequested();
                text += Encoding.UTF8.GetByteCount(document.Text);
            }
            best = i == 0 ? best : Math.Min(best, watch.Elapsed.TotalSeconds); // the first pass compiles and starts the reader
        }
        return new(files.Format, documents, bytes, text, best);
    }
}
