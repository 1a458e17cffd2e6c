using Farsight.Alignment.Corpus;
using Farsight.Engine;
using Farsight.Engine.Numerics;
using Farsight.Evaluation.Core.Prompts;
using Farsight.Evaluation.Metrics;

namespace Farsight.Evaluation.Core;

/// <summary>Cuts consecutive text of an exact number of tokens from tokenized documents.</summary>
/// <remarks>
/// White space is collapsed to single spaces, as RULER does with its essays. Sentences are tokenized one by one, each with
/// the space before it, so that putting a needle between two of them changes the tokens of neither. The documents form a
/// ring: a cut that reaches the front of one continues at the end of the one before.
/// </remarks>
public sealed class Haystack
{
    readonly int[] _tokens;
    readonly int[] _ends; // of the sentences, in tokens, ascending; the last is _tokens.Length

    Haystack(int[] tokens, int[] ends)
    {
        _tokens = tokens;
        _ends = ends;
    }

    /// <summary>All tokens, document after document.</summary>
    public IReadOnlyList<int> Tokens => _tokens;

    /// <summary>Tokenizes documents; reads no further than <paramref name="maxTokens"/> needs.</summary>
    /// <exception cref="InputException">The documents hold no text.</exception>
    public static Haystack Of(IEnumerable<SourceDocument> documents, ITextTokens tokenizer, int maxTokens = int.MaxValue)
    {
        List<int> tokens = [], ends = [];
        foreach (string sentence in documents.SelectMany(d => Sentences.Of(d.Text)))
        {
            tokens.AddRange(tokenizer.EncodeInside(" " + sentence));
            ends.Add(tokens.Count);
            if (tokens.Count >= maxTokens)
            {
                break;
            }
        }
        return tokens.Count > 0
            ? new([.. tokens], [.. ends])
            : throw new InputException("The haystack documents hold no text; name other documents.");
    }

    /// <summary>Cuts consecutive text that ends with a whole sentence, somewhere at random; its first sentence may be cut.</summary>
    /// <exception cref="InputException">There are fewer than <paramref name="count"/> tokens.</exception>
    public HaystackCut Cut(ref SeededRandom random, int count)
    {
        if (count > _tokens.Length)
        {
            throw new InputException(
                $"The haystack documents hold {_tokens.Length} tokens, but {count} are needed; give more or longer documents.");
        }
        int last = random.Next(_ends.Length), start = _ends[last] - count;

        int[] tokens = new int[count];
        for (int i = 0; i < count; i++)
        {
            tokens[i] = _tokens[(start + i + _tokens.Length) % _tokens.Length];
        }
        return new(tokens, Boundaries(last, start));
    }

    int[] Boundaries(int last, int start)
    {
        List<int> boundaries = [];
        for (int i = last, turn = 0; ; i--)
        {
            if (i < 0)
            {
                i = _ends.Length - 1;
                turn -= _tokens.Length;
            }
            int boundary = _ends[i] + turn - start;
            if (boundary <= 0)
            {
                break;
            }
            boundaries.Add(boundary);
        }
        boundaries.Add(0);
        boundaries.Reverse();
        return [.. boundaries];
    }
}

/// <summary>Represents consecutive text out of a <see cref="Haystack"/>.</summary>
/// <param name="Tokens">Exactly as many as were asked for.</param>
/// <param name="Boundaries">Where a sentence may be put in: 0, every sentence's end, and the number of tokens; ascending.</param>
public sealed record HaystackCut(IReadOnlyList<int> Tokens, IReadOnlyList<int> Boundaries)
{
    /// <summary>Returns the last boundary at or before depth · length; 0 for depth 0, the end for depth 1.</summary>
    internal int BoundaryAt(double depth)
    {
        // The small addend keeps 0.3 · 10 from being 2.999….
        double limit = depth * Tokens.Count + 1e-6;
        return Boundaries.Last(b => b <= limit);
    }
}
