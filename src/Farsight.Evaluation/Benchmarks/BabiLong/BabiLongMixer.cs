using Farsight.Engine;
using Farsight.Engine.Numerics;
using Farsight.Evaluation.Metrics;

namespace Farsight.Evaluation.Benchmarks.BabiLong;

/// <summary>Scatters facts among sentences of books, to a length in tokens.</summary>
/// <remarks>
/// As BABILong's create_tasks.py: a random place in a random book, the first and last sentence there dropped, sentences of fewer than ten
/// tokens passed over, the last one cut to the length; each fact between two sentences drawn with repetition, in order. The original draws
/// unseeded, splits sentences with an untrained Punkt and counts GPT-2's tokens; here the tokens are the model's own.
/// </remarks>
/// <param name="books">Whole texts.</param>
/// <param name="encode">Encodes text without adding tokens.</param>
/// <param name="decode">Decodes tokens.</param>
sealed class BabiLongMixer(IReadOnlyList<string> books, Func<string, int[]> encode, Func<int[], string> decode)
{
    const int FewestTokens = 10, CharactersForToken = 10, MostPlaces = 1000;

    /// <summary>
    /// Returns the context of a story: facts and noise of <paramref name="tokens"/> tokens together, or the facts alone where they are
    /// longer.
    /// </summary>
    /// <exception cref="InputException">The books have no sentences that are long enough.</exception>
    internal string Mix(ref SeededRandom random, IReadOnlyList<string> facts, int tokens)
    {
        int[][] told = [.. facts.Select(f => encode(" " + f))];
        int noise = tokens - told.Sum(f => f.Length);
        List<int[]> sentences = noise > 0 ? Noise(ref random, noise) : [];

        int[] places = new int[told.Length];
        for (int i = 0; i < places.Length; i++)
        {
            places[i] = random.Next(sentences.Count + 1);
        }
        Array.Sort(places);
        return decode([.. Merged(sentences, told, places).SelectMany(s => s)]).Trim();
    }

    List<int[]> Noise(ref SeededRandom random, int tokens)
    {
        List<int[]> sentences = [];
        for (int place = 0; place < MostPlaces; place++)
        {
            foreach (string sentence in Somewhere(ref random, tokens))
            {
                int[] ids = encode(" " + sentence);
                if (ids.Length >= FewestTokens)
                {
                    sentences.Add(ids.Length < tokens ? ids : ids[..tokens]);
                    tokens -= Math.Min(ids.Length, tokens);
                }
                if (tokens == 0)
                {
                    return sentences;
                }
            }
        }
        throw new InputException("The books for BABILong have too few whole sentences; put longer texts into the folder of books.");
    }

    string[] Somewhere(ref SeededRandom random, int tokens)
    {
        string book = books[random.Next(books.Count)];
        int from = random.Next(Math.Max(1, book.Length));
        long to = Math.Min(book.Length, from + ((long)tokens * CharactersForToken));
        string[] sentences = [.. Sentences.Of(book[from..(int)to])];
        return sentences.Length > 2 ? sentences[1..^1] : [];
    }

    static IEnumerable<int[]> Merged(List<int[]> sentences, int[][] facts, int[] places)
    {
        for (int i = 0, next = 0; i <= sentences.Count; i++)
        {
            for (; next < facts.Length && places[next] == i; next++)
            {
                yield return facts[next];
            }
            if (i < sentences.Count)
            {
                yield return sentences[i];
            }
        }
    }
}
