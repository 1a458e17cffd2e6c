using Farsight.Alignment.Synthesis.Scoring;
using Farsight.Text.Tokenizers;

namespace Farsight.Alignment.Synthesis;

/// <summary>
/// Scores chunks for questions. The cache keeps the most recently used passages, so that consecutive samples of a passage read it once.
/// </summary>
/// <param name="tokenizer">Tokenizer of the chunks.</param>
/// <param name="scorer">Reads and scores them.</param>
/// <param name="maxChunks">Capacity of the cache, in chunks.</param>
sealed class PassageScores(Tokenizer tokenizer, IChunkScorer scorer, int maxChunks = PassageScores.MaxChunks)
{
    const int MaxChunks = 1 << 14;

    readonly Lock _lock = new();
    readonly LinkedList<(Passage Passage, Lazy<IChunkScores> Scores)> _read = new(); // most recent first

    /// <summary>Scores chunks for one question, without the cache.</summary>
    internal ChunkScoring Of(IReadOnlyList<SourceChunk> chunks, string question, string answer, CancellationToken cancel) =>
        Of(Read(chunks, cancel), question, answer, cancel);

    /// <summary>Scores a whole passage.</summary>
    internal ChunkScoring Of(Passage passage, string question, string answer, CancellationToken cancel) =>
        Of(Find(passage, cancel).Value, question, answer, cancel);

    static ChunkScoring Of(IChunkScores scores, string question, string answer, CancellationToken cancel)
    {
        double[] values = scores.Scores(question, answer, cancel);
        return new(values, scores.UsesRules(question, answer));
    }

    Lazy<IChunkScores> Find(Passage passage, CancellationToken cancel)
    {
        lock (_lock)
        {
            LinkedListNode<(Passage Passage, Lazy<IChunkScores> Scores)>? found = _read.First;
            while (found is not null && !ReferenceEquals(found.Value.Passage, passage))
            {
                found = found.Next;
            }
            Lazy<IChunkScores> scores =
                found?.Value.Scores ?? new(() => Read(passage.Chunks, cancel), LazyThreadSafetyMode.ExecutionAndPublication);
            if (found is not null)
            {
                _read.Remove(found);
            }
            _read.AddFirst((passage, scores));
            for (int chunks = _read.Sum(r => r.Passage.Chunks.Count); chunks > maxChunks && _read.Count > 1; _read.RemoveLast())
            {
                chunks -= _read.Last!.Value.Passage.Chunks.Count;
            }
            return scores;
        }
    }

    IChunkScores Read(IReadOnlyList<SourceChunk> chunks, CancellationToken cancel) =>
        scorer.Read([.. chunks.Select(c => tokenizer.Decode(c.Tokens))], cancel);
}

/// <summary>Represents the scores of chunks for a question.</summary>
/// <param name="Values">[chunks] the scores.</param>
/// <param name="UsesRules">As <see cref="IChunkScores.UsesRules"/> tells.</param>
sealed record ChunkScoring(double[] Values, bool UsesRules);
