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

    /// <summary>Chunks of the corpus that a text is cut from: its length, and a margin on both sides to find a sentence end in.</summary>
    internal const int ChunksPerText = ChunksPerLength + 2;

    /// <summary>Returns the tokens per chunk of the corpus.</summary>
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
        Passage passage = corpus.Draw(ref random);
        int firstChunk = random.Next(passage.Chunks.Count - ChunksPerText + 1);
        SourceChunk[] window = [.. passage.Chunks.Skip(firstChunk).Take(ChunksPerText)];
        int[] tokens = [.. window.SelectMany(c => c.Tokens)];
        int[] ends = [.. SentenceEnds(tokens)];
        int start = firstChunk == 0 ? 0 : ends.FirstOrDefault(e => e <= window[0].Tokens.Length),
            end = ends.LastOrDefault(e => e > start && e - start <= room, Math.Min(tokens.Length, start + room));
        if (sheet.Clashes(tokenizer.Decode(tokens.AsSpan(start, end - start))))
        {
            return null;
        }
        int[] places = [start, .. ends.Where(e => e > start && e < end), end];
        return Split(Pieces(places, facts, ref random), tokens, window, facts);
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

    /// <summary>Joins pieces to chunks of about the same length; no sentence is split.</summary>
    static FactText Split(List<(int Start, int End, int Fact)> pieces, int[] tokens, SourceChunk[] window, int[][] facts)
    {
        int[] factChunks = new int[facts.Length];
        List<ContextChunk> chunks = [];
        List<int> open = [];
        int from = pieces.First(p => p.Fact < 0).Start, target = window[0].Tokens.Length;
        foreach ((int start, int end, int fact) in pieces)
        {
            int size = fact < 0 ? end - start : facts[fact].Length;
            if (open.Count > 0 && open.Count + size > target + target / 2)
            {
                Close();
            }
            open.AddRange(fact < 0 ? tokens[start..end] : facts[fact]);
            from = fact < 0 ? start : from;
            if (fact >= 0)
            {
                factChunks[fact] = chunks.Count;
            }
            if (open.Count >= target)
            {
                Close();
            }
        }
        if (open.Count > 0)
        {
            Close();
        }
        return new([.. chunks], factChunks);

        void Close()
        {
            string document = window[Math.Min(from / target, window.Length - 1)].Document;
            chunks.Add(new(document, chunks.Count, [.. open], 0, ChunkRole.Irrelevant));
            open.Clear();
        }
    }

    /// <summary>Returns the indices of the tokens behind which a sentence ends and white space begins, ascending.</summary>
    List<int> SentenceEnds(int[] tokens)
    {
        string[] texts = [.. tokens.Select(tokenizer.TokenText)];
        string text = string.Concat(texts);
        List<int> ends = [];
        for (int i = 1, end = texts[0].Length; i < texts.Length; end += texts[i++].Length)
        {
            if (end < text.Length && char.IsWhiteSpace(text[end]) && FactPlacement.EndsSentence(text.AsSpan(0, end)))
            {
                ends.Add(i);
            }
        }
        return ends;
    }
}

/// <summary>Represents a text with inserted facts.</summary>
/// <param name="Chunks">[N] Chunks in reading order.</param>
/// <param name="FactChunks">[facts] Index of the chunk that contains each fact.</param>
sealed record FactText(ContextChunk[] Chunks, int[] FactChunks);
