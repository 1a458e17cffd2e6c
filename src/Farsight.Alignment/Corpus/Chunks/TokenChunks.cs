namespace Farsight.Alignment.Corpus.Chunks;

/// <summary>Cuts a text into chunks that end at sentences and have a maximum number of tokens.</summary>
public static class TokenChunks
{
    const double FirstGuess = 4; // characters per token
    const double Enough = 0.85; // of the maximum, so that no time is spent on the rest
    const int MaxTries = 8;

    /// <summary>Cuts the text as <see cref="SentenceChunks"/> does, each chunk as long as the number of tokens permits.</summary>
    /// <param name="text">The text.</param>
    /// <param name="tokens">Maximum tokens per chunk, at least 1. A single character may have more.</param>
    /// <param name="count">Counts the tokens of a text.</param>
    public static IEnumerable<string> Cut(string text, int tokens, Func<string, int> count)
    {
        double perToken = FirstGuess;
        for (int start = 0; start < text.Length;)
        {
            string chunk = Next(text, start, tokens, count, ref perToken);
            int found = text.IndexOf(chunk, start, StringComparison.Ordinal);
            if (string.IsNullOrWhiteSpace(chunk) || found < 0)
            {
                yield break; // white space at the end
            }
            yield return chunk;
            start = found + chunk.Length;
        }
    }

    static string Next(string text, int start, int tokens, Func<string, int> count, ref double perToken)
    {
        int length = Math.Max(1, (int)(tokens * perToken)), tooLong = int.MaxValue;
        string? best = null;
        for (int i = 0; i < MaxTries || best is null; i++)
        {
            string ahead = Ahead(text, start, length), chunk = SentenceChunks.Cut(ahead, length).FirstOrDefault("");
            double found = Math.Max(1, count(chunk));
            perToken = chunk.Length / found;
            if (found <= tokens || length == 1)
            {
                best = chunk;
                bool isRest = start + ahead.Length == text.Length && chunk.TrimEnd().Length == ahead.TrimEnd().Length;
                int longer = (int)Math.Min(tooLong - 1, Math.Ceiling(length * 1.2));
                if (found >= Enough * tokens || isRest || longer <= length)
                {
                    break;
                }
                length = longer;
            }
            else
            {
                tooLong = length;
                if (best is not null)
                {
                    break;
                }
                length = Math.Max(1, Math.Min(length - 1, (int)(length * 0.95 * tokens / found)));
            }
        }
        return best!;
    }

    /// <summary>Returns a part of the text that is longer than the chunk, so that its end is not taken for the end of the text.</summary>
    static string Ahead(string text, int start, int length)
    {
        const int Times = 4; // twice as many code points as the chunk, if all of them are pairs
        int end = (int)Math.Min(text.Length, start + ((long)Times * length) + Times);
        return text[start..(end < text.Length && char.IsHighSurrogate(text[end - 1]) ? end - 1 : end)];
    }
}
