namespace Farsight.Workflows.Timing;

/// <summary>What a tokenizer took.</summary>
/// <param name="Documents">How many texts were encoded.</param>
/// <param name="Bytes">Their length in UTF-8.</param>
/// <param name="Tokens">What they became.</param>
/// <param name="LoadSeconds">Reading the tokenizer.</param>
/// <param name="Seconds">Encoding all documents, pass by pass.</param>
/// <param name="GrownBytes">How much the process's memory grew, at its peak, by loading and encoding.</param>
/// <param name="Sha256">Of all ids, as 32-bit little-endian numbers.</param>
public sealed record TokenizerBenchmarkResult(
    int Documents, long Bytes, long Tokens, double LoadSeconds, IReadOnlyList<double> Seconds, long GrownBytes, string Sha256)
{
    /// <summary>Bytes a second in the fastest pass.</summary>
    public double BytesPerSecond => Bytes / Seconds.Min();
}
