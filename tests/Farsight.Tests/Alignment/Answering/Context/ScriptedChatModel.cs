using Farsight.Alignment.Answering;

namespace Farsight.Tests.Alignment.Answering.Context;

/// <summary>Answers chat messages by a function of the last message, and records the requests. A token is a word.</summary>
sealed class ScriptedChatModel(Func<string, string> answer, int? window = null) : ILanguageModel
{
    internal List<CompletionRequest> Requests { get; } = [];

    /// <summary>The last messages of all requests.</summary>
    internal IReadOnlyList<string> Prompts => [.. Requests.Select(TextOf)];

    public string Name => "scripted";

    public int? ContextWindow => window;

    public ModelCapabilities Capabilities { get; } = new();

    internal static int Words(string text) => text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries).Length;

    public Task<IReadOnlyList<Completion>> CompleteAsync(IReadOnlyList<CompletionRequest> requests, CancellationToken cancellationToken)
    {
        if (cancellationToken.IsCancellationRequested)
        {
            return Task.FromResult<IReadOnlyList<Completion>>([.. requests.Select(_ => new Completion("", FinishReason.Cancelled))]);
        }
        List<Completion> completions = [];
        foreach (CompletionRequest request in requests)
        {
            Requests.Add(request);
            string text = answer(TextOf(request));
            request.OnText?.Invoke(text);
            completions.Add(new(text, FinishReason.Stop) { InputTokens = Words(TextOf(request)), OutputTokens = Words(text) });
        }
        return Task.FromResult<IReadOnlyList<Completion>>(completions);
    }

    static string TextOf(CompletionRequest request) => ((Prompt.Chat)request.Prompt).Turns[^1].Content;
}
