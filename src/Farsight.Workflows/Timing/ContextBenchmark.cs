using System.Diagnostics;
using System.Numerics.Tensors;
using Farsight.Engine;
using Farsight.Engine.Checkpoints;
using Farsight.Engine.Inference.Context;
using Farsight.Engine.Machine;
using Farsight.Engine.Models;
using Farsight.Engine.Numerics;

namespace Farsight.Workflows.Timing;

/// <summary>Times reading and decoding of one long prompt with each method that reads long contexts, against ordinary decoding.</summary>
/// <remarks>Tokens are random, so times are those of a text, but choices of a method that depend on the text are not.</remarks>
public static class ContextBenchmark
{
    /// <summary>Name of ordinary decoding.</summary>
    public const string Full = "full";

    const string KeepsAll = "keep=16777216"; // GemFilter that keeps every token is ordinary decoding

    /// <summary>Names of ordinary decoding and of all methods.</summary>
    public static IReadOnlyList<string> All { get; } = [Full, .. ReadingMethod.All.Select(k => k.Card.Name)];

    /// <summary>Returns a method.</summary>
    /// <param name="text">"full", or "NAME:option=value,…".</param>
    /// <exception cref="InputException">The name or an option is not valid.</exception>
    public static ReadingMethod Find(string text)
    {
        string[] parts = text == Full ? ["gemfilter", KeepsAll] : text.Split(':', 2);
        if (ReadingMethod.All.FirstOrDefault(k => k.Card.Name == parts[0]) is { } kind)
        {
            return kind.Create(kind.Card.Parse(parts.Length > 1 ? parts[1] : ""));
        }
        string? near = Suggestion.Nearest(parts[0], All);
        throw new InputException(
            $"The method '{VisibleText.Of(parts[0])}' is unknown. {(near is null ? "" : $"Did you mean '{near}'? ")}"
                + $"Methods: {string.Join(", ", All)}.");
    }

    /// <summary>Times methods one after the other on one model.</summary>
    /// <param name="modelDirectory">The model.</param>
    /// <param name="methods">As <see cref="Find"/> takes them.</param>
    /// <param name="lengths">Tokens of the prompts.</param>
    /// <param name="newTokens">Tokens that are decoded after each, at least 2.</param>
    /// <param name="cancel">Checked between passes and tokens.</param>
    /// <returns>A time, or the reason why a method cannot work with the model, per method and length.</returns>
    /// <exception cref="InputException">A method is not valid, or the directory holds no sound model.</exception>
    public static IEnumerable<ContextTime> Run(
        string modelDirectory, IReadOnlyList<string> methods, IReadOnlyList<int> lengths, int newTokens, CancellationToken cancel)
    {
        (string Name, ReadingMethod Method)[] found = [.. methods.Select(m => (m, Find(m)))];
        using DecoderModel model = ModelLoader.Load(modelDirectory);
        long peakSoFar = 0;
        foreach (int length in lengths)
        {
            int[] prompt = Tokens(model.Config, length);
            foreach ((string name, ReadingMethod method) in found)
            {
                peakSoFar = Math.Max(peakSoFar, Processor.PeakMemory);
                GC.Collect(); // what an earlier method left is not this one's
                bool isReset = TryResetPeak();
                ContextTime time = Time(model, name, method, prompt, newTokens, cancel);
                long peak = Processor.PeakMemory;
                peakSoFar = Math.Max(peakSoFar, peak);
                yield return time with { PeakBytes = isReset ? peak : null, ProcessPeak = peakSoFar };
            }
        }
    }

    /// <summary>Lets the process's peak memory begin again at the current one, which Linux allows.</summary>
    /// <returns>False where the system does not.</returns>
    static bool TryResetPeak()
    {
        const string Reset = "/proc/self/clear_refs", PeakOnly = "5";
        try
        {
            if (!File.Exists(Reset))
            {
                return false;
            }
            File.WriteAllText(Reset, PeakOnly);
            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    static ContextTime Time(DecoderModel model, string name, ReadingMethod method, int[] prompt, int newTokens, CancellationToken cancel)
    {
        List<double> seconds = [];
        try
        {
            method.Check(model);
            ContextDecoder decoder = new(model, method);
            long start = Stopwatch.GetTimestamp();
            decoder.Run([prompt], [newTokens], (_, logits) =>
            {
                seconds.Add(Stopwatch.GetElapsedTime(start).TotalSeconds);
                return TensorPrimitives.IndexOfMax(logits);
            }, cancel);
            return new(name, prompt.Length, null)
            {
                FirstToken = seconds[0],
                TokensPerSecond = (seconds.Count - 1) / (seconds[^1] - seconds[0]),
                KeyValueBytes = decoder.Cost.KeyValueBytes,
                HeldBytes = decoder.Cost.HeldBytes,
            };
        }
        catch (InputException e)
        {
            return new(name, prompt.Length, e.Message);
        }
    }

    static int[] Tokens(ModelConfig config, int count)
    {
        SeededRandom random = SeededRandom.For(0, "benchmark context", count);
        int[] tokens = new int[count];
        foreach (ref int token in tokens.AsSpan())
        {
            token = random.Next(config.VocabSize);
        }
        return tokens;
    }
}

/// <summary>Represents the time of one method on one prompt.</summary>
/// <param name="Method">The method.</param>
/// <param name="Length">Tokens of the prompt.</param>
/// <param name="Refused">Why the method cannot work; null if it was timed.</param>
public sealed record ContextTime(string Method, int Length, string? Refused)
{
    /// <summary>Seconds until the logits after the prompt.</summary>
    public double FirstToken { get; init; }

    /// <summary>Tokens per second after the first.</summary>
    public double TokensPerSecond { get; init; }

    /// <summary>Bytes of keys and values that attention read.</summary>
    public long KeyValueBytes { get; init; }

    /// <summary>Maximum bytes of keys, values and other state that were kept.</summary>
    public long HeldBytes { get; init; }

    /// <summary>
    /// Peak memory of the process while the method ran, in bytes, with the weights; null where the system cannot measure it.
    /// </summary>
    public long? PeakBytes { get; init; }

    /// <summary>Peak memory of the process so far, in bytes, with earlier methods.</summary>
    public long ProcessPeak { get; init; }
}
