using System.Globalization;
using System.Text.RegularExpressions;
using Farsight.Engine.Numerics;
using Microsoft.Extensions.AI;

namespace Farsight.Tests.Synthesis;

/// <summary>A model behind a chat client that reads a ledger: it writes questions about days, and answers them if their day is in the text.</summary>
/// <param name="delay">How long an answer takes, by the number of the ask; null for at once.</param>
sealed partial class LedgerChat(Func<int, TimeSpan>? delay = null) : IChatClient
{
    int _asked;

    internal int Asked => _asked;

    /// <summary>Changes an answer, or throws: question, options and answer in; null out for one that does not end.</summary>
    internal Func<string, ChatOptions, string, string?> Spoil { get; init; } = (_, _, answer) => answer;

    /// <summary>What a ledger says, one sentence a day.</summary>
    internal static string Ledger(int days) => string.Join(' ', Enumerable.Range(1, days).Select(day => string.Create(
        CultureInfo.InvariantCulture, $"On day {day} the keeper of Ardmore counted {day * 7919 % 9973} lamps in the harbour.")));

    public async Task<ChatResponse> GetResponseAsync(IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default)
    {
        int number = Interlocked.Increment(ref _asked);
        await Task.Delay(delay?.Invoke(number) ?? TimeSpan.Zero, cancellationToken);
        string text = Assert.Single(messages).Text;
        int end = text.LastIndexOf("\n\n", StringComparison.Ordinal);
        string question = text[(end + 2)..];
        string? answer = Spoil(question, options!, Answer(text[..end], question, SeededRandom.For((int)options!.Seed!, "chat", 0)));
        return new(new ChatMessage(ChatRole.Assistant, answer ?? "and so on")) { FinishReason = answer is null ? ChatFinishReason.Length : ChatFinishReason.Stop };
    }

    public IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default) =>
        throw new NotSupportedException();

    public object? GetService(Type serviceType, object? serviceKey = null) => null;

    public void Dispose()
    {
    }

    static string Answer(string context, string question, SeededRandom random)
    {
        if (question.Contains("Question:", StringComparison.Ordinal))
        {
            Match day = random.Pick(Day().Matches(context).ToArray());
            return $"**Question:** How many lamps did the keeper of Ardmore count on day {day.Groups[1].Value}?\n\n**Answer:** {day.Groups[2].Value} lamps.";
        }
        string asked = question.Split("day ")[1].TrimEnd('?');
        Match? found = Day().Matches(context).FirstOrDefault(m => m.Groups[1].Value == asked);
        return $"On day {asked} the keeper counted {found?.Groups[2].Value ?? (10_000 + random.Next(90_000)).ToString(CultureInfo.InvariantCulture)} lamps.";
    }

    [GeneratedRegex(@"On day (\d+) the keeper of Ardmore counted (\d+) lamps")]
    private static partial Regex Day();
}
