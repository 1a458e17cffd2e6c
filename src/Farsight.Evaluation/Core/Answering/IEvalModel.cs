using Farsight.Alignment.Answering;
using Farsight.Engine;
using Farsight.Evaluation.Core.Prompts;

namespace Farsight.Evaluation.Core.Answering;

/// <summary>What is evaluated: a local model, or an endpoint.</summary>
public interface IEvalModel
{
    /// <summary>Tells it from others, with hashes of its weights where they are known. Never an absolute path.</summary>
    string Name { get; }

    /// <summary>
    /// Answers may depend in their last bits on what is asked along with them, so what was interrupted is asked again in the same company.
    /// </summary>
    bool DependsOnCompany { get; }

    /// <summary>It can run an <see cref="IChoiceTask"/>.</summary>
    bool GivesLogProbs { get; }

    /// <summary>It can run an <see cref="IObservedTask"/>.</summary>
    bool ShowsHeads => false;

    /// <summary>Makes a prompt.</summary>
    /// <param name="prompt">What the task wants asked.</param>
    /// <param name="maxNewTokens">Room for the completion.</param>
    /// <param name="length">The context length that the user asked for, where the prompt is made for one. One beyond the window is wanted:
    /// then nothing need fit.</param>
    /// <exception cref="InputException">It does not fit the window, or cannot be said to this model.</exception>
    MadePrompt Make(EvalPrompt prompt, int maxNewTokens, int? length);

    /// <summary>Answers in the order of the asks, each as soon as it and those before it are there. A failure is an answer, too.</summary>
    /// <exception cref="OperationCanceledException">Asked to stop.</exception>
    IEnumerable<EvalAnswer> Answer(IReadOnlyList<EvalAsk> asks, CancellationToken cancellationToken);

    /// <summary>The ids of a choice's text after a prompt.</summary>
    /// <exception cref="InputException">This model gives no log-probabilities.</exception>
    IReadOnlyList<int> Continuation(EvalChoice choice);

    /// <summary>How likely continuations are, in the order of the requests.</summary>
    /// <exception cref="InputException">This model gives no log-probabilities.</exception>
    IReadOnlyList<ChoiceLogProb[]> Choose(IReadOnlyList<ChoiceRequest> requests, CancellationToken cancellationToken);
}

/// <summary>A prompt to be answered.</summary>
/// <param name="Prompt">As the model gets it.</param>
/// <param name="MaxNewTokens">Generation budget.</param>
public sealed record EvalAsk(MadePrompt Prompt, int MaxNewTokens)
{
    /// <summary>Texts that end the answer; they are no part of it.</summary>
    public IReadOnlyList<string> Stop { get; init; } = [];

    /// <summary>As in <see cref="EvalExample.MinNewTokens"/>.</summary>
    public int MinNewTokens { get; init; }

    /// <summary>0 takes the likeliest token each time.</summary>
    public float Temperature { get; init; }

    /// <summary>Share of the probability that is sampled from.</summary>
    public float TopP { get; init; } = 1;

    /// <summary>Of the sampling.</summary>
    public int Seed { get; init; }

    /// <summary>The answer should say where the heads looked.</summary>
    public bool ObservesHeads { get; init; }
}

/// <summary>What came of an ask.</summary>
/// <param name="Text">What was generated, not trimmed, without a stop text; empty when it failed.</param>
/// <param name="StopReason">"stop" (a stop token or text), "length" (the budget was spent), or "none" (it failed).</param>
public sealed record EvalAnswer(string Text, string StopReason)
{
    /// <summary>Tokens of the prompt, as an endpoint counts them; null where it does not say.</summary>
    public int? PromptTokens { get; init; }

    /// <summary>Tokens generated; null where that is not known.</summary>
    public int? NewTokens { get; init; }

    /// <summary>Wall-clock seconds; of answers that were made together, each one's share.</summary>
    public double Seconds { get; init; }

    /// <summary>Why there is none; null when there is one.</summary>
    public string? Failed { get; init; }

    /// <summary>Where the heads looked, up to the token that completed a stop text; null where that was not asked for.</summary>
    public HeadTrace? Heads { get; init; }

    /// <summary>A failure.</summary>
    public static EvalAnswer None(Exception e) => new("", "none") { Failed = $"{e.GetType().Name}: {e.Message}" };

    /// <summary>The text up to the first of an ask's stop texts.</summary>
    internal static (string Text, bool IsCut) UpTo(string text, EvalAsk ask)
    {
        int from = 0;
        while (
            ask.MinNewTokens > 0
            && ask.Stop.FirstOrDefault(s => text.AsSpan(from).StartsWith(s, StringComparison.Ordinal)) is { Length: > 0 } first)
        {
            from += first.Length;
        }
        int[] found = [.. ask.Stop.Select(s => text.IndexOf(s, from, StringComparison.Ordinal)).Where(at => at >= 0)];
        return found.Length > 0 ? (text[..found.Min()], true) : (text, false);
    }
}
