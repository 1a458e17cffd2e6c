using System.Collections.Concurrent;
using System.Text;
using Farsight.Alignment.Answering;
using Farsight.Engine.Numerics;
using Farsight.Text.Conversations;

namespace Farsight.Alignment.Synthesis;

/// <summary>Represents a question to a model about chunks of a text.</summary>
/// <param name="Context">Token ids of the chunks that the model sees, as they are stored.</param>
/// <param name="Question">The question about them.</param>
/// <param name="MaxNewTokens">Maximum tokens of the answer.</param>
/// <param name="Temperature">Sampling temperature; 0 for greedy.</param>
/// <param name="Random">Random numbers of this request alone, so that other requests do not change its answer.</param>
sealed record ResponseRequest(int[] Context, string Question, int MaxNewTokens, double Temperature, SeededRandom Random)
{
    /// <summary>[P] positions of the tokens of the whole prompt; null for 0, 1, 2, …. For models that accept tokens.</summary>
    internal IReadOnlyList<int>? Positions { get; init; }
}

/// <summary>Asks questions and returns one answer for each; null for an answer that did not end.</summary>
delegate Task<IReadOnlyList<string?>> AskModel(IReadOnlyList<ResponseRequest> asks);

/// <summary>Asks a model about chunks: as the tokens that they are where the model accepts tokens, else as text.</summary>
/// <remarks>Groups are laid over the sample numbers, so a resumed run decodes the same prompts together and gets the same bits.</remarks>
sealed class Responder(ILanguageModel model, ChatFormat format)
{
    const int BatchSize = 32;
    const int GroupsPerRequest = 2; // a sample that waits for its last answer leaves room for the others

    readonly ConcurrentDictionary<string, bool> _omitted = new(StringComparer.Ordinal);

    /// <summary>Options that the model's server rejected so far, in alphabetical order: "seed, temperature"; null for none.</summary>
    internal string? OmittedOptions => _omitted.IsEmpty ? null : string.Join(", ", _omitted.Keys.Order(StringComparer.Ordinal));

    /// <summary>Number of samples whose requests are answered together.</summary>
    internal int GroupSize => IsLocal ? BatchSize : 1;

    /// <summary>Maximum number of groups in progress.</summary>
    internal int GroupsAtOnce =>
        IsLocal ? model.Capabilities.Concurrency : Math.Max(2, GroupsPerRequest * model.Capabilities.Concurrency);

    /// <summary>Whether a group is one batch of this machine, or of these machines, so that it is soon done.</summary>
    internal bool IsLocal => model.Capabilities.IsBatched;

    /// <summary>
    /// Returns the text of each answer, without white space around it; null for one that did not end or has no text. Equal lists get equal
    /// answers.
    /// </summary>
    /// <param name="asks">The requests of one group.</param>
    /// <param name="cancel">Gives the requests up. A batch in progress is finished first, because it is soon done.</param>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    internal async Task<IReadOnlyList<string?>> Answer(IReadOnlyList<ResponseRequest> asks, CancellationToken cancel)
    {
        if (!IsLocal)
        {
            return await Task.WhenAll(asks.Select(a => Answer(a, cancel))).ConfigureAwait(false);
        }
        IReadOnlyList<Completion> completions =
            await model.CompleteAsync([.. asks.Select(Request)], CancellationToken.None).ConfigureAwait(false);
        return [.. completions.Select(c => Text(c, cancel))];
    }

    async Task<string?> Answer(ResponseRequest ask, CancellationToken cancel) =>
        await model.TryComplete(Request(ask), cancel).ConfigureAwait(false) is { } completion ? Text(completion, cancel) : null;

    string? Text(Completion completion, CancellationToken cancel)
    {
        foreach (string option in completion.OmittedOptions)
        {
            _omitted.TryAdd(option, true);
        }
        return completion.FinishReason == FinishReason.Cancelled ? throw new OperationCanceledException(cancel)
            : completion.FinishReason == FinishReason.Length ? null
            : Thought.Remove(completion.Text)?.Trim();
    }

    CompletionRequest Request(ResponseRequest ask)
    {
        SeededRandom random = ask.Random;
        GenerationOptions options = new(ask.MaxNewTokens)
        {
            Temperature = ask.Temperature,
            Seed = (long)(random.NextUInt64() >> 33), // servers take 31 bits
        };
        Prompt prompt = model.Capabilities.AcceptsTokens
            ? new Prompt.Tokens(format.Prompt(ask.Context, ask.Question)) { Positions = ask.Positions }
            : Prompt.User(ask.Context.Length == 0 ? ask.Question : $"{TextOf(ask.Context)}\n\n{ask.Question}");
        return new(prompt, options) { Random = ask.Random };
    }

    /// <summary>Decodes chunks. Where they begin or end inside a character, its parts are left out.</summary>
    string TextOf(int[] tokens) =>
        format.Tokenizer.Decode(tokens).Replace(Rune.ReplacementChar.ToString(), "", StringComparison.Ordinal).Trim();
}
