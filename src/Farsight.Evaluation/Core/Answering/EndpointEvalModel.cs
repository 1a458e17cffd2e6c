using System.Diagnostics;
using Farsight.Alignment.Answering;
using Farsight.Alignment.Endpoints;
using Farsight.Engine;
using Farsight.Evaluation.Core.Prompts;
using Microsoft.Extensions.AI;

namespace Farsight.Evaluation.Core.Answering;

/// <summary>A model behind a chat client. Requests run side by side; answers come in the order of the asks.</summary>
/// <remarks>
/// The client limits, repeats and caches. An ask that it gives up on is a failed example; <see cref="FailuresInARow"/> of them, or a
/// refusal
/// that all asks would meet (a wrong key, an unknown model), stop the evaluation, which can be resumed.
/// </remarks>
/// <param name="name">As <see cref="IEvalModel.Name"/>.</param>
/// <param name="client">Any number of requests may be started at once.</param>
/// <param name="prompts">Makes its prompts.</param>
public sealed class EndpointEvalModel(string name, IChatClient client, EndpointPrompts prompts) : IEvalModel
{
    /// <summary>So many failed examples one after the other stop the evaluation.</summary>
    public const int FailuresInARow = 10;

    int _failures;

    /// <inheritdoc/>
    public string Name => name;

    /// <inheritdoc/>
    public bool DependsOnCompany => false;

    /// <inheritdoc/>
    public bool GivesLogProbs => false;

    /// <inheritdoc/>
    public MadePrompt Make(EvalPrompt prompt, int maxNewTokens, int? length) => prompts.Make(prompt, maxNewTokens);

    /// <inheritdoc/>
    public IEnumerable<EvalAnswer> Answer(IReadOnlyList<EvalAsk> asks, CancellationToken cancellationToken)
    {
        foreach ((EvalAnswer? answer, Exception? failure) in ChatRequests.InOrder(asks, Ask, cancellationToken))
        {
            _failures = failure is null ? 0 : _failures + 1;
            if (failure is not null && (IsForAll(failure) || _failures >= FailuresInARow))
            {
                throw failure is InputException
                    ? failure
                    : new InputException($"The endpoint fails again and again: {failure.Message}", failure);
            }
            yield return answer ?? EvalAnswer.None(failure!);
        }
    }

    /// <inheritdoc/>
    public IReadOnlyList<int> Continuation(EvalChoice choice) => throw NoLogProbs();

    /// <inheritdoc/>
    public IReadOnlyList<ChoiceLogProb[]> Choose(IReadOnlyList<ChoiceRequest> requests, CancellationToken cancellationToken) =>
        throw NoLogProbs();

    async Task<EvalAnswer> Ask(EvalAsk ask, CancellationToken cancel)
    {
        long started = Stopwatch.GetTimestamp();
        ChatResponse response = await client
            .GetResponseAsync(ask.Prompt.Messages.Select(t => new ChatMessage(new(t.Role), t.Content)), Options(ask), cancel)
            .ConfigureAwait(false);
        (string text, bool isCut) = EvalAnswer.UpTo(response.Text, ask);
        return new(text, isCut ? "stop" : response.FinishReason?.Value ?? "unknown")
        {
            PromptTokens = (int?)response.Usage?.InputTokenCount,
            NewTokens = (int?)response.Usage?.OutputTokenCount,
            Seconds = Stopwatch.GetElapsedTime(started).TotalSeconds,
        };
    }

    static ChatOptions Options(EvalAsk ask) =>
        new()
        {
            Temperature = ask.Temperature,
            TopP = ask.TopP < 1 ? ask.TopP : null,
            Seed = ask.Temperature > 0 ? ask.Seed : null,
            MaxOutputTokens = ask.MaxNewTokens,
            // the rest is looked for in the answer
            StopSequences = ask.Stop.Count > 0 && ask.MinNewTokens == 0 ? [.. ask.Stop.Take(MostStops)] : null,
        };

    const int MostStops = 4; // OpenAI's limit

    static bool IsForAll(Exception failure) =>
        failure is EndpointException { Refusal: { } status }
        && status
            is System.Net.HttpStatusCode.Unauthorized
                or System.Net.HttpStatusCode.Forbidden
                or System.Net.HttpStatusCode.NotFound
                or System.Net.HttpStatusCode.PaymentRequired;

    static InputException NoLogProbs() =>
        new("An endpoint gives no log-probabilities of given answers; evaluate a local model on this task.");
}
