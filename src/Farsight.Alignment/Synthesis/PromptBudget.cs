using Farsight.Engine;

namespace Farsight.Alignment.Synthesis;

/// <summary>How the model's window is divided while responses are written.</summary>
/// <param name="ChunkTokens">Of each chunk.</param>
/// <param name="MaxNewTokens">Limit of a response's tokens.</param>
/// <param name="Window">Tokens that the model was trained for.</param>
sealed record PromptBudget(int ChunkTokens, int MaxNewTokens, int Window)
{
    /// <summary>Chunks of a rejected response's prompt, if there are so many.</summary>
    internal const int ChunksOfRejected = 3;

    const int LeastChunkTokens = 24; // a fact has up to about twenty in a vocabulary of 2,000
    const int MostDefaultChunkTokens = 512;
    const int QuestionTokens = 64;

    /// <summary>Chunks that a prompt has room for, beside an ordinary question and the response.</summary>
    internal int MostChunks => (Window - MaxNewTokens - QuestionTokens) / ChunkTokens;

    /// <summary>The division for a window.</summary>
    /// <exception cref="InputException">The chunks are too short for a fact or too long for the window.</exception>
    internal static PromptBudget Of(int? chunkTokens, int window)
    {
        PromptBudget budget = Unchecked(chunkTokens ?? Math.Min(window / 16, MostDefaultChunkTokens), window);
        int most = Math.Max(Enumerable.Range(1, window).LastOrDefault(c => Unchecked(c, window).Fits), LeastChunkTokens);
        string about = chunkTokens is null
            ? $"A sixteenth of the model's window, {budget.ChunkTokens} tokens,"
            : $"--chunk-tokens {chunkTokens}";
        if (budget.ChunkTokens < LeastChunkTokens)
        {
            throw new InputException($"{about} is too short for a chunk with a fact; use --chunk-tokens {LeastChunkTokens} to {most}.");
        }
        return budget.Fits
            ? budget
            : throw new InputException(
                $"{about} leaves no room for question and answer in the model's window of {window}; use --chunk-tokens {LeastChunkTokens} to {most}."
            );
    }

    bool Fits => MostChunks >= ChunksOfRejected;

    static PromptBudget Unchecked(int chunkTokens, int window) => new(chunkTokens, Math.Clamp(chunkTokens / 2 * 3, 48, 256), window);
}
