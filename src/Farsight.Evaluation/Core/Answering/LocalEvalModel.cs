using System.Diagnostics;
using Farsight.Alignment.Answering;
using Farsight.Evaluation.Core.Prompts;

namespace Farsight.Evaluation.Core.Answering;

/// <summary>A model of this process.</summary>
/// <param name="name">As <see cref="IEvalModel.Name"/>.</param>
/// <param name="prompts">Makes its prompts.</param>
/// <param name="completer">Generates.</param>
/// <param name="choices">Gives log-probabilities.</param>
public sealed class LocalEvalModel(string name, PromptMaker prompts, ICompleter completer, IChoiceScorer choices) : IEvalModel
{
    /// <inheritdoc/>
    public string Name => name;

    /// <inheritdoc/>
    public bool DependsOnCompany => true;

    /// <inheritdoc/>
    public bool GivesLogProbs => true;

    /// <inheritdoc/>
    public bool ShowsHeads => true;

    /// <inheritdoc/>
    public MadePrompt Make(EvalPrompt prompt, int maxNewTokens, int? length) => prompts.Make(prompt, maxNewTokens, length);

    /// <inheritdoc/>
    /// <remarks>All together; if that fails, each by itself, so that one does not take the others with it.</remarks>
    public IEnumerable<EvalAnswer> Answer(IReadOnlyList<EvalAsk> asks, CancellationToken cancellationToken)
    {
        long started = Stopwatch.GetTimestamp();
        IReadOnlyList<Completion> completions;
        try
        {
            completions = completer.Complete([.. asks.Select(Request)], cancellationToken);
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            return asks.Count == 1 ? [EvalAnswer.None(e)] : asks.SelectMany(a => Answer([a], cancellationToken));
        }
        double seconds = Stopwatch.GetElapsedTime(started).TotalSeconds / asks.Count;
        return [.. completions.Select((c, i) => Answer(asks[i], c, seconds))];
    }

    /// <inheritdoc/>
    public IReadOnlyList<int> Continuation(EvalChoice choice) => choice.Tokens ?? prompts.Tokens.EncodeInside(choice.Text);

    /// <inheritdoc/>
    public IReadOnlyList<ChoiceLogProb[]> Choose(IReadOnlyList<ChoiceRequest> requests, CancellationToken cancellationToken) =>
        choices.Score(requests, cancellationToken);

    CompletionRequest Request(EvalAsk ask) => new(ask.Prompt.Tokens, ask.MaxNewTokens, ask.Temperature, ask.TopP, ask.Seed)
    {
        StopTokens = [.. ask.Stop.Select(StopToken).OfType<int>()],
        MinNewTokens = ask.MinNewTokens,
        ObservesHeads = ask.ObservesHeads,
    };

    /// <summary>The token that spells a stop text; null where one token does not, and the text is looked for in the answer only.</summary>
    int? StopToken(string stop) => prompts.Tokens.Encode(stop) is [.., int last] && prompts.Tokens.Decode([last]) == stop ? last : null;

    EvalAnswer Answer(EvalAsk ask, Completion completion, double seconds)
    {
        (string text, bool isCut) = EvalAnswer.UpTo(TextOf(completion, ask), ask);
        return new(text, isCut || completion.FinishReason == FinishReason.Stop ? "stop" : "length")
        {
            PromptTokens = ask.Prompt.Tokens.Count,
            NewTokens = completion.Tokens.Count,
            Seconds = seconds,
            Heads = isCut ? completion.Heads?.Take(TokensUpTo(ask, completion)) : completion.Heads,
        };
    }

    int TokensUpTo(EvalAsk ask, Completion completion) => Enumerable.Range(1, completion.Tokens.Count)
        .FirstOrDefault(n => EvalAnswer.UpTo(prompts.Tokens.Decode([.. completion.Tokens.Take(n)]), ask).IsCut, completion.Tokens.Count);

    /// <summary>
    /// Benchmarks score the text as it was decoded, with the white space around it; our own prompts have the format's way of reading.
    /// </summary>
    string TextOf(Completion completion, EvalAsk ask) =>
        ask.Prompt.Template == PromptMaker.ExactTokens ? completion.Text : prompts.Tokens.Decode([.. completion.Tokens]);
}
