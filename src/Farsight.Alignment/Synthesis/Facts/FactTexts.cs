using Farsight.Alignment.Corpus.Chunks;
using Farsight.Alignment.Data;
using Farsight.Alignment.Fiction.Facts;
using Farsight.Engine.Numerics;
using Farsight.Text.Tokenizers;

namespace Farsight.Alignment.Synthesis.Facts;

/// <summary>Draws consecutive text from a corpus, inserts facts between its sentences, and splits the result into chunks.</summary>
/// <param name="tokenizer">Tokenizer of the corpus.</param>
/// <param name="corpus">Source of the text.</param>
/// <param name="length">Maximum tokens of a text with its facts.</param>
sealed class FactTexts(Tokenizer tokenizer, ChunkedCorpus corpus, int length)
{
    const int ChunksPerLength = 16;

    /// <summary>Returns the maximum tokens per chunk.</summary>
    internal static int ChunkTokensOf(int length) => Math.Max(1, length / ChunksPerLength);

    /// <summary>Draws a text for facts; null if the text itself names one of their keys or values.</summary>
    /// <exception cref="OptionException">The facts do not leave room for text.</exception>
    internal FactText? Draw(FactSheet sheet, ref SeededRandom random)
    {
        int[][] facts = [.. sheet.Sentences.Select(s => tokenizer.EncodeInside(" " + s.Text))];
        int count = facts.Sum(f => f.Length), room = length - count;
        if (room < length / 4)
        {
            throw new OptionException(
                "length", $"is {length}, and the {facts.Length} facts of a document have {count} tokens; raise length, or lower facts.");
        }
        SourceChunk[] window = Window(corpus.Draw(ref random), ref random);
        int[] tokens = [.. window.SelectMany(c => c.Tokens)];
        TokenText text = new(tokens, tokenizer);
        int[] ends = text.SentenceEnds();
        int end = ends.LastOrDefault(e => e <= room, text.EndOf(0, room, least: 0));
        if (sheet.Clashes(tokenizer.Decode(tokens.AsSpan(0, end))))
        {
            return null;
        }
        int[] places = [0, .. ends.Where(e => e < end), end];
        return Split(Pieces(places, facts, ref random), tokens, window, facts);
    }

    /// <summary>Draws consecutive chunks that have the length together.</summary>
    SourceChunk[] Window(Passage passage, ref SeededRandom random)
    {
        IReadOnlyList<SourceChunk> chunks = passage.Chunks;
        int first = chunks.Count, rest = 0;
        while (first > 0 && rest < length)
        {
            rest += chunks[--first].Tokens.Length;
        }
        int start = random.Next(first + 1), count = 0;
        for (int tokens = 0; tokens < length && start + count < chunks.Count; count++)
        {
            tokens += chunks[start + count].Tokens.Length;
        }
        return [.. chunks.Skip(start).Take(count)];
    }

    /// <summary>Returns the pieces of the text in order: a sentence of the corpus as its span, a fact by its index.</summary>
    static List<(int Start, int End, int Fact)> Pieces(int[] places, int[][] facts, ref SeededRandom random)
    {
        List<(int Start, int End, int Fact)> pieces = [];
        int at = 0;
        for (int i = 0; i < facts.Length; i++)
        {
            double depth = (i + random.NextDouble()) / facts.Length, limit = places[0] + depth * (places[^1] - places[0]);
            for (; at + 1 < places.Length && places[at + 1] <= limit; at++)
            {
                pieces.Add((places[at], places[at + 1], -1));
            }
            pieces.Add((0, 0, i));
        }
        for (; at + 1 < places.Length; at++)
        {
            pieces.Add((places[at], places[at + 1], -1));
        }
        return pieces;
    }

    /// <summary>Joins pieces to chunks. No sentence is split; one that is longer than a chunk is a chunk of its own.</summary>
    FactText Split(List<(int Start, int End, int Fact)> pieces, int[] tokens, SourceChunk[] window, int[][] facts)
    {
        int[] factChunks = new int[facts.Length];
        List<ContextChunk> chunks = [];
        List<int> open = [];
        int from = 0;
        foreach ((int start, int end, int fact) in pieces)
        {
            int size = fact < 0 ? end - start : facts[fact].Length;
            if (open.Count > 0 && open.Count + size > corpus.ChunkTokens)
            {
                Close();
            }
            open.AddRange(fact < 0 ? tokens[start..end] : facts[fact]);
            from = fact < 0 ? start : from;
            if (fact >= 0)
            {
                factChunks[fact] = chunks.Count;
            }
        }
        if (open.Count > 0)
        {
            Close();
        }
        return new([.. chunks], factChunks);

        void Close()
        {
            chunks.Add(new(DocumentAt(window, from), chunks.Count, [.. open], 0, ChunkRole.Irrelevant));
            open.Clear();
        }
    }

    /// <summary>Returns the document of a token of consecutive chunks.</summary>
    static string DocumentAt(SourceChunk[] window, int token)
    {
        int chunk = 0;
        for (int end = window[0].Tokens.Length; end <= token && chunk + 1 < window.Length; end += window[chunk].Tokens.Length)
        {
            chunk++;
        }
        return window[chunk].Document;
    }
}

/// <summary>Represents a text with inserted facts.</summary>
/// <param name="Chunks">[N] Chunks in reading order.</param>
/// <param name="FactChunks">[facts] Index of the chunk that contains each fact.</param>
sealed record FactText(ContextChunk[] Chunks, int[] FactChunks);
