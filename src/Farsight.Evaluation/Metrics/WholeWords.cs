using Farsight.Evaluation.PythonCompat;

namespace Farsight.Evaluation.Metrics;

/// <summary>Finds words that are not part of longer ones.</summary>
static class WholeWords
{
    /// <summary>
    /// Determines whether a phrase occurs with no letter, digit or underscore directly before or after it. An empty phrase never occurs.
    /// </summary>
    public static bool Occur(string text, string phrase)
    {
        for (
            int at = phrase.Length == 0 ? -1 : text.IndexOf(phrase, StringComparison.Ordinal);
            at >= 0;
            at = text.IndexOf(phrase, at + 1, StringComparison.Ordinal))
        {
            int end = at + phrase.Length;
            bool starts = at == 0 || !PythonCharacters.IsWord(PythonCharacters.Before(text, at));
            if (starts && (end == text.Length || !PythonCharacters.IsWord(PythonCharacters.At(text, end))))
            {
                return true;
            }
        }
        return false;
    }
}
