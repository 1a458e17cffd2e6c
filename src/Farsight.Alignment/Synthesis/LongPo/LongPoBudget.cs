using Farsight.Engine;

namespace Farsight.Alignment.Synthesis.LongPo;

/// <summary>How many tokens what has.</summary>
/// <param name="ChunkTokens">Most of a chunk.</param>
/// <param name="MinChunkTokens">Fewest of a chunk that is asked about.</param>
/// <param name="DocumentTokens">Most of a long context.</param>
/// <param name="MaxNewTokens">Limit of a response.</param>
/// <param name="Limit">Of a prompt and its response: the model's window, or more where longer documents were asked for.</param>
sealed record LongPoBudget(int ChunkTokens, int MinChunkTokens, int DocumentTokens, int MaxNewTokens, int Limit)
{
    const int LeastChunkTokens = 24; // a fact has up to about twenty in a vocabulary of 2,000
    const int TimesWindow = 2; // where a model of this process fails, and LongPO begins; servers refuse such prompts
    const int MostDefaultChunkTokens = 30_000;

    /// <summary>The division for a window.</summary>
    /// <param name="options">What was asked for.</param>
    /// <param name="window">Tokens that the model was trained for.</param>
    /// <param name="isEndpoint">A server answers, which takes no prompt beyond the window.</param>
    /// <exception cref="InputException">The sizes do not fit together; the message names the option.</exception>
    internal static LongPoBudget Of(LongPoOptions options, int window, bool isEndpoint)
    {
        int answer = options.MaxNewTokens ?? Math.Clamp(window / 16, 64, 1024), question = Math.Min(192, window / 8);
        int document = options.DocumentTokens ?? (isEndpoint ? window - answer - question : TimesWindow * window);
        int most = options.ChunkTokens ?? Math.Min(document / 4, MostDefaultChunkTokens), least = options.MinChunkTokens ?? most * 8 / 15;
        return answer < 1 ? throw new InputException($"--max-new-tokens is {answer}; use 1 or more.")
            : least < LeastChunkTokens
                ? throw new InputException(
                    $"Chunks of {least} tokens are too short to ask about; use --min-chunk-tokens {LeastChunkTokens} or more.")
            : most < least
                ? throw new InputException(
                    $"--min-chunk-tokens is {least} and --chunk-tokens {most}; the least must not be above the most.")
            : most + least > document
                ? throw new InputException(
                    $"A document of {document} tokens has no room for a chunk of {most} and another; lower --chunk-tokens or raise --document-tokens."
                )
            : most + answer + question > window
                ? throw new InputException(
                    $"A chunk of {most} tokens leaves no room for question and answer in the model's window of {window}; lower --chunk-tokens."
                )
            : new(most, least, document, answer, Math.Max(window, document + answer + question));
    }
}
