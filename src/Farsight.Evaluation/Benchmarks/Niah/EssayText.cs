using Farsight.Engine;
using Farsight.Evaluation.Core;
using Farsight.Evaluation.Core.Prompts;

namespace Farsight.Evaluation.Benchmarks.Niah;

/// <summary>Reads a folder of texts as a haystack: in the order of the file names, one right after the other.</summary>
static class EssayText
{
    const int CharactersForToken = 8;

    /// <summary>Returns the first tokens of a folder's texts, which are repeated where they do not suffice.</summary>
    /// <exception cref="InputException">The folder is missing, or has no text.</exception>
    internal static int[] Tokens(EvalData data, string folder, ITextTokens tokens, int count)
    {
        string text = string.Concat(
            data.Files(folder).Where(f => f.EndsWith(".txt", StringComparison.Ordinal)).Select(f => data.ReadText($"{folder}/{f}")));
        if (text.Length == 0)
        {
            throw new InputException($"{folder} in the data folder contains no text; 'farsight eval data' lists the sources.");
        }
        long enough = count * (long)CharactersForToken;
        string repeated = string.Concat(Enumerable.Repeat(text, 1 + (int)(enough / text.Length)));
        return [.. tokens.Encode(repeated[..(int)Math.Min(enough, repeated.Length)]).Take(count)];
    }
}
