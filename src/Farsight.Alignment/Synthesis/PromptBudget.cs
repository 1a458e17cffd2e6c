using Farsight.Engine;

namespace Farsight.Alignment.Synthesis;

/// <summary>Represents the division of the model's window while responses are written.</summary>
/// <param name="ChunkTokens">Maximum tokens per chunk.</param>
/// <param name="MaxNewTokens">Maximum tokens per response.</param>
/// <param name="Window">Tokens that the model was trained for.</param>
sealed record PromptBudget(int ChunkTokens, int MaxNewTokens, int Window)
{
    /// <summary>Chunks in the prompt of a rejected response, if the context has that many.</summary>
    internal const int ChunksOfRejected = 3;

    const int LeastChunkTokens = 24; // a fact has up to about twenty in a vocabulary of 2,000
    const int MaxDefaultChunkTokens = 512;
    const int QuestionTokens = 64;

    /// <summary>Maximum chunks per prompt, beside an ordinary question and the response.</summary>
    internal int MaxChunks => (Window - MaxNewTokens - QuestionTokens) / ChunkTokens;

    /// <summary>Divides a window.</summary>
    /// <exception cref="OptionException">The chunks are too short for a fact or too long for the window.</exception>
    public static PromptBudget Of(int? chunkTokens, int window)
    {
        PromptBudget budget = Unchecked(chunkTokens ?? Math.Min(window / 16, MaxDefaultChunkTokens), window);
        int most = Math.Max(Enumerable.Range(1, window).LastOrDefault(c => Unchecked(c, window).Fits), LeastChunkTokens);
        string about = chunkTokens is null ? $"defaults to {budget.ChunkTokens}, a sixteenth of the model's window," : $"is {chunkTokens},";
        string problem = budget.ChunkTokens < LeastChunkTokens ? "too few for a chunk with a fact"
            : $"which leaves no room for question and answer in the model's window of {window}";
        return budget.ChunkTokens >= LeastChunkTokens && budget.Fits
            ? budget
            : throw new OptionException("chunk_tokens", $"{about} {problem}; use {LeastChunkTokens} to {most}.");
    }

    bool Fits => MaxChunks >= ChunksOfRejected;

    static PromptBudget Unchecked(int chunkTokens, int window) => new(chunkTokens, Math.Clamp(chunkTokens / 2 * 3, 48, 256), window);
}
