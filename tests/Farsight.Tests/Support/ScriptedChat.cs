using Microsoft.Extensions.AI;

namespace Farsight.Tests.Support;

/// <summary>A chat client that answers by a function of the last message.</summary>
sealed class ScriptedChat(Func<string, string> answer) : IChatClient
{
    int _asked;

    internal int Asked => _asked;

    public async Task<ChatResponse> GetResponseAsync(
        IEnumerable<ChatMessage> messages,
        ChatOptions? options = null,
        CancellationToken cancellationToken = default)
    {
        await Task.Yield();
        Interlocked.Increment(ref _asked);
        return new(new ChatMessage(ChatRole.Assistant, answer(messages.Last().Text)));
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
