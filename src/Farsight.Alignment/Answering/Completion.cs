using System.Numerics.Tensors;
using Farsight.Engine;
using Farsight.Engine.Numerics;

namespace Farsight.Alignment.Answering;

/// <summary>Represents a prompt to complete.</summary>
/// <param name="Prompt">The prompt.</param>
/// <param name="Options">How tokens are chosen, and when the completion ends.</param>
public sealed record CompletionRequest(Prompt Prompt, GenerationOptions Options)
{
    /// <summary>
    /// The random numbers of a local model's sampling; null for those of <see cref="GenerationOptions.Seed"/>. Each request has its own, so
    /// the other requests of a call do not change them.
    /// </summary>
    public SeededRandom? Random { get; init; }

    /// <summary>Receives text as soon as no stop text can remove it, on any thread; null for no streaming.</summary>
    public Action<string>? OnText { get; init; }

    /// <summary>
    /// Receives each part of the completion together with its scored tokens, as <see cref="OnText"/> receives the text; null for no
    /// streaming. A model behind an endpoint has no parts.
    /// </summary>
    public Action<CompletionPart>? OnPart { get; init; }

    /// <summary>Receives the number of prompt tokens that are computed, while the prompt is read; null to ignore it.</summary>
    public Action<int>? OnPromptProgress { get; init; }

    /// <summary>Number of the most likely tokens to report in each place of the completion; null for no log-probabilities.</summary>
    public int? TopLogProbs { get; init; }

    /// <summary>Fills <see cref="Completion.PromptLogProbs"/>. Only a <see cref="ContinuousModel"/> does.</summary>
    public bool ScoresPrompt { get; init; }

    /// <summary>The tokens that the completion may have; null for all. A constraint serves one completion.</summary>
    public ITokenConstraint? Constraint { get; init; }

    /// <summary>
    /// Keeps what is computed for the prompt and its completion, so that a later request which begins with them computes the rest only. Has
    /// an effect on a local model, in a call with one request.
    /// </summary>
    public bool KeepsPrefix { get; init; }

    /// <summary>Fills <see cref="Completion.Heads"/> if the model can.</summary>
    public bool ObservesHeads { get; init; }

    /// <summary>
    /// The token ids that a local model takes as its completion, in place of those that it would choose (teacher forcing); null for its
    /// own.
    /// </summary>
    public IReadOnlyList<int>? Given { get; init; }
}

/// <summary>Represents what a model generated.</summary>
/// <param name="Text">The text without markers, up to a stop text; white space around it is kept.</param>
/// <param name="FinishReason">Why it ended.</param>
public sealed record Completion(string Text, FinishReason FinishReason)
{
    /// <summary>[P] the prompt's token ids; empty where they are not known.</summary>
    public IReadOnlyList<int> PromptTokens { get; init; } = [];

    /// <summary>The new token ids without the stop token; empty where they are not known.</summary>
    public IReadOnlyList<int> Tokens { get; init; } = [];

    /// <summary>The token that ended the completion; null where none did, or where it is not known.</summary>
    public int? StopToken { get; init; }

    /// <summary>Number of prompt tokens, with those of all <see cref="Steps"/>; null where it is not known.</summary>
    public int? InputTokens { get; init; }

    /// <summary>Number of new tokens, the stop token and those of all <see cref="Steps"/> included; null where it is not known.</summary>
    public int? OutputTokens { get; init; }

    /// <summary>The new tokens of <see cref="Text"/> with their log-probabilities; empty unless they were requested.</summary>
    public IReadOnlyList<ScoredToken> LogProbs { get; init; } = [];

    /// <summary>
    /// [P − 1] the log-probabilities of the prompt's tokens after the first; empty unless they were requested.
    /// </summary>
    public IReadOnlyList<ScoredToken> PromptLogProbs { get; init; } = [];

    /// <summary>Number of prompt tokens whose keys and values were in a cache; null where it is not known.</summary>
    public int? CachedTokens { get; init; }

    /// <summary>Wall-clock seconds; the share of each completion where several were generated together.</summary>
    public double Seconds { get; init; }

    /// <summary>Seconds of <see cref="Seconds"/> before the prompt was begun; null where they are not known.</summary>
    public double? QueueSeconds { get; init; }

    /// <summary>Seconds of <see cref="Seconds"/> until the first token was chosen; null where they are not known.</summary>
    public double? FirstTokenSeconds { get; init; }

    /// <summary>Where the heads looked; null where that was not requested or the model cannot tell.</summary>
    public HeadTrace? Heads { get; init; }

    /// <summary>The calls that a method made before the answer, in their order; empty without such a method.</summary>
    public IReadOnlyList<MethodStep> Steps { get; init; } = [];

    /// <summary>Names of the options that the server rejected, so that its own defaults applied: "temperature". Usually empty.</summary>
    public IReadOnlyList<string> OmittedOptions { get; init; } = [];
}

/// <summary>Represents a call that a method made before it asked for the answer.</summary>
/// <param name="Name">Purpose of the call: "worker 2 of 7".</param>
/// <param name="Text">The model's reply.</param>
/// <param name="InputTokens">Number of tokens the model read; null where it is not known.</param>
/// <param name="OutputTokens">Number of tokens the model wrote; null where it is not known.</param>
public sealed record MethodStep(string Name, string Text, int? InputTokens, int? OutputTokens)
{
    /// <summary>Counts of the reply, by name: "facts", "invented".</summary>
    public IReadOnlyDictionary<string, int> Counts { get; init; } = new Dictionary<string, int>();
}

/// <summary>Represents a part of a completion.</summary>
/// <param name="Text">Text that no stop text can remove.</param>
/// <param name="LogProbs">Tokens that begin in the text; empty unless log-probabilities were requested.</param>
public sealed record CompletionPart(string Text, IReadOnlyList<ScoredToken> LogProbs);

/// <summary>Represents a token with its log-probability, before temperature, penalties, bias and constraints.</summary>
/// <param name="Token">Token id.</param>
/// <param name="Text">The text that the token adds; it may end within a character, or be empty.</param>
/// <param name="LogProb">Log-probability in nats.</param>
/// <param name="Top">The most likely tokens in its place, the most likely first.</param>
public sealed record ScoredToken(int Token, string Text, float LogProb, IReadOnlyList<(int Token, float LogProb)> Top)
{
    /// <summary>Computes the log-probability of a token and the most likely tokens in its place.</summary>
    /// <param name="logits">[V]</param>
    /// <param name="token">Token id.</param>
    /// <param name="top">Number of most likely tokens. Of equally likely ones, the lower id comes first.</param>
    internal static ScoredToken Of(ReadOnlySpan<float> logits, int token, int top)
    {
        float maximum = TensorPrimitives.Max(logits);
        double sum = 0;
        foreach (float logit in logits)
        {
            sum += Math.Exp(logit - maximum);
        }
        double normalizer = maximum + Math.Log(sum);
        List<(int Token, float Logit)> best = [];
        for (int t = 0; t < logits.Length && top > 0; t++)
        {
            if (best.Count < top || logits[t] > best[^1].Logit)
            {
                float logit = logits[t];
                int at = best.FindIndex(b => b.Logit < logit);
                best.Insert(at < 0 ? best.Count : at, (t, logit));
                if (best.Count > top)
                {
                    best.RemoveAt(top);
                }
            }
        }
        return new(token, "", (float)(logits[token] - normalizer), [.. best.Select(b => (b.Token, (float)(b.Logit - normalizer)))]);
    }
}

/// <summary>Restricts the tokens of a completion, for example to those of a grammar.</summary>
public interface ITokenConstraint
{
    /// <summary>Whether the completion may end here.</summary>
    bool CanEnd { get; }

    /// <summary>Whether nothing may follow.</summary>
    bool IsOver { get; }

    /// <summary>Returns whether a token may come next.</summary>
    bool Allows(int token);

    /// <summary>Takes the next token, which is allowed.</summary>
    void Append(int token);
}

/// <summary>Identifies why a completion ended.</summary>
/// <param name="Value">The word in records: "stop", "length", or a server's own word.</param>
public readonly record struct FinishReason(string Value)
{
    /// <summary>A stop token or a stop text was generated.</summary>
    public static FinishReason Stop { get; } = new("stop");

    /// <summary>The maximum number of new tokens was reached, or the context window is full.</summary>
    public static FinishReason Length { get; } = new("length");

    /// <summary>The call was cancelled.</summary>
    public static FinishReason Cancelled { get; } = new("cancelled");

    /// <summary>The server gave no reason.</summary>
    public static FinishReason Unknown { get; } = new("unknown");

    /// <summary>Returns a server's own word, which never means that the caller cancelled.</summary>
    internal static FinishReason OfServer(string word) => word == Cancelled.Value ? new("cancelled by the server") : new(word);
}

/// <summary>Represents where a model's attention heads looked while it generated.</summary>
/// <param name="Layers">L.</param>
/// <param name="Heads">H, the heads per layer.</param>
/// <param name="Prompt">[P] the prompt's token ids.</param>
/// <param name="Tokens">The new token ids, the stop token included.</param>
/// <param name="Peaks">[tokens][L · H] the position, in prompt and completion, of the token with the highest attention of each head when
/// the token was chosen.</param>
public sealed record HeadTrace(int Layers, int Heads, IReadOnlyList<int> Prompt, IReadOnlyList<int> Tokens, IReadOnlyList<int[]> Peaks)
{
    /// <summary>Returns the trace of the first tokens.</summary>
    public HeadTrace Take(int tokens) => this with { Tokens = [.. Tokens.Take(tokens)], Peaks = [.. Peaks.Take(tokens)] };
}

/// <summary>Thrown when a prompt leaves no room for a completion in the context window.</summary>
public sealed class PromptTooLongException : InputException
{
    /// <summary>Creates the exception with its message.</summary>
    /// <param name="promptTokens">Tokens of the prompt.</param>
    /// <param name="window">Tokens of the context window.</param>
    public PromptTooLongException(int promptTokens, int window)
        : base(
            $"The prompt has {promptTokens} tokens and the context window {window}; shorten it, or extend the window with RoPE scaling.") =>
        (PromptTokens, Window) = (promptTokens, window);

    /// <summary>Tokens of the prompt.</summary>
    public int PromptTokens { get; }

    /// <summary>Tokens of the context window.</summary>
    public int Window { get; }
}

/// <summary>Thrown when a model answered a request without text, and would do so again. Other requests may succeed.</summary>
public sealed class UnusableAnswerException : InputException
{
    /// <summary>Creates the exception with a message for the user.</summary>
    public UnusableAnswerException(string message)
        : base(message)
    {
    }
}

/// <summary>Completes single prompts.</summary>
static class SingleCompletion
{
    /// <summary>Completes a prompt.</summary>
    /// <returns>The completion; null if the model answered without text (<see cref="UnusableAnswerException"/>).</returns>
    /// <exception cref="OperationCanceledException">The call was cancelled.</exception>
    internal static async Task<Completion?> TryComplete(this ILanguageModel model, CompletionRequest request, CancellationToken cancel)
    {
        try
        {
            Completion completion = (await model.CompleteAsync([request], cancel).ConfigureAwait(false))[0];
            return completion.FinishReason == FinishReason.Cancelled ? throw new OperationCanceledException(cancel) : completion;
        }
        catch (UnusableAnswerException)
        {
            return null;
        }
    }
}
