using Farsight.Alignment.Answering;
using Farsight.Engine.Inference;
using Farsight.Engine.Numerics;
using Farsight.Text.Conversations;
using Farsight.Text.Tokenizers;

namespace Farsight.Tests.Alignment.Synthesis;

/// <summary>
/// Answers as a perfect reader would: with the sentence of the context that the question is about, else with something invented.
/// </summary>
/// <param name="format">Of the prompts.</param>
/// <param name="tokenizer">Of the prompts.</param>
/// <param name="spoil">Changes an answer: prompt's question, request, answer in; null out for a response that does not end.</param>
sealed class ScriptedResponses(ChatFormat format, Tokenizer tokenizer, Func<string, ScriptedRequest, string, string?>? spoil = null)
    : ILanguageModel
{
    internal int Calls { get; private set; }

    public string Name => "scripted";

    public int? ContextWindow => null;

    public ModelCapabilities Capabilities { get; } = new() { AcceptsTokens = true, IsBatched = true };

    public Task<IReadOnlyList<Completion>> CompleteAsync(IReadOnlyList<CompletionRequest> requests, CancellationToken cancellationToken)
    {
        Calls++;
        return Task.FromResult<IReadOnlyList<Completion>>([.. requests.Select(r => Respond(new(
            ((Prompt.Tokens)r.Prompt).Ids, new(r.Options.Temperature, r.Options.TopP), r.Random!.Value)))]);
    }

    Completion Respond(ScriptedRequest request)
    {
        string[] parts = tokenizer.Decode([.. request.Prompt], skipSpecialTokens: false).Split("<|user|>");
        string question = parts[1].Split("<|assistant|>")[0];
        string? answer = Read(parts[0], question) ?? Invent(request.Random);
        answer = spoil is null ? answer : spoil(question, request, answer);
        return answer is null
            ? new("and so on", FinishReason.Length)
            : new(format.ReadResponse(format.Response(answer)), FinishReason.Stop);
    }

    static string? Read(string context, string question)
    {
        string subject =
            question[(question.IndexOf(" is ", StringComparison.Ordinal) + 4)..]
                .TrimEnd('?')
                .Replace(" hidden", "", StringComparison.Ordinal) + " is ";
        int at = context.IndexOf(subject, StringComparison.OrdinalIgnoreCase);
        int end = at < 0 ? -1 : context.IndexOf('.', at);
        return end < 0 ? null : char.ToUpperInvariant(context[at]) + context[(at + 1)..(end + 1)];
    }

    static string Invent(SeededRandom random) => $"It is {random.NextUInt64() % 100_000}.";
}

/// <summary>A request to <see cref="ScriptedResponses"/>.</summary>
sealed record ScriptedRequest(IReadOnlyList<int> Prompt, Sampling Sampling, SeededRandom Random);
