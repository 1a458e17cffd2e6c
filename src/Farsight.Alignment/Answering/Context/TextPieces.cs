using System.Text.RegularExpressions;

namespace Farsight.Alignment.Answering.Context;

/// <summary>Cuts a text into sentences, paragraphs, and pieces of a maximum number of tokens.</summary>
static partial class TextPieces
{
    /// <summary>Returns the sentences of a text; joined they are the text.</summary>
    /// <remarks>A sentence ends after a full stop, question mark or exclamation mark and white space, or at the end of a line.</remarks>
    internal static IReadOnlyList<string> Sentences(string text) => [.. SentenceEnd().Split(text).Where(s => s.Length > 0)];

    /// <summary>Returns the paragraphs of a text, which empty lines separate; of a text without empty lines, pieces.</summary>
    /// <param name="text">The text.</param>
    /// <param name="maxTokens">Maximum tokens of a piece where there are no paragraphs.</param>
    /// <param name="count">Counts the tokens of a text.</param>
    internal static IReadOnlyList<string> Paragraphs(string text, int maxTokens, Func<string, int> count)
    {
        string[] paragraphs = [.. EmptyLine().Split(text).Select(p => p.Trim()).Where(p => p.Length > 0)];
        return paragraphs.Length > 1 ? paragraphs : [.. Cut(text, maxTokens, count).Select(p => p.Trim())];
    }

    /// <summary>Cuts a text between sentences into pieces that do not overlap; joined they are the text.</summary>
    /// <remarks>A sentence that is too long is cut between words, and a word that is too long between characters.</remarks>
    /// <param name="text">The text.</param>
    /// <param name="maxTokens">Maximum tokens per piece, at least 1.</param>
    /// <param name="count">Counts the tokens of a text.</param>
    internal static IReadOnlyList<string> Cut(string text, int maxTokens, Func<string, int> count)
    {
        List<string> pieces = [];
        string piece = "";
        int tokens = 0; // of the piece, counted part by part; joining parts can change the count by a token
        foreach (string part in Sentences(text).SelectMany(s => Short(s, maxTokens, count)))
        {
            int own = count(part);
            if (piece.Length > 0 && tokens + own > maxTokens)
            {
                pieces.Add(piece);
                (piece, tokens) = ("", 0);
            }
            (piece, tokens) = (piece + part, tokens + own);
        }
        return piece.Length > 0 ? [.. pieces, piece] : pieces;
    }

    static IEnumerable<string> Short(string sentence, int maxTokens, Func<string, int> count)
    {
        if (count(sentence) <= maxTokens || sentence.Length == 1)
        {
            return [sentence];
        }
        string[] words = [.. WordStart().Split(sentence).Where(w => w.Length > 0)];
        int half = sentence.Length / 2;
        if (words.Length == 1 && char.IsHighSurrogate(sentence[half - 1]) && half > 1)
        {
            half--;
        }
        string first = words.Length == 1 ? sentence[..half] : string.Concat(words.Take(words.Length / 2));
        return [.. Short(first, maxTokens, count), .. Short(sentence[first.Length..], maxTokens, count)];
    }

    [GeneratedRegex(@"(?<=[.!?][""'”’)\]]*\s+)(?=\S)|(?<=\n)(?=\S)")]
    private static partial Regex SentenceEnd();

    [GeneratedRegex(@"\n\s*\n")]
    private static partial Regex EmptyLine();

    [GeneratedRegex(@"(?<=\s)(?=\S)")]
    private static partial Regex WordStart();
}
