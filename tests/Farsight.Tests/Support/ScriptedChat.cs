using Microsoft.Extensions.AI;

namespace Farsight.Tests.Support;

/// <summary>A chat client that answers by a function of the last message.</summary>
sealed class ScriptedChat(Func<string, string> answer) : IChatClient
{
    int _asked;

    internal int Asked => _asked;

    /// <summary>The prompt tokens that each answer counts; null for none.</summary>
    internal int? InputTokens { get; init; }

    /// <summary>The options of the last request.</summary>
    internal ChatOptions? Options { get; private set; }

    public async Task<ChatResponse> GetResponseAsync(
        IEnumerable<ChatMessage> messages,
        ChatOptions? options = null,
        CancellationToken cancellationToken = default)
    {
        await Task.Yield();
        Interlocked.Increment(ref _asked);
        Options = options;
        return new(new ChatMessage(ChatRole.Assistant, answer(messages.Last().Text)))
        {
            Usage = InputTokens is null ? null : new() { InputTokenCount = InputTokens },
        };
    }

    public IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages,
        ChatOptions? options = null,
        CancellationToken cancellationToken = default
    ) => throw new NotSupportedException();

    public object? GetService(Type serviceType, object? serviceKey = null) => null;

    public void Dispose()
    {
    }
}
