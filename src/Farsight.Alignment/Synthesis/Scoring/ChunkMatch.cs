namespace Farsight.Alignment.Synthesis.Scoring;

/// <summary>Represents the matches of a query in one chunk, found in one pass over its terms.</summary>
sealed class ChunkMatch
{
    internal ChunkMatch(TermQuery query, int[] sequence)
    {
        Terms = new int[query.Weights.Length];
        Pairs = new int[query.Pairs.Length];
        int[] sentenceOf = new int[Terms.Length]; // the last sentence with this term, from 1
        int sentence = 1, before = -1;
        double inSentence = 0;
        foreach (int term in sequence)
        {
            if (term == TermIndex.SentenceEnd)
            {
                BestSentence = Math.Max(BestSentence, inSentence);
                (sentence, inSentence) = (sentence + 1, 0);
                continue;
            }
            if (query.Slots[term] is > 0 and int slot)
            {
                Terms[slot - 1]++;
                if (sentenceOf[slot - 1] != sentence)
                {
                    sentenceOf[slot - 1] = sentence;
                    inSentence += query.Weights[slot - 1];
                }
                if (before >= 0)
                {
                    CountPairs(query, before, term);
                }
            }
            before = term;
        }
        BestSentence = Math.Max(BestSentence, inSentence);
        HasAnswer = query.Answer.Length > 0 && Holds(sequence, query.Answer);
    }

    /// <summary>Occurrences of each term of the query.</summary>
    internal int[] Terms { get; }

    /// <summary>Occurrences of each pair of adjacent terms.</summary>
    internal int[] Pairs { get; }

    /// <summary>Maximum weight of one sentence.</summary>
    internal double BestSentence { get; }

    /// <summary>Tells whether the answer's terms follow each other here.</summary>
    internal bool HasAnswer { get; }

    void CountPairs(TermQuery query, int first, int second)
    {
        for (int i = 0; i < Pairs.Length; i++)
        {
            Pairs[i] += query.Pairs[i] == (first, second) ? 1 : 0;
        }
    }

    static bool Holds(int[] sequence, int[] answer) => Array.IndexOf(answer, -1) < 0 && sequence.AsSpan().IndexOf(answer) >= 0;
}
