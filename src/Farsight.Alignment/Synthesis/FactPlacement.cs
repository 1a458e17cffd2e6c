using Farsight.Alignment.Corpus.Chunks;
using Farsight.Alignment.Fiction;
using Farsight.Engine.Numerics;
using Farsight.Text.Conversations;
using Farsight.Text.Tokenizers;

namespace Farsight.Alignment.Synthesis;

/// <summary>Inserts a whole fact into one chunk, between two sentences if possible.</summary>
/// <remarks>The fact has the tokens of an answer that repeats it, because both begin with a space.</remarks>
sealed class FactPlacement(Tokenizer tokenizer, ChatFormat format)
{
    /// <summary>Tells whether the fact fits into a chunk.</summary>
    internal bool Fits(Needle needle, int chunkTokens) => format.Context(needle.Sentence).Length <= chunkTokens;

    /// <summary>Inserts the fact. If the chunk becomes too long, whole sentences are dropped, the farthest from the fact first.</summary>
    /// <param name="needle">The fact; it fits into the maximum.</param>
    /// <param name="chunk">Index of the chunk in its context.</param>
    /// <param name="tokens">Tokens of the chunk.</param>
    /// <param name="most">Maximum tokens of the chunk with the fact.</param>
    /// <param name="random">Draws the place; advanced.</param>
    internal (int[] Tokens, FactInChunk Fact) Place(Needle needle, int chunk, int[] tokens, int most, ref SeededRandom random)
    {
        int[] fact = format.Context(needle.Sentence);
        TokenText text = new(tokens, tokenizer);
        int[] sentences = text.SentenceEnds(), places = sentences.Length > 0 ? sentences : [0, .. text.WordEnds()];
        int at = random.Pick(places), from = 0, to = tokens.Length;
        while (to > from && to - from + fact.Length > most)
        {
            if (to - at >= at - from)
            {
                to = places.LastOrDefault(p => p < to && p > at, at);
            }
            else
            {
                from = places.FirstOrDefault(p => p > from && p < at, at);
            }
        }
        int[] placed = [.. tokens[from..at], .. fact, .. tokens[at..to]];
        (int start, int end) = ValueSpan(needle, fact);
        return (placed, new(needle, chunk, at - from + start, at - from + end));
    }

    /// <summary>Inserts facts into chunks at random, each into a chunk of its own, and replaces these chunks.</summary>
    /// <param name="needles">The facts; each fits into the maximum.</param>
    /// <param name="chunks">The chunks of a context.</param>
    /// <param name="most">Maximum tokens per chunk with its fact.</param>
    /// <param name="random">Draws the places; advanced.</param>
    /// <returns>The facts in their order.</returns>
    internal List<FactInChunk> PlaceAll(IEnumerable<Needle> needles, SourceChunk[] chunks, int most, ref SeededRandom random)
    {
        int[] places = [.. Enumerable.Range(0, chunks.Length)];
        random.Shuffle<int>(places);
        List<FactInChunk> facts = [];
        foreach ((Needle needle, int place) in needles.Zip(places))
        {
            (int[] tokens, FactInChunk fact) = Place(needle, place, chunks[place].Tokens, most, ref random);
            chunks[place] = chunks[place] with { Tokens = tokens };
            facts.Add(fact);
        }
        return facts;
    }

    (int Start, int End) ValueSpan(Needle needle, int[] fact)
    {
        int start = 1 + needle.ValueStart, end = start + needle.Value.Length; // one space before the sentence
        int[] ends = [.. fact.Select((_, i) => tokenizer.Decode(fact.AsSpan(0, i + 1)).Length)];
        return (Array.FindIndex(ends, e => e > start), Array.FindIndex(ends, e => e >= end) + 1);
    }
}

/// <summary>Represents a generated fact inside a context.</summary>
/// <param name="Needle">The fact.</param>
/// <param name="Chunk">Index of the chunk that contains the whole fact.</param>
/// <param name="ValueStart">Index of the first token of the value in the chunk.</param>
/// <param name="ValueEnd">Index of the token after the value in the chunk.</param>
sealed record FactInChunk(Needle Needle, int Chunk, int ValueStart, int ValueEnd);
