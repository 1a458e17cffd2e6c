namespace Farsight.Alignment.Synthesis.Scoring;

/// <summary>Represents a query against the chunks of an index: the terms of a question and its answer.</summary>
sealed class TermQuery
{
    internal TermQuery(TermIndex index, string question, string answer)
    {
        Question = index.Terms(question);
        Answer = index.Terms(answer);
        // A term that no chunk has distinguishes nothing; it counts only in the maximum.
        int unknown = Question.Concat(Answer).Count(t => t < 0);
        int[] known = [.. Question.Concat(Answer).Where(t => t >= 0).Distinct()];
        Weights = [.. known.Select(index.WeightOf)];
        Slots = new int[index.Count];
        for (int i = 0; i < known.Length; i++)
        {
            Slots[known[i]] = i + 1;
        }
        Pairs = [.. Neighbors(Question).Concat(Neighbors(Answer)).Distinct()];
        Total = Weights.Sum() + (unknown * index.WeightOf(-1));
    }

    /// <summary>Terms of the question in order; -1 for unknown ones.</summary>
    internal int[] Question { get; }

    /// <summary>Terms of the answer in order; -1 for unknown ones.</summary>
    internal int[] Answer { get; }

    /// <summary>Terms next to each other in question or answer, each pair once.</summary>
    internal (int First, int Second)[] Pairs { get; }

    /// <summary>By term: its index in <see cref="Weights"/> plus 1; 0 for terms outside the query.</summary>
    internal int[] Slots { get; }

    /// <summary>Weight of each distinct known term.</summary>
    internal double[] Weights { get; }

    /// <summary>Weight of all terms together, including unknown ones.</summary>
    internal double Total { get; }

    static IEnumerable<(int, int)> Neighbors(int[] terms) => terms.Zip(terms.Skip(1));
}
