using Farsight.Alignment.Answering;

namespace Farsight.Tests.Support;

/// <summary>Answers by a function of the request, and counts the requests. It claims to be a local model that can do everything.</summary>
sealed class ScriptedCompleter : ILanguageModel
{
    readonly Func<CompletionRequest, Completion> _complete;

    internal ScriptedCompleter(Func<CompletionRequest, string> answer)
        : this(answer, r => Of(answer(r)))
    {
    }

    ScriptedCompleter(object _, Func<CompletionRequest, Completion> complete) => _complete = complete;

    internal int Asked { get; private set; }

    /// <summary>The requests of choices.</summary>
    internal List<ChoiceRequest> Scored { get; } = [];

    /// <summary>Log-probability of every token of a continuation, by the length of the prompt.</summary>
    internal Func<int, double>? Nats { get; init; }

    public string Name => "scripted";

    public int? ContextWindow => null;

    public ModelCapabilities Capabilities { get; } =
        new() { AcceptsTokens = true, ScoresContinuations = true, ObservesHeads = true, IsBatched = true };

    /// <summary>A model whose completions are made whole.</summary>
    internal static ScriptedCompleter Completing(Func<CompletionRequest, Completion> complete) => new(null!, complete);

    /// <summary>A completion that ended.</summary>
    internal static Completion Of(string text)
    {
        int[] tokens = new CharacterText().Encode(text);
        return new(text, FinishReason.Stop) { Tokens = tokens, OutputTokens = tokens.Length };
    }

    public Task<IReadOnlyList<Completion>> CompleteAsync(IReadOnlyList<CompletionRequest> requests, CancellationToken cancellationToken)
    {
        List<Completion> completions = [];
        foreach (CompletionRequest request in requests)
        {
            if (cancellationToken.IsCancellationRequested)
            {
                completions.Add(new("", FinishReason.Cancelled));
                continue;
            }
            Asked++;
            completions.Add(_complete(request) with { InputTokens = PromptOf(request).Count });
        }
        return Task.FromResult<IReadOnlyList<Completion>>(completions);
    }

    public Task<IReadOnlyList<ChoiceLogProb[]>> ScoreAsync(IReadOnlyList<ChoiceRequest> requests, CancellationToken cancellationToken)
    {
        Scored.AddRange(requests);
        return Task.FromResult<IReadOnlyList<ChoiceLogProb[]>>(
        [
            .. requests.Select(r =>
                r.Continuations.Select(c => new ChoiceLogProb(c.Count * Nats!(r.Prompt.Count), c.Count, false)).ToArray()),
        ]);
    }

    internal static IReadOnlyList<int> PromptOf(CompletionRequest request) => ((Prompt.Tokens)request.Prompt).Ids;

    /// <summary>Finds the sentence in the prompt that shares most of the question's words, as a perfect model would.</summary>
    internal static string Read(CompletionRequest request)
    {
        string prompt = new CharacterText().Decode([.. PromptOf(request)]);
        string[] parts = prompt.Split("<2>");
        string key = parts[1].Split("<3>")[0].TrimEnd('?').Split(" for ")[^1];
        string mark = $"The special magic number for {key} is ";
        int at = parts[0].IndexOf(mark, StringComparison.Ordinal);
        return at < 0 ? "" : parts[0][at..(parts[0].IndexOf('.', at) + 1)];
    }
}
