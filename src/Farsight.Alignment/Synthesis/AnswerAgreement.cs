using Farsight.Engine.Numerics;

namespace Farsight.Alignment.Synthesis;

/// <summary>Compares answers by their words.</summary>
static class AnswerAgreement
{
    const int MaxWords = 40;
    const double MinOverlap = 0.8;

    static readonly HashSet<string> s_articles = ["a", "an", "the"];

    /// <summary>Tells whether an answer is short enough to be compared by words; a summary can be written in too many ways.</summary>
    internal static bool IsComparable(string gold) => Words(gold).Length is > 0 and <= MaxWords;

    /// <summary>Tells whether an answer contains the words of the gold answer in sequence.</summary>
    internal static bool Repeats(string answer, string gold)
    {
        string[] words = Words(answer),
            wanted = Words(gold);
        return wanted.Length > 0
            && Enumerable
                .Range(0, Math.Max(0, words.Length - wanted.Length + 1))
                .Any(i => words.AsSpan(i, wanted.Length).SequenceEqual(wanted));
    }

    /// <summary>Tells whether an answer repeats the gold answer, or shares nearly all of its words and every number.</summary>
    internal static bool Agrees(string answer, string gold)
    {
        string[] words = Words(answer), wanted = Words(gold);
        bool numbers = wanted.Where(HasDigit).All(words.Contains) && words.Where(HasDigit).All(wanted.Contains);
        return Repeats(answer, gold) || (numbers && Overlap(words, wanted) >= MinOverlap);
    }

    /// <summary>Computes how far apart two answers are in words and length: 0 for equal words, 2 at most.</summary>
    internal static double Difference(string answer, string other)
    {
        string[] words = Words(answer), others = Words(other);
        double longer = Math.Max(1, Math.Max(words.Length, others.Length));
        return 1 - Overlap(words, others) + (Math.Abs(words.Length - others.Length) / longer);
    }

    /// <summary>Tells whether every word of an answer occurs in one of the texts.</summary>
    internal static bool IsMadeOf(string answer, params ReadOnlySpan<string> texts)
    {
        HashSet<string> known = [];
        foreach (string text in texts)
        {
            known.UnionWith(Words(text));
        }
        return Words(answer).All(known.Contains);
    }

    /// <summary>Computes the F1 of the words of two answers, counted with multiplicity.</summary>
    internal static double Overlap(string a, string b) => Overlap(Words(a), Words(b));

    static double Overlap(string[] a, string[] b)
    {
        return a.Length + b.Length == 0 ? 0 : 2.0 * CommonElements.Count(a, b) / (a.Length + b.Length);
    }

    static bool HasDigit(string word) => word.Any(char.IsAsciiDigit);

    static string[] Words(string text)
    {
        string plain = string.Concat(
                text.Select(c =>
                    char.IsLetterOrDigit(c) ? char.ToLowerInvariant(c)
                    : c is '\'' or '’' or ',' ? '\0'
                    : ' '))
            .Replace("\0", "", StringComparison.Ordinal);
        return [.. plain.Split(' ', StringSplitOptions.RemoveEmptyEntries).Where(w => !s_articles.Contains(w))];
    }
}
