namespace Farsight.Alignment.Synthesis.Scoring;

/// <summary>Scores chunks by Okapi BM25 (Robertson and Zaragoza 2009, section 3), the usual baseline: rare terms weigh more.</summary>
/// <remarks>
/// The score is Σ over the distinct terms t of question and answer of idf(t) · f (k₁ + 1) / (f + k₁ (1 − b + b · length / mean length)),
/// where f is the number of occurrences in the chunk, k₁ = 1.2 and b = 0.75. It is divided by Σ idf(t), so that a chunk of mean length with
/// every term once scores 1.
/// </remarks>
sealed class Bm25 : IChunkScorer
{
    const double K1 = 1.2, B = 0.75;

    /// <inheritdoc/>
    public string Name => "bm25";

    /// <inheritdoc/>
    public double Threshold => 0.5;

    /// <inheritdoc/>
    public IChunkScores Read(IReadOnlyList<string> chunks, CancellationToken cancel) => new Index(new(chunks));

    /// <summary>Computes the contribution of f occurrences of a term of weight 1.</summary>
    internal static double Saturated(double f, double length, double meanLength) =>
        f * (K1 + 1) / (f + (K1 * (1 - B + (B * length / meanLength))));

    sealed class Index(TermIndex index) : IChunkScores
    {
        public double[] Scores(string question, string answer, CancellationToken cancel)
        {
            TermQuery query = new(index, question, answer);
            int[] found = new int[query.Weights.Length];
            return [.. index.Sequences.Select((s, i) => query.Total > 0 ? Score(query, s, index.Lengths[i], found) / query.Total : 0)];
        }

        double Score(TermQuery query, int[] sequence, int length, int[] found)
        {
            Array.Clear(found);
            foreach (int term in sequence)
            {
                if (term >= 0 && query.Slots[term] is > 0 and int slot)
                {
                    found[slot - 1]++;
                }
            }
            double sum = 0;
            for (int i = 0; i < found.Length; i++)
            {
                sum += found[i] == 0 ? 0 : query.Weights[i] * Saturated(found[i], length, index.MeanLength);
            }
            return sum;
        }
    }
}
