using Farsight.Engine;
using Farsight.Engine.Models;

namespace Farsight.Alignment.Evaluation.Metrics;

/// <summary>Perplexity per token by context length, on the same target tokens at every length.</summary>
/// <remarks>
/// A window of L tokens is the first token of a text, L − 1 − S tokens of context and S targets; only the targets are
/// scored, so each has from L − S to L − 1 tokens before it. The windows' targets lie at equal distances over the text and do not
/// depend on L. perplexity = exp(mean negative log-likelihood of all targets, in nats).
/// Source: arXiv:2108.12409v2, Appendix B (sliding window with stride S). Differs: windows are a sample of the text, not all of it,
/// and the first one is scored only where it has a full context, unlike YaRN's script, which averages window means
/// of unequal size.
/// </remarks>
public static class SlidingPerplexity
{
    /// <summary>Measures one length.</summary>
    /// <param name="logProbs">The model: nats of every scored token of a tree.</param>
    /// <param name="setting">Text, windows and targets.</param>
    /// <param name="length">L, tokens of a window; more than the targets of a window and at most <see cref="PerplexitySetting.LongestLength"/>.</param>
    /// <param name="cancellationToken">Checked before every window.</param>
    /// <exception cref="InputException">The length leaves no context, or the text is too short.</exception>
    public static PerplexityResult Evaluate(
        Func<TokenTree, float[]> logProbs, PerplexitySetting setting, int length, CancellationToken cancellationToken = default)
    {
        Check(setting, length);
        double[] windows = new double[setting.Windows];
        for (int w = 0; w < windows.Length; w++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            float[] scored = logProbs(Window(setting, length, w));
            windows[w] = -scored.Sum(v => (double)v) / setting.Targets;
        }
        Interval interval = Interval.Normal(windows);
        return new(length, windows.Length * setting.Targets, windows.Average(), Math.Exp(windows.Average()),
            Math.Exp(interval.Low), Math.Exp(interval.High), windows);
    }

    static void Check(PerplexitySetting setting, int length)
    {
        int needed = setting.LongestLength - 1 + (setting.Windows - 1) * setting.Targets;
        if (!setting.Allows(length))
        {
            throw new InputException($"Perplexity at {length} tokens is not possible with {setting.Targets} targets a window; lengths go from {setting.Targets + 2} to {setting.LongestLength}.");
        }
        if (setting.Text.Count < needed)
        {
            throw new InputException($"The held-out text has {setting.Text.Count} tokens; {setting.Windows} windows of up to {setting.LongestLength} tokens need {needed}.");
        }
    }

    static TokenTree Window(PerplexitySetting setting, int length, int window)
    {
        // The last targets end with the text, the first begin where the longest window has its full context.
        long first = setting.LongestLength - 1 - setting.Targets, last = setting.Text.Count - setting.Targets;
        int targets = (int)(setting.Windows == 1 ? last : first + (last - first) * window / (setting.Windows - 1));

        int start = targets + setting.Targets - (length - 1);
        int[] tokens = [setting.FirstToken, .. setting.Text.Skip(start).Take(length - 1)];
        bool[] scored = new bool[length];
        scored.AsSpan(length - setting.Targets).Fill(true);

        TokenTreeBuilder builder = new();
        builder.Add(TokenTreeBuilder.Root, tokens, [.. Enumerable.Range(0, length)], scored);
        return builder.Build();
    }
}

/// <summary>What perplexity is measured on.</summary>
/// <param name="Text">Held-out tokens, without special ones.</param>
/// <param name="FirstToken">Opens every window; the model's BOS.</param>
/// <param name="LongestLength">The longest length that will be measured; fixes the targets.</param>
/// <param name="Windows">Number of windows.</param>
/// <param name="Targets">S: tokens scored in each.</param>
public sealed record PerplexitySetting(IReadOnlyList<int> Text, int FirstToken, int LongestLength, int Windows = 16, int Targets = 256)
{
    /// <summary>Whether a window of this length leaves its targets a context.</summary>
    public bool Allows(int length) => length > Targets + 1 && length <= LongestLength;
}

/// <summary>Perplexity at one length.</summary>
/// <param name="Length">L, tokens of a window.</param>
/// <param name="Tokens">Targets scored in all.</param>
/// <param name="MeanNats">Mean negative log-likelihood per token.</param>
/// <param name="Perplexity">exp(<paramref name="MeanNats"/>).</param>
/// <param name="Low">Lower end of the 95 % interval over the windows.</param>
/// <param name="High">Upper end.</param>
/// <param name="Windows">Mean negative log-likelihood of each window.</param>
public sealed record PerplexityResult(
    int Length, int Tokens, double MeanNats, double Perplexity, double Low, double High, IReadOnlyList<double> Windows);
