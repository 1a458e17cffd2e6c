namespace Farsight.Alignment.Synthesis.LongPo;

/// <summary>Represents the token limits of LongPO data.</summary>
/// <param name="ChunkTokens">Maximum tokens per chunk.</param>
/// <param name="MinChunkTokens">Minimum tokens of a chunk that a question is about.</param>
/// <param name="DocumentTokens">Maximum tokens of a long context.</param>
/// <param name="MaxNewTokens">Maximum tokens per response.</param>
/// <param name="Limit">Maximum tokens of a prompt with its response: the model's window, or more if longer documents were
/// requested.</param>
sealed record LongPoBudget(int ChunkTokens, int MinChunkTokens, int DocumentTokens, int MaxNewTokens, int Limit)
{
    const int LeastChunkTokens = 24; // a fact has up to about twenty in a vocabulary of 2,000
    const int TimesWindow = 2; // where a model of this process fails, and LongPO begins; servers refuse such prompts
    const int MaxDefaultChunkTokens = 30_000;

    /// <summary>Derives the limits from the options and the model's window.</summary>
    /// <param name="options">Requested limits.</param>
    /// <param name="window">Tokens that the model was trained for.</param>
    /// <param name="isEndpoint">Whether a server answers; servers refuse prompts beyond the window.</param>
    /// <exception cref="OptionException">The sizes do not fit together.</exception>
    internal static LongPoBudget Of(LongPoOptions options, int window, bool isEndpoint)
    {
        int answer = options.MaxNewTokens ?? Math.Clamp(window / 16, 64, 1024), question = Math.Min(192, window / 8);
        int document = options.DocumentTokens ?? (isEndpoint ? window - answer - question : TimesWindow * window);
        int most = options.ChunkTokens ?? Math.Min(document / 4, MaxDefaultChunkTokens), least = options.MinChunkTokens ?? most * 8 / 15;
        return answer < 1 ? throw new OptionException("max_new_tokens", $"is {answer}; use 1 or more.")
            : least < LeastChunkTokens ? throw new OptionException(
                "min_chunk_tokens", $"is {least}, too few to ask a question about; use {LeastChunkTokens} or more.")
            : most < least ? throw new OptionException(
                "min_chunk_tokens", $"is {least}, above chunk_tokens, which is {most}; lower it.")
            : most + least > document ? throw new OptionException(
                "chunk_tokens",
                $"is {most}, and a document of {document} tokens has no room for such a chunk and another one; "
                    + "lower it, or raise document_tokens.")
            : most + answer + question > window ? throw new OptionException(
                "chunk_tokens", $"is {most}, which leaves no room for question and answer in the model's window of {window}; lower it.")
            : new(most, least, document, answer, Math.Max(window, document + answer + question));
    }
}
