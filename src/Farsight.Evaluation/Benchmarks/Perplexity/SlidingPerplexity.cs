using System.Globalization;
using Farsight.Alignment.Answering;
using Farsight.Engine;
using Farsight.Evaluation.Core;
using Farsight.Evaluation.Core.Prompts;

namespace Farsight.Evaluation.Benchmarks.Perplexity;

/// <summary>Measures perplexity per token by context length, on the same target tokens at every length.</summary>
/// <remarks>
/// Version 1. A window of L tokens is the first token of a text, L − 1 − S tokens of context and S targets; only the targets are scored,
/// so each has from L − S to L − 1 tokens before it. The windows' targets lie at equal distances over the text and do not depend on L.
/// perplexity = exp(mean negative log-likelihood of all targets, in nats). Source: arXiv:2108.12409v2, Appendix B (sliding window with
/// stride S). Differs: windows are a sample of the text, not all of it, and the first one is scored only where it has a full context,
/// unlike YaRN's script, which averages window means of unequal size. The text is the haystack. There are always 16 windows, because the
/// targets are the same at every length and in every run; a requested number of samples does not apply.
/// </remarks>
public sealed class SlidingPerplexity : IChoiceTask, IAggregatedTask
{
    /// <summary>Names the task.</summary>
    public const string Name = "perplexity";

    /// <summary>Represents S, the tokens scored per window.</summary>
    public const int Targets = 256;

    const int StandardWindows = 16;

    /// <inheritdoc/>
    public EvalTaskCard Card { get; } =
        new(
            Name,
            Version: 1,
            "Perplexity, the same targets at every length",
            "arXiv:2108.12409v2, Appendix B",
            "perplexity per token",
            Chance: null)
        {
            Suites = ["long"],
            IsPerLength = true,
            HasFixedSamples = true,
            IsLowerBetter = true,
            IsShare = false,
        };

    /// <inheritdoc/>
    public int? Count(EvalSetting setting) => setting.Length > Targets + 1 ? StandardWindows : 0;

    /// <inheritdoc/>
    public IEnumerable<EvalExample> Examples(EvalSetting setting)
    {
        if (setting.Length <= Targets + 1)
        {
            throw new InputException(string.Create(
                CultureInfo.InvariantCulture,
                $"A context of {setting.Length} tokens is too short for {Name}; it needs at least {Targets + 2}."));
        }
        IReadOnlyList<int> text = setting.HaystackFor(Name).Tokens;
        ITextTokens tokens = setting.TokensFor(Name);
        int longest = setting.Lengths[^1], needed = longest - 1 + (StandardWindows - 1) * Targets;
        if (text.Count < needed)
        {
            throw new InputException(
                $"The held-out text has {text.Count} tokens; {StandardWindows} windows of up to {longest} tokens need {needed}; "
                    + "provide longer documents.");
        }
        for (int w = 0; w < StandardWindows; w++)
        {
            yield return Window(setting.Length, longest, text, tokens.FirstToken, w);
        }
    }

    /// <inheritdoc/>
    public EvalScore Score(EvalExample example, IReadOnlyList<ChoiceLogProb> choices) => new(-choices[0].LogProb / choices[0].Tokens);

    /// <inheritdoc/>
    public EvalScore Aggregate(IReadOnlyList<ScoredExample> examples) => new(Math.Exp(examples.Average(e => e.Score.Value)));

    static EvalExample Window(int length, int longest, IReadOnlyList<int> text, int firstToken, int window)
    {
        // The last targets end with the text, the first begin where the longest window has its full context.
        long first = longest - 1 - Targets, last = text.Count - Targets;
        int targets = (int)(first + (last - first) * window / (StandardWindows - 1));

        int start = targets + Targets - (length - 1);
        string group = length.ToString(CultureInfo.InvariantCulture);
        return new(
            string.Create(CultureInfo.InvariantCulture, $"{length}-{window}"),
            new EvalPrompt.Tokens([firstToken, .. text.Skip(start).Take(targets - start)]), [], MaxNewTokens: 0)
        {
            Groups = new Dictionary<string, string> { [EvalExample.Length] = group },
            Choices = [new("") { Tokens = [.. text.Skip(targets).Take(Targets)] }],
        };
    }
}
