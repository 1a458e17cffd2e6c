namespace Farsight.Evaluation.Core.Prompts;

/// <summary>Cuts prompts that are too long in a benchmark's way.</summary>
public interface IPromptCut
{
    /// <summary>The name in records: "middle, halves decoded apart".</summary>
    string Name { get; }

    /// <summary>Shortens a text that has more than <paramref name="limit"/> tokens; returns a shorter one unchanged.</summary>
    /// <param name="text">The prompt before the chat template.</param>
    /// <param name="limit">Maximum tokens, by the benchmark's own way of counting.</param>
    /// <param name="tokens">The model's tokenizer.</param>
    /// <param name="removed">Number of removed tokens.</param>
    string Apply(string text, int limit, ITextTokens tokens, out int removed);
}

/// <summary>Lists the cuts that several benchmarks use.</summary>
static class PromptCuts
{
    /// <summary>LongBench: the first and the last int(limit / 2) tokens, each half decoded by itself.</summary>
    /// <remarks>Source: THUDM/LongBench @2e00731, pred.py. The tokens that the tokenizer adds
    /// are counted; decoding leaves them out.</remarks>
    public static IPromptCut LongBenchMiddle { get; } =
        new MiddleCut("middle, halves decoded apart", limit => (limit / 2, limit / 2), Together: false);

    /// <summary>
    /// LongBench v2: ids[:limit // 2] + ids[-limit // 2:], decoded together; of an odd limit the tail gets the larger part.
    /// </summary>
    /// <remarks>Source: THUDM/LongBench @2e00731, LongBench-v2 pred.py. Python reads -limit // 2 as (-limit) // 2.</remarks>
    public static IPromptCut LongBenchV2Middle { get; } =
        new MiddleCut("middle, halves decoded together", limit => (limit / 2, (limit + 1) / 2), Together: true);

    /// <summary>InfiniteBench: ids[:limit // 2] + ids[-(limit // 2):], decoded together.</summary>
    /// <remarks>Source: OpenBMB/InfiniteBench @88b3daa, src/eval_utils.py.</remarks>
    public static IPromptCut InfiniteBenchMiddle { get; } =
        new MiddleCut("middle, halves decoded together", limit => (limit / 2, limit / 2), Together: true);

    /// <summary>Keeps the first tokens.</summary>
    public static IPromptCut Right { get; } = new MiddleCut("right", limit => (limit, 0), Together: true);

    /// <summary>Keeps the last tokens.</summary>
    public static IPromptCut Left { get; } = new MiddleCut("left", limit => (0, limit), Together: true);

    sealed record MiddleCut(string Name, Func<int, (int Head, int Tail)> Split, bool Together) : IPromptCut
    {
        public string Apply(string text, int limit, ITextTokens tokens, out int removed)
        {
            int[] ids = tokens.EncodeWhole(text);
            if (ids.Length <= limit)
            {
                removed = 0;
                return text;
            }
            (int head, int tail) = Split(limit);
            removed = ids.Length - head - tail;
            return Together
                ? tokens.Decode([.. ids[..head], .. ids[^tail..]])
                : tokens.Decode(ids.AsSpan(0, head)) + tokens.Decode(ids.AsSpan(ids.Length - tail));
        }
    }
}
