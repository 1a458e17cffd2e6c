using System.Globalization;
using System.Text.RegularExpressions;
using Farsight.Alignment.Answering;
using Farsight.Alignment.Synthesis;
using Farsight.Engine;
using Farsight.Engine.Numerics;
using Microsoft.Extensions.AI;

namespace Farsight.Tests.Alignment.Synthesis.Methods;

/// <summary>Plays the model of every method on ledgers whose sentences are all of one form.</summary>
static partial class LedgerScript
{
    internal const string WrongAnswer = "Nobody wrote a figure into that old book.";

    static readonly string[] s_places = ["Ardmore", "Brill", "Calder", "Dunmore", "Ely", "Fintry", "Glen", "Harrow"];

    /// <summary>Writes one ledger per place.</summary>
    internal static void WriteDocuments(string folder)
    {
        foreach ((int k, string place) in s_places.Index())
        {
            File.WriteAllText(
                Path.Combine(folder, $"{place}.txt"),
                string.Join(' ', Enumerable.Range(1, 60).Select(d => Sentence(place, d, (((d * 37) + (k * 101)) % 900) + 100))));
        }
    }

    internal static string Sentence(string place, int day, int lamps) =>
        string.Create(CultureInfo.InvariantCulture, $"On day {day} the keeper of {place} counted {lamps} lamps.");

    /// <summary>Answers a prompt: the text, an empty line, and the instruction.</summary>
    /// <param name="prompt">The prompt.</param>
    /// <param name="random">A number that differs from request to request.</param>
    internal static string Answer(string prompt, ulong random)
    {
        Match asked = Question().Match(prompt);
        string? stated = asked.Success
            ? Fact().Matches(prompt).Select(m => m.Value).FirstOrDefault(s =>
                s.StartsWith($"On day {asked.Groups["day"].Value} the keeper of {asked.Groups["place"].Value} ", StringComparison.Ordinal))
            : null;
        return
            Has("Write one new question") ? Merged(prompt)
            : Has("Write one question") ? Written(prompt)
            : Has("Answer with yes or no first") ? "Yes."
            : Has("Copy the sentences of the text above") ? stated ?? "None."
            : Has("Write the sentences of a text that would answer") ? $"- {WrongAnswer}"
            : Has("Use these facts alone") ? prompt.Split("Facts from a text:\n")[1].Split("\n\n")[0].TrimStart('-', ' ')
            : Has("Write one short question") ? random % 3 == 0 ? asked.Value : $"Who is keeper number {random % 5}?"
            : Has("Does this text help") && stated is not null ? "Yes, it does."
            : Has("Does this text help") ? random % 4 == 0 && !asked.Success ? "Maybe." : "I know of nothing."
            : Has("Answer in one sentence from this text") ? stated ?? "The text does not say who that is."
            : Has("Use these notes and answer") ? stated ?? WrongAnswer
            : Has("Copy everything from this text") ? stated ?? "no relevant information"
            : Has("Write each factual statement") ? prompt.Split("Response: ")[1].Split('\n')[0]
            : Has("Does this text support") ? prompt.Split("Statement: ")[0].Contains(
                prompt.Split("Statement: ")[1].Split('\n')[0], StringComparison.Ordinal) ? "[[1]]" : "[[0]]"
            : Has("Rate from 0 to 10") && prompt.Split("Response: ")[1].StartsWith("On day", StringComparison.Ordinal) ? "I say [[9]]"
            : Has("Rate from 0 to 10") ? "[[3]]"
            : random % 2 == 0 ? stated ?? WrongAnswer
            : WrongAnswer;

        bool Has(string words) => prompt.Contains(words, StringComparison.Ordinal);
    }

    /// <summary>A local model that reads tokens; it fails at a call if one is given.</summary>
    internal static SynthesisModel Local(int failsAt = int.MaxValue, Func<string, ulong, string>? answer = null)
    {
        int calls = 0;
        ScriptedCompleter completer = new(r =>
        {
            string text = SynthesisFiles.Tokenizer.Decode([.. ((Prompt.Tokens)r.Prompt).Ids], skipSpecialTokens: false);
            string[] parts = text.Split("<|user|>");
            string prompt = $"{parts[0].Replace("<|begin|>", "", StringComparison.Ordinal)}\n\n{parts[1].Split("<|assistant|>")[0]}";
            SeededRandom random = r.Random!.Value;
            return ++calls > failsAt ? throw new InputException("The model is gone.") : (answer ?? Answer)(prompt, random.NextUInt64());
        });
        return SynthesisFiles.Model(completer);
    }

    /// <summary>A model behind an endpoint.</summary>
    internal static SynthesisModel Behind() => SynthesisFiles.Endpoint(new SeededChat(), 4);

    static string Written(string prompt)
    {
        Match fact = Fact().Match(prompt);
        return $"Question: How many lamps did the keeper of {fact.Groups["place"].Value} count on day {fact.Groups["day"].Value}?\n"
            + $"Answer: {fact.Value}";
    }

    static string Merged(string prompt)
    {
        Match[] facts = [.. Fact().Matches(prompt).Select(m => m)];
        return $"Question: Did the keeper of {facts[0].Groups["place"].Value} count more lamps on day {facts[0].Groups["day"].Value} than "
            + $"the keeper of {facts[^1].Groups["place"].Value} on day {facts[^1].Groups["day"].Value}?\n"
            + $"Answer: {string.Join(' ', facts.Select(f => f.Value).Distinct())}";
    }

    [GeneratedRegex(@"On day (?<day>\d+) the keeper of (?<place>\w+) counted (?<lamps>\d+) lamps\.")]
    private static partial Regex Fact();

    [GeneratedRegex(@"How many lamps did the keeper of (?<place>\w+) count on day (?<day>\d+)\?")]
    private static partial Regex Question();

    /// <summary>Answers by the last message and the seed of the request.</summary>
    sealed class SeededChat : IChatClient
    {
        public async Task<ChatResponse> GetResponseAsync(
            IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default)
        {
            await Task.Yield();
            return new(new ChatMessage(ChatRole.Assistant, Answer(messages.Last().Text, (ulong)(options?.Seed ?? 0))));
        }

        public IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
            IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default) =>
            throw new NotSupportedException();

        public object? GetService(Type serviceType, object? serviceKey = null) => null;

        public void Dispose()
        {
        }
    }
}
