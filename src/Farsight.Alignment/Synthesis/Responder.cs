using System.Text;
using Farsight.Alignment.Answering;
using Farsight.Engine.Numerics;
using Farsight.Text.Conversations;

namespace Farsight.Alignment.Synthesis;

/// <summary>Asks a model about chunks: as the tokens that they are where the model accepts tokens, else as text.</summary>
/// <remarks>Groups are laid over the sample numbers, so a resumed run decodes the same prompts together and gets the same bits.</remarks>
sealed class Responder(ILanguageModel model, ChatFormat format)
{
    const int BatchSize = 32;
    const int GroupsPerRequest = 2; // a sample that waits for its last answer leaves room for the others

    /// <summary>Number of samples whose requests are answered together.</summary>
    internal int GroupSize => model.Capabilities.IsBatched ? BatchSize : 1;

    /// <summary>Maximum number of groups in progress.</summary>
    internal int GroupsAtOnce => model.Capabilities.IsBatched ? 1 : Math.Max(2, GroupsPerRequest * model.Capabilities.Concurrency);

    /// <summary>
    /// Returns the text of each answer, without white space around it; null for one that did not end or has no text. Equal lists get equal
    /// answers.
    /// </summary>
    /// <param name="asks">The requests of one group.</param>
    /// <param name="cancel">Gives the requests up. A batch in progress is finished first, because it is soon done.</param>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    internal async Task<IReadOnlyList<string?>> Answer(IReadOnlyList<ResponseRequest> asks, CancellationToken cancel)
    {
        if (!model.Capabilities.IsBatched)
        {
            return await Task.WhenAll(asks.Select(a => Answer(a, cancel))).ConfigureAwait(false);
        }
        IReadOnlyList<Completion> completions =
            await model.CompleteAsync([.. asks.Select(Request)], CancellationToken.None).ConfigureAwait(false);
        return [.. completions.Select(c => Text(c, cancel))];
    }

    async Task<string?> Answer(ResponseRequest ask, CancellationToken cancel)
    {
        try
        {
            return Text((await model.CompleteAsync([Request(ask)], cancel).ConfigureAwait(false))[0], cancel);
        }
        catch (UnusableAnswerException)
        {
            return null;
        }
    }

    static string? Text(Completion completion, CancellationToken cancel) =>
        completion.FinishReason == FinishReason.Cancelled ? throw new OperationCanceledException(cancel)
        : completion.FinishReason == FinishReason.Length ? null
        : Thought.Remove(completion.Text)?.Trim();

    CompletionRequest Request(ResponseRequest ask)
    {
        SeededRandom random = ask.Random;
        GenerationOptions options = new(ask.MaxNewTokens)
        {
            Temperature = ask.Temperature,
            Seed = (long)(random.NextUInt64() >> 33), // servers take 31 bits
        };
        Prompt prompt = model.Capabilities.AcceptsTokens
            ? new Prompt.Tokens(format.Prompt(ask.Context, ask.Question))
            : Prompt.User(ask.Context.Length == 0 ? ask.Question : $"{TextOf(ask.Context)}\n\n{ask.Question}");
        return new(prompt, options) { Random = ask.Random };
    }

    /// <summary>Decodes chunks. Where they begin or end inside a character, its parts are left out.</summary>
    string TextOf(int[] tokens) =>
        format.Tokenizer.Decode(tokens).Replace(Rune.ReplacementChar.ToString(), "", StringComparison.Ordinal).Trim();
}
