using Farsight.Alignment.Synthesis.Scoring;
using Farsight.Text.Tokenizers;

namespace Farsight.Alignment.Synthesis;

/// <summary>
/// Scores chunks for questions. A passage is read once for the samples that follow each other in it, and forgotten when others need the
/// room.
/// </summary>
/// <param name="tokenizer">Of the chunks.</param>
/// <param name="scorer">Reads and scores them.</param>
/// <param name="mostChunks">Kept as read.</param>
sealed class PassageScores(Tokenizer tokenizer, IChunkScorer scorer, int mostChunks = PassageScores.MostChunks)
{
    const int MostChunks = 1 << 14;

    readonly Lock _lock = new();
    readonly LinkedList<(Passage Passage, Lazy<IChunkScores> Scores)> _read = new(); // the latest first

    /// <summary>[chunks] scores of chunks that are read for this one question.</summary>
    internal double[] Of(IReadOnlyList<SourceChunk> chunks, string question, string answer, CancellationToken cancel) =>
        Read(chunks, cancel).Scores(question, answer, cancel);

    /// <summary>[chunks] scores of a whole passage.</summary>
    internal double[] Of(Passage passage, string question, string answer, CancellationToken cancel) =>
        Find(passage, cancel).Value.Scores(question, answer, cancel);

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
            for (int chunks = _read.Sum(r => r.Passage.Chunks.Count); chunks > mostChunks && _read.Count > 1; _read.RemoveLast())
            {
                chunks -= _read.Last!.Value.Passage.Chunks.Count;
            }
            return scores;
        }
    }

    IChunkScores Read(IReadOnlyList<SourceChunk> chunks, CancellationToken cancel) =>
        scorer.Read([.. chunks.Select(c => tokenizer.Decode(c.Tokens))], cancel);
}
