using Farsight.Alignment.Corpus;

namespace Farsight.Alignment.Synthesis.LongPo;

/// <summary>Represents a long context: a document, or a section of a document that is longer than the limit.</summary>
/// <param name="Passage">Chunks in reading order, and the questions that came with the whole document.</param>
/// <param name="Askable">Indices of the chunks that are long enough for a question.</param>
sealed record LongDocument(Passage Passage, int[] Askable)
{
    /// <summary>Tokens of all chunks.</summary>
    internal int[] Tokens => [.. Passage.Chunks.SelectMany(c => c.Tokens)];

    /// <summary>Splits a document into sections; sections with too few chunks for the turns are dropped.</summary>
    internal static IEnumerable<LongDocument> Of(Passage document, LongPoBudget budget, int turns)
    {
        for (int start = 0; start < document.Chunks.Count;)
        {
            int count = 0, tokens = 0;
            while (start + count < document.Chunks.Count && tokens + document.Chunks[start + count].Tokens.Length <= budget.DocumentTokens)
            {
                tokens += document.Chunks[start + count++].Tokens.Length;
            }
            SourceChunk[] chunks = [.. document.Chunks.Skip(start).Take(count)];
            int[] askable = [.. Enumerable.Range(0, count).Where(i => chunks[i].Tokens.Length >= budget.MinChunkTokens)];
            if (count > 1 && askable.Length >= turns)
            {
                yield return new(new(chunks, document.Questions), askable);
            }
            start += count;
        }
    }
}

/// <summary>Represents the subject of a sample.</summary>
/// <param name="Document">The long context.</param>
/// <param name="Chunks">[K] Indices of the chunks that are asked about; none if the document's own questions are used.</param>
/// <param name="Own">[K] The document's own questions; none for other samples.</param>
sealed record LongPoSubject(LongDocument Document, IReadOnlyList<int> Chunks, IReadOnlyList<QuestionAnswer> Own);
