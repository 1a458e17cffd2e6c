using Farsight.Alignment.Fiction;
using Farsight.Engine.Numerics;
using Farsight.Text.Conversations;
using Farsight.Text.Tokenizers;

namespace Farsight.Alignment.Synthesis;

/// <summary>Inserts a whole fact into one chunk, between two sentences if possible, and keeps the chunk's token count.</summary>
/// <remarks>The fact has the tokens of an answer that repeats it, because both begin with a space.</remarks>
sealed class FactPlacement(Tokenizer tokenizer, ChatFormat format)
{
    static readonly HashSet<string> s_titles = ["Mr", "Mrs", "Ms", "Dr", "St"];

    /// <summary>Tells whether the fact fits into a chunk.</summary>
    internal bool Fits(Needle needle, int chunkTokens) => format.Context(needle.Sentence).Length <= chunkTokens;

    /// <summary>Inserts the fact. The token count stays; the tokens farthest from the fact are dropped.</summary>
    internal (int[] Tokens, FactInChunk Fact) Place(Needle needle, int chunk, int[] tokens, ref SeededRandom random)
    {
        int[] fact = format.Context(needle.Sentence);
        int kept = tokens.Length - fact.Length, at = Boundary(tokens, ref random);
        int before = Math.Min(at, kept);
        int[] placed = [.. tokens[(at - before)..at], .. fact, .. tokens[at..(at + kept - before)]];
        (int start, int end) = ValueSpan(needle, fact);
        return (placed, new(needle, chunk, before + start, before + end));
    }

    /// <summary>Inserts facts into chunks at random, each into a chunk of its own, and replaces these chunks.</summary>
    /// <returns>The facts in their order.</returns>
    internal List<FactInChunk> PlaceAll(IEnumerable<Needle> needles, SourceChunk[] chunks, ref SeededRandom random)
    {
        int[] places = [.. Enumerable.Range(0, chunks.Length)];
        random.Shuffle<int>(places);
        List<FactInChunk> facts = [];
        foreach ((Needle needle, int place) in needles.Zip(places))
        {
            (int[] tokens, FactInChunk fact) = Place(needle, place, chunks[place].Tokens, ref random);
            chunks[place] = chunks[place] with { Tokens = tokens };
            facts.Add(fact);
        }
        return facts;
    }

    /// <summary>Draws a place between two sentences, else between two words, else the beginning.</summary>
    int Boundary(int[] tokens, ref SeededRandom random)
    {
        string[] texts = [.. tokens.Select(tokenizer.TokenText)];
        string text = string.Concat(texts);
        List<int> sentences = [], words = [0];
        for (int i = 1, end = texts[0].Length; i <= texts.Length; i++)
        {
            bool isWordEnd = end == text.Length || char.IsWhiteSpace(text[end]);
            if (isWordEnd)
            {
                (EndsSentence(text.AsSpan(0, end)) ? sentences : words).Add(i);
            }
            end += i < texts.Length ? texts[i].Length : 0;
        }
        return random.Pick(sentences.Count > 0 ? sentences : words);
    }

    internal static bool EndsSentence(ReadOnlySpan<char> text)
    {
        text = text.TrimEnd(" \t\r\n\"'”’)_");
        if (text.IsEmpty || text[^1] is not ('.' or '!' or '?'))
        {
            return false;
        }
        ReadOnlySpan<char> before = text[..^1];
        int word = before.LastIndexOfAny(" \n") + 1;
        return !s_titles.Contains(before[word..].ToString());
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
public sealed record FactInChunk(Needle Needle, int Chunk, int ValueStart, int ValueEnd);
