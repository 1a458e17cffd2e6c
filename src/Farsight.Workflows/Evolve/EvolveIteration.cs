namespace Farsight.Workflows.Evolve;

/// <summary>One iteration: data that the model makes for a longer window, and training on them.</summary>
/// <param name="Window">Tokens that the model is meant to read after it.</param>
/// <param name="Rope">As a train recipe's; factors count from the window before any scaling. Null keeps the model's own.</param>
/// <param name="Samples">How many samples the model makes.</param>
/// <param name="Turns">Most questions about one document in a sample.</param>
/// <param name="DocumentTokens">Most tokens of a long context; leave room for questions and responses in the window.</param>
/// <param name="ChunkTokens">Most tokens of a chunk, the short context. It must fit the window before, with question and answer.</param>
/// <param name="MinChunkTokens">Fewest tokens of a chunk that is asked about.</param>
/// <param name="Steps">Optimizer steps.</param>
/// <param name="BatchSize">Samples an optimizer step.</param>
/// <param name="LearningRate">Peak, for adapters and full matrices; null, or left out, for the optimizer's.</param>
public sealed record EvolveIteration(
    int Window,
    string? Rope,
    int Samples,
    int Turns,
    int DocumentTokens,
    int ChunkTokens,
    int MinChunkTokens,
    int Steps,
    int BatchSize,
    double? LearningRate = null)
{
    internal IEnumerable<string> Problems(string path)
    {
        (string Key, bool Fits, string Problem)[] checks =
        [
            ("window", Window >= 2, $"{Window} is not a window; use 2 or more."),
            ("samples", Samples >= 1, $"{Samples} is not a number of samples; use 1 or more."),
            ("turns", Turns >= 1, $"{Turns} is not a number of turns; use 1 or more."),
            ("document_tokens", DocumentTokens <= Window, $"{DocumentTokens} is above the window of {Window}."),
            ("chunk_tokens", ChunkTokens < DocumentTokens, $"{ChunkTokens} is not below document_tokens, {DocumentTokens}."),
            (
                "min_chunk_tokens",
                MinChunkTokens >= 1 && MinChunkTokens <= ChunkTokens,
                $"{MinChunkTokens} is not between 1 and chunk_tokens, {ChunkTokens}."),
        ];
        return checks.Where(c => !c.Fits).Select(c => $"{path}.{c.Key}: {c.Problem}");
    }
}
