using Farsight.Text.Tokenizers;

namespace Farsight.Alignment.Synthesis.LongPo;

/// <summary>
/// Groups the paragraphs of a document into chunks. The chunks together are the document's tokens; nothing is encoded again.
/// </summary>
static class ParagraphChunks
{
    /// <summary>
    /// Chunks with as many whole paragraphs as stay within the most; a paragraph is cut only where a chunk would have fewer tokens than the
    /// least without it.
    /// </summary>
    /// <param name="tokens">Of the document.</param>
    /// <param name="tokenizer">Whose they are.</param>
    /// <param name="least">Fewest tokens of a chunk; only the last may have fewer.</param>
    /// <param name="most">Most tokens of a chunk.</param>
    internal static IEnumerable<int[]> Cut(int[] tokens, Tokenizer tokenizer, int least, int most)
    {
        int[] ends = [.. Ends(tokens, tokenizer)];
        for (int start = 0, next = 0; start < tokens.Length;)
        {
            int end = start;
            while (next < ends.Length && ends[next] - start <= most)
            {
                end = ends[next++];
            }
            end = end - start >= least ? end : Math.Min(start + most, tokens.Length);
            yield return tokens[start..end];
            start = end;
        }
    }

    /// <summary>
    /// Where paragraphs end, ascending, the end of the text last: at empty lines or, in a text without any, at ends of lines.
    /// </summary>
    static List<int> Ends(int[] tokens, Tokenizer tokenizer)
    {
        List<int> lines = [], paragraphs = [];
        int breaks = 0; // of the white space that goes on up to this token
        for (int i = 0; i < tokens.Length; i++)
        {
            string text = tokenizer.TokenText(tokens[i]);
            bool goesOn = text.Length > 0 && (char.IsWhiteSpace(text[0]) && text[0] != ' ');
            if (breaks > 0 && !goesOn)
            {
                lines.Add(i);
                paragraphs.AddRange(breaks > 1 ? [i] : []);
            }
            int space = text.Length - text.TrimEnd().Length, found = text.AsSpan(text.Length - space).Count('\n');
            breaks = space == text.Length ? breaks + found : found;
        }
        return [.. paragraphs.Count > 0 ? paragraphs : lines, tokens.Length];
    }
}
