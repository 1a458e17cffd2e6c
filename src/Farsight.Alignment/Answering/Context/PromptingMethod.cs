using Farsight.Engine;
using Farsight.Engine.Inference.Context;

namespace Farsight.Alignment.Answering.Context;

/// <summary>Represents a method that answers a question about a long context by several prompts to one model.</summary>
/// <remarks>
/// It works over any model and any endpoint. Calls before the last one decode greedily; the last one has the options of the request.
/// A question without a context is asked as it is, unless the method says otherwise.
/// </remarks>
public abstract class PromptingMethod
{
    /// <summary>All methods, in the order of the help.</summary>
    public static IReadOnlyList<MethodKind<PromptingMethod>> All { get; } =
    [
        new(ChainOfAgents.Card, v => new ChainOfAgents(v)),
        new(RetrieveThenReason.Card, v => new RetrieveThenReason(v)),
        new(RecycledDemonstrations.Card, v => new RecycledDemonstrations(v)),
        new(Structurization.Card, v => new Structurization(v)),
        new(Imagination.Card, v => new Imagination(v)),
    ];

    /// <summary>Whether the method counts tokens, so that it needs the model's tokenizer.</summary>
    internal virtual bool CountsTokens => true;

    /// <summary>Answers a question.</summary>
    /// <param name="calls">Asks the model.</param>
    /// <param name="question">The prompt.</param>
    /// <exception cref="InputException">The method cannot answer the prompt.</exception>
    /// <exception cref="OperationCanceledException">The call was cancelled before the answer began.</exception>
    internal abstract Task<Completion> Answer(MethodCalls calls, ContextQuestion question);
}

/// <summary>Asks a model for one request, and records the calls.</summary>
/// <param name="model">The model.</param>
/// <param name="request">The request to answer.</param>
/// <param name="count">Counts the tokens of a text; null where the tokenizer is not known.</param>
/// <param name="cancel">Ends the calls.</param>
sealed class MethodCalls(ILanguageModel model, CompletionRequest request, Func<string, int>? count, CancellationToken cancel)
{
    // Room for the chat template around a message, in tokens.
    const int TemplateRoom = 64;

    readonly List<MethodStep> _steps = [];

    /// <summary>Counts the tokens of a text.</summary>
    internal Func<string, int> Count =>
        count ?? throw new InputException("The context method counts tokens; give the tokenizer of the endpoint's model.");

    /// <summary>Returns the tokens of a context that fit the window beside other text.</summary>
    /// <param name="option">The option's value; 0 for as many as fit.</param>
    /// <param name="around">Text of the prompt around it.</param>
    /// <param name="reply">Tokens of the reply, and of further parts of the prompt.</param>
    /// <param name="name">Name of the option, for the message.</param>
    /// <exception cref="InputException">Nothing fits, or the window is not known and the option 0.</exception>
    internal int Room(int option, string around, int reply, string name)
    {
        if (option > 0)
        {
            return option;
        }
        int window = model.ContextWindow ?? throw new InputException(
            $"The window of {model.Name} is not known; set the option {name} of the context method.");
        int room = window - Count(around) - reply - TemplateRoom;
        return room > 0 ? room : throw new InputException(
            $"The window of {window} tokens of {model.Name} leaves no room for a part of the context beside the question and its "
                + "reply; lower the options of the context method, or use a model with a larger window.");
    }

    /// <summary>Asks for an intermediate reply, without the messages before the question.</summary>
    /// <param name="name">Name of the step.</param>
    /// <param name="text">The prompt.</param>
    /// <param name="maxNewTokens">Maximum tokens of the reply.</param>
    /// <returns>The reply without its reasoning; empty if it has reasoning only.</returns>
    /// <exception cref="OperationCanceledException">The call was cancelled.</exception>
    internal async Task<string> Ask(string name, string text, int maxNewTokens)
    {
        CompletionRequest step = new(Prompt.User(text), new GenerationOptions(maxNewTokens));
        Completion? reply = await model.TryComplete(step, cancel).ConfigureAwait(false);
        string spoken = Thought.Remove(reply?.Text ?? "")?.Trim() ?? "";
        _steps.Add(new(name, spoken, reply?.InputTokens, reply?.OutputTokens));
        return spoken;
    }

    /// <summary>Adds a count to the last step.</summary>
    internal void Note(string name, int value) =>
        _steps[^1] = _steps[^1] with { Counts = new Dictionary<string, int>(_steps[^1].Counts) { [name] = value } };

    /// <summary>Asks for the answer with the options of the request.</summary>
    /// <param name="prompt">The last prompt.</param>
    /// <param name="read">Returns the answer from the reply; null if it is the reply. The text is then passed on at the end.</param>
    internal async Task<Completion> Finish(Prompt prompt, Func<string, string>? read = null)
    {
        CompletionRequest last = request with { Prompt = prompt, KeepsPrefix = false };
        last = read is null ? last : last with { OnText = null, OnPart = null };
        Completion answer = (await model.CompleteAsync([last], cancel).ConfigureAwait(false))[0];
        if (read is not null)
        {
            answer = answer with { Text = read(answer.Text) };
            request.OnText?.Invoke(answer.Text);
            request.OnPart?.Invoke(new(answer.Text, answer.LogProbs));
        }
        return answer with
        {
            Steps = _steps,
            InputTokens = Sum(answer.InputTokens, _steps.Select(s => s.InputTokens)),
            OutputTokens = Sum(answer.OutputTokens, _steps.Select(s => s.OutputTokens)),
        };
    }

    /// <summary>Asks the request as it is.</summary>
    internal Task<Completion> Pass() => Finish(request.Prompt);

    static int? Sum(int? own, IEnumerable<int?> others) => others.Aggregate(own, (sum, next) => sum + next);
}

/// <summary>Answers every request of a model by a prompting method.</summary>
/// <remarks>Requests do not affect each other; those of one call run side by side.</remarks>
/// <param name="model">The model; not disposed here.</param>
/// <param name="method">The method.</param>
/// <param name="count">Counts the tokens of a text; null where the tokenizer is not known.</param>
sealed class MethodModel(ILanguageModel model, PromptingMethod method, Func<string, int>? count) : ILanguageModel
{
    /// <inheritdoc/>
    public string Name => model.Name;

    /// <inheritdoc/>
    public int? ContextWindow => null;

    /// <inheritdoc/>
    public ModelCapabilities Capabilities { get; } = new() { Concurrency = model.Capabilities.Concurrency };

    /// <inheritdoc/>
    public async Task<IReadOnlyList<Completion>> CompleteAsync(
        IReadOnlyList<CompletionRequest> requests, CancellationToken cancellationToken = default)
    {
        using CancellationTokenSource call = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        return await Task.WhenAll(requests.Select(r => CompleteOrEnd(r, call))).ConfigureAwait(false);
    }

    /// <summary>Answers a request of a call. Where it fails, the call has no result, so its other requests are cancelled.</summary>
    async Task<Completion> CompleteOrEnd(CompletionRequest request, CancellationTokenSource call)
    {
        try
        {
            return await method.Answer(new(model, request, count, call.Token), Split(request)).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (call.IsCancellationRequested)
        {
            return new("", FinishReason.Cancelled);
        }
        catch
        {
            await call.CancelAsync().ConfigureAwait(false);
            throw;
        }
    }

    static ContextQuestion Split(CompletionRequest request) =>
        request.Prompt is Prompt.Chat { UsesTemplate: true, Turns.Count: > 0 } chat && request is { Given: null, ObservesHeads: false }
            ? ContextQuestion.Of(chat)
            : throw new InputException(
                "The context method writes prompts of its own, so it accepts chat messages only and neither raw text nor token ids.");
}
