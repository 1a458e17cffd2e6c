using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using Farsight.Alignment.Corpus;
using Farsight.Text.Tokenizers;

namespace Farsight.Workflows.Timing;

/// <summary>Times a tokenizer on one thread: loading, and encoding all documents again and again.</summary>
public static class TokenizerBenchmark
{
    /// <summary>Runs the measurement.</summary>
    /// <param name="tokenizer">A tokenizer.json, or a directory that holds one.</param>
    /// <param name="documents">A corpus, as <see cref="DocumentReader"/> reads it.</param>
    /// <param name="passes">How often all documents are encoded, at least once.</param>
    /// <param name="cancel">Stops between documents.</param>
    /// <exception cref="Engine.InputException">A file cannot be read or is not supported.</exception>
    public static TokenizerBenchmarkResult Run(string tokenizer, string documents, int passes, CancellationToken cancel)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(passes, 1);
        string[] texts = [.. DocumentReader.Read(documents).Select(d => d.Text)];
        long before = Memory(peak: false);
        Stopwatch watch = Stopwatch.StartNew();
        Tokenizer loaded = Tokenizer.Load(tokenizer);
        double load = watch.Elapsed.TotalSeconds;
        double[] seconds = new double[passes];
        long tokens = 0;
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        for (int pass = 0; pass < passes; pass++)
        {
            foreach (string text in texts)
            {
                cancel.ThrowIfCancellationRequested();
                watch.Restart();
                int[] ids = loaded.Encode(text);
                seconds[pass] += watch.Elapsed.TotalSeconds;
                if (pass == 0)
                {
                    tokens += ids.Length;
                    hash.AppendData(MemoryMarshal.AsBytes(ids.AsSpan()));
                }
            }
        }
        long grown = Math.Max(Memory(peak: true) - before, 0);
        return new(
            texts.Length,
            texts.Sum(t => (long)Encoding.UTF8.GetByteCount(t)),
            tokens,
            load,
            seconds,
            grown,
            Convert.ToHexStringLower(hash.GetHashAndReset()));
    }

    static long Memory(bool peak)
    {
        using Process process = Process.GetCurrentProcess();
        return peak ? process.PeakWorkingSet64 : process.WorkingSet64;
    }
}

/// <summary>Represents the results of <see cref="TokenizerBenchmark"/>.</summary>
/// <param name="Documents">How many texts were encoded.</param>
/// <param name="Bytes">Their length in UTF-8.</param>
/// <param name="Tokens">What they became.</param>
/// <param name="LoadSeconds">Reading the tokenizer.</param>
/// <param name="Seconds">Encoding all documents, pass by pass.</param>
/// <param name="GrownBytes">How much the process's memory grew, at its peak, by loading and encoding.</param>
/// <param name="Sha256">Hash of all ids, as 32-bit little-endian numbers.</param>
public sealed record TokenizerBenchmarkResult(
    int Documents, long Bytes, long Tokens, double LoadSeconds, IReadOnlyList<double> Seconds, long GrownBytes, string Sha256)
{
    /// <summary>Bytes per second in the fastest pass.</summary>
    public double BytesPerSecond => Bytes / Seconds.Min();
}
