using System.Text;
using Farsight.Alignment.Data;
using Farsight.Alignment.Runs;
using Farsight.Alignment.Synthesis.Card;
using Farsight.Engine;
using Farsight.Engine.Files;

namespace Farsight.Alignment.Inspection;

/// <summary>
/// Indexes a preference dataset in the background: what a list shows of each sample, and where its line is. A sample is read from its line
/// when it is asked for, so a large dataset is open at once.
/// </summary>
public sealed class DatasetIndex : IDisposable
{
    const int StartBytes = 4096, MostLineBytes = 1 << 28;

    readonly Lock _access = new();
    readonly List<IndexedSample> _samples = [];
    readonly CardCounts _counts = new(tokenizer: null);
    readonly CancellationTokenSource _closed = new();
    long _offset;

    DatasetIndex(string path)
    {
        Path = path;
        Work = Task.Run(Build, _closed.Token);
    }

    /// <summary>Gets the file.</summary>
    public string Path { get; }

    /// <summary>Gets the indexing in the background; it never fails.</summary>
    public Task Work { get; }

    /// <summary>Gets the card; null until the whole file is indexed, or if a line is damaged.</summary>
    public DatasetCard? Card { get; private set; }

    /// <summary>Gets why indexing ended before the end of the file; null if it did not.</summary>
    public string? Problem { get; private set; }

    /// <summary>Gets the samples that are indexed so far.</summary>
    public IReadOnlyList<IndexedSample> Samples
    {
        get
        {
            lock (_access)
            {
                return [.. _samples];
            }
        }
    }

    /// <summary>Begins to index a file.</summary>
    /// <param name="path">The .jsonl file.</param>
    public static DatasetIndex Open(string path) => new(path);

    /// <summary>Tells whether the first line of a file is a preference sample.</summary>
    public static bool IsDataset(string path)
    {
        try
        {
            using FileStream file = RegularFile.OpenRead(path);
            byte[] line = new byte[StartBytes];
            int read = file.ReadAtLeast(line, line.Length, throwOnEndOfStream: false);
            if (!line.AsSpan(0, read).TrimStart(" "u8).StartsWith("{"u8) || line.AsSpan(0, read).IndexOf("\"context\""u8) < 0)
            {
                return false; // other files of JSON lines can be large
            }
            int end;
            while ((end = line.AsSpan(0, read).IndexOf((byte)'\n')) < 0 && read == line.Length && read < MostLineBytes)
            {
                Array.Resize(ref line, 4 * line.Length);
                read += file.ReadAtLeast(line.AsSpan(read), line.Length - read, throwOnEndOfStream: false);
            }
            PreferenceLine.Parse(Encoding.UTF8.GetString(line, 0, end < 0 ? read : end), path);
            return true;
        }
        catch (Exception e) when (e is InputException or IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    /// <summary>Reads a sample.</summary>
    /// <exception cref="InputException">The file has changed since, or the line is damaged.</exception>
    public PreferenceSample Read(IndexedSample sample)
    {
        byte[] line = new byte[sample.Bytes];
        using (FileStream file = RegularFile.OpenRead(Path))
        {
            file.Position = sample.Offset;
            if (file.ReadAtLeast(line, line.Length, throwOnEndOfStream: false) < line.Length)
            {
                throw new InputException($"{Path} has changed since it was opened; open the page again.");
            }
        }
        return PreferenceLine.Parse(Encoding.UTF8.GetString(line), FormattableString.Invariant($"{Path}:{sample.Number + 1}"));
    }

    /// <summary>Ends the work in the background.</summary>
    public void Dispose()
    {
        _closed.Cancel();
        ((IAsyncResult)Work).AsyncWaitHandle.WaitOne();
        _closed.Dispose();
    }

    void Build()
    {
        try
        {
            new GrowingLines(Path).Read(() => { }, Add);
            using FileStream file = RegularFile.OpenRead(Path);
            if (file.Length > _offset)
            {
                byte[] last = new byte[file.Length - _offset]; // a file that ends without a line break
                file.Position = _offset;
                file.ReadExactly(last);
                Add(last);
            }
            Card = _counts.ToCard(
                System.IO.Path.GetFileName(Path), InputHash.OfFile(Path), file.Length, DatasetCardFiles.Summary(Path + ".summary.json"));
        }
        catch (OperationCanceledException)
        {
            // Closed.
        }
        catch (Exception e) when (e is InputException or IOException or UnauthorizedAccessException)
        {
            Problem = e.Message;
        }
    }

    void Add(ReadOnlySpan<byte> line)
    {
        _closed.Token.ThrowIfCancellationRequested();
        int number = _samples.Count;
        PreferenceSample sample = PreferenceLine.Parse(Encoding.UTF8.GetString(line), FormattableString.Invariant($"{Path}:{number + 1}"));
        _counts.Add(sample);
        IndexedSample indexed = IndexedSample.Of(sample, number, _offset, line.Length);
        _offset += line.Length + 1;
        lock (_access)
        {
            _samples.Add(indexed);
        }
    }
}

/// <summary>Represents a sample in an index.</summary>
/// <param name="Number">Number in the file, from 0.</param>
/// <param name="Offset">Byte at which its line begins.</param>
/// <param name="Bytes">Bytes of the line.</param>
/// <param name="Id">Its id.</param>
/// <param name="Question">The beginning of its first question.</param>
/// <param name="Tokens">Tokens of the context.</param>
/// <param name="Chunks">Chunks of the context.</param>
/// <param name="Questions">Number of turns or questions.</param>
/// <param name="Rejected">Number of rejected responses of the first question.</param>
/// <param name="ChosenCharacters">Characters of the first chosen response.</param>
/// <param name="Origin">Origin of the first question: "fact"; "unknown" if the file does not say.</param>
/// <param name="Judge">"accepted", "refused", or "none" without a judge.</param>
public sealed record IndexedSample(
    int Number, long Offset, int Bytes, string Id, string Question, int Tokens, int Chunks, int Questions, int Rejected,
    int ChosenCharacters, string Origin, string Judge)
{
    const int QuestionCharacters = 200;

    internal static IndexedSample Of(PreferenceSample sample, int number, long offset, int bytes) => new(
        number,
        offset,
        bytes,
        sample.Id,
        sample.Question.Length <= QuestionCharacters ? sample.Question : sample.Question[..QuestionCharacters] + "…",
        sample.Context.Sum(c => c.Tokens.Length),
        sample.Context.Count,
        sample.AllTurns.Count(),
        sample.Rejected.Count,
        sample.Chosen.Length,
        sample.Provenance.Question?.ToString().ToLowerInvariant() ?? (sample.Provenance.Fact is null ? "unknown" : "fact"),
        sample.Provenance.Judge is not { } judge ? "none" : judge.Accepted ? "accepted" : "refused");
}
