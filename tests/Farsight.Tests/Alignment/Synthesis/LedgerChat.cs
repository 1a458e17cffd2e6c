using System.Globalization;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Farsight.Engine.Numerics;
using Microsoft.Extensions.AI;

namespace Farsight.Tests.Alignment.Synthesis;

/// <summary>
/// A model behind a chat client that reads a ledger: it writes questions about days, and answers them if their day is in the text.
/// </summary>
/// <param name="delay">How long an answer takes, by the number of the ask; null for at once.</param>
sealed partial class LedgerChat(Func<int, TimeSpan>? delay = null) : IChatClient
{
    int _asked;

    internal int Asked => _asked;

    /// <summary>Changes an answer, or throws: question, options and answer in; null out for one that does not end.</summary>
    internal Func<string, ChatOptions, string, string?> Spoil { get; init; } = (_, _, answer) => answer;

    /// <summary>Lists the entities of a text.</summary>
    internal Func<string, string> List { get; init; } = _ => throw new InvalidOperationException("Nobody asks for entities.");

    /// <summary>Options that the answers report as rejected; null for none.</summary>
    internal string[]? Omitted { get; init; }

    /// <summary>What a ledger says, one sentence a day.</summary>
    internal static string Ledger(int days) => string.Join(' ', Enumerable.Range(1, days).Select(day => string.Create(
        CultureInfo.InvariantCulture, $"On day {day} the keeper of Ardmore counted {day * 7919 % 9973} lamps in the harbour.")));

    /// <summary>The same model behind a server.</summary>
    internal static string Answer(JsonNode request) => Answer((string)request["messages"]![0]!["content"]!, (long)request["seed"]!).Text;

    public async Task<ChatResponse> GetResponseAsync(
        IEnumerable<ChatMessage> messages,
        ChatOptions? options = null,
        CancellationToken cancellationToken = default)
    {
        int number = Interlocked.Increment(ref _asked);
        await Task.Delay(delay?.Invoke(number) ?? TimeSpan.Zero, cancellationToken);
        string prompt = Assert.Single(messages).Text;
        if (prompt.StartsWith("List what the text", StringComparison.Ordinal))
        {
            return new(new ChatMessage(ChatRole.Assistant, List(prompt)));
        }
        (string question, string text) = Answer(prompt, options!.Seed!.Value);
        string? answer = Spoil(question, options, text);
        return new(new ChatMessage(ChatRole.Assistant, answer ?? "and so on"))
        {
            FinishReason = answer is null ? ChatFinishReason.Length : ChatFinishReason.Stop,
            AdditionalProperties = Omitted is null ? null : new() { ["omitted_options"] = Omitted },
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

    static (string Question, string Text) Answer(string prompt, long seed)
    {
        int end = prompt.LastIndexOf("\n\n", StringComparison.Ordinal);
        (string context, string question) = (prompt[..end], prompt[(end + 2)..]);
        SeededRandom random = SeededRandom.For((int)seed, "chat", 0);
        MatchCollection days = Day().Matches(context);
        if (question.Contains("Question:", StringComparison.Ordinal))
        {
            return (question, days.Count == 0 ? "There is no whole day in it." : Written(random.Pick<Match>(days)));
        }
        string asked = question.Split("day ")[1].TrimEnd('?');
        string lamps =
            days.FirstOrDefault(m => m.Groups[1].Value == asked)?.Groups[2].Value
            ?? (10_000 + random.Next(90_000)).ToString(CultureInfo.InvariantCulture);
        return (question, $"On day {asked} the keeper counted {lamps} lamps.");
    }

    static string Written(Match day) =>
        $"**Question:** How many lamps did the keeper of Ardmore count on day {day.Groups[1].Value}?\n\n**Answer:** "
            + $"{day.Groups[2].Value} lamps.";

    [GeneratedRegex(@"On day (\d+) the keeper of Ardmore counted (\d+) lamps")]
    private static partial Regex Day();
}
