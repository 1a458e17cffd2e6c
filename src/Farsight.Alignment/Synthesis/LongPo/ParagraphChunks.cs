using Farsight.Text.Tokenizers;

namespace Farsight.Alignment.Synthesis.LongPo;

/// <summary>
/// Groups the paragraphs of a document into chunks. The chunks together are the document's tokens; no text is encoded again.
/// </summary>
static class ParagraphChunks
{
    /// <summary>
    /// Fills chunks with whole paragraphs up to the maximum. A paragraph is split only if the chunk would stay below the minimum otherwise.
    /// </summary>
    /// <param name="tokens">Tokens of the document.</param>
    /// <param name="tokenizer">Tokenizer of the tokens.</param>
    /// <param name="least">Minimum tokens per chunk; only the last may have fewer.</param>
    /// <param name="most">Maximum tokens per chunk.</param>
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
    /// Returns the ends of the paragraphs, ascending, including the end of the text. A text without empty lines is split at line ends.
    /// </summary>
    static List<int> Ends(int[] tokens, Tokenizer tokenizer)
    {
        List<int> lines = [], paragraphs = [];
        int breaks = 0; // line breaks in the white space before this token
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
