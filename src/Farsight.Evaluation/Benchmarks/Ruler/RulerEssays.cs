using System.Text.RegularExpressions;
using Farsight.Evaluation.Metrics;

namespace Farsight.Evaluation.Benchmarks.Ruler;

/// <summary>Holds the essays as words, and the sentences of any number of words from the front.</summary>
/// <param name="text">All essays in one.</param>
/// <param name="splitSentences">NLTK's Punkt for English, or another.</param>
sealed partial class RulerEssays(string text, Func<string, IReadOnlyList<string>> splitSentences)
{
    readonly string[] _words = WhiteSpace().Replace(text, " ").Split(' ');
    readonly Dictionary<int, IReadOnlyList<string>> _sentences = [];

    /// <summary>Gets the number of words; larger numbers repeat them.</summary>
    internal int Count => _words.Length;

    /// <summary>Returns the sentences of the first <paramref name="count"/> words.</summary>
    internal IReadOnlyList<string> Sentences(int count)
    {
        if (!_sentences.TryGetValue(count, out IReadOnlyList<string>? sentences))
        {
            string words = string.Join(' ', Enumerable.Range(0, count).Select(i => _words[i % _words.Length]));
            _sentences[count] = sentences = splitSentences(words.Trim());
        }
        return sentences;
    }

    [GeneratedRegex(@"[\s\x1c-\x1f]+")] // Python's \s
    private static partial Regex WhiteSpace();
}
