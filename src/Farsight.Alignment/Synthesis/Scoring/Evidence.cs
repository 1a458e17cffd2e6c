namespace Farsight.Alignment.Synthesis.Scoring;

/// <summary>Scores how much of question and answer a chunk contains, and how close together.</summary>
/// <remarks>
/// The score adds four parts: BM25 over the chunk's terms; the weight of the distinct terms in its best sentence; half of BM25 over pairs
/// of adjacent terms, such as "special magic" or a name of two words; and the weight of the answer if it occurs as a whole. The sum is
/// divided by the score of a chunk of mean length with everything once in one sentence, so that 1 is full evidence.
/// </remarks>
sealed class Evidence : IChunkScorer
{
    const double PairShare = 0.5;

    /// <inheritdoc/>
    public string Name => "evidence";

    /// <inheritdoc/>
    public double Threshold => 0.5;

    /// <inheritdoc/>
    public IChunkScores Read(IReadOnlyList<string> chunks, CancellationToken cancel) => new Index(new(chunks));

    sealed class Index(TermIndex index) : IChunkScores
    {
        public double[] Scores(string question, string answer, CancellationToken cancel)
        {
            TermQuery query = new(index, question, answer);
            ChunkMatch[] matches = [.. index.Sequences.Select(s => new ChunkMatch(query, s))];
            double[] pairWeights =
            [
                .. Enumerable.Range(0, query.Pairs.Length).Select(p => index.Weight(matches.Count(m => m.Pairs[p] > 0))),
            ];
            double answerWeight = query.Answer.Length == 0 ? 0 : index.Weight(matches.Count(m => m.HasAnswer));
            double full = (2 * query.Total) + (PairShare * pairWeights.Sum()) + answerWeight;
            return [.. matches.Select((m, i) => full > 0 ? Score(query, m, index.Lengths[i], pairWeights, answerWeight) / full : 0)];
        }

        double Score(TermQuery query, ChunkMatch match, int length, double[] pairWeights, double answerWeight) =>
            Sum(match.Terms, query.Weights, length)
            + match.BestSentence
            + (PairShare * Sum(match.Pairs, pairWeights, length))
            + (match.HasAnswer ? answerWeight : 0);

        double Sum(int[] found, double[] weights, int length)
        {
            double sum = 0;
            for (int i = 0; i < found.Length; i++)
            {
                sum += found[i] == 0 ? 0 : weights[i] * Bm25.Saturated(found[i], length, index.MeanLength);
            }
            return sum;
        }
    }
}
