using Farsight.Alignment.Corpus;

namespace Farsight.Alignment.Synthesis.LongPo;

/// <summary>A long context: a document, or a stretch of one that is longer than a long context may be.</summary>
/// <param name="Passage">Its chunks in reading order, and the questions that came with the whole document.</param>
/// <param name="Askable">Numbers of the chunks that are long enough to be asked about.</param>
sealed record LongDocument(Passage Passage, int[] Askable)
{
    /// <summary>The tokens of all chunks.</summary>
    internal int[] Tokens => [.. Passage.Chunks.SelectMany(c => c.Tokens)];

    /// <summary>Cuts a document into stretches; those that cannot be asked about in as many turns are left out.</summary>
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

/// <summary>What a sample is about.</summary>
/// <param name="Document">The long context.</param>
/// <param name="Chunks">[K] the chunks that are asked about; none where the document's own questions are asked.</param>
/// <param name="Own">[K] the document's own questions; none for other samples.</param>
sealed record LongPoSubject(LongDocument Document, IReadOnlyList<int> Chunks, IReadOnlyList<QuestionAnswer> Own);
