using System.Numerics;
using System.Text.RegularExpressions;
using Farsight.Evaluation.PythonCompat;

namespace Farsight.Evaluation.Metrics;

/// <summary>Finds references such as "[3]" in a text.</summary>
static partial class Citations
{
    /// <summary>Removes them: every "[n" with the space before it, then every " |" and every "]".</summary>
    public static string Remove(string text) =>
        Mark()
            .Replace(SpacedMark().Replace(text, ""), "")
            .Replace(" |", "", StringComparison.Ordinal)
            .Replace("]", "", StringComparison.Ordinal);

    /// <summary>Returns the cited numbers in order, with repetitions; numbers beyond 2³¹ become <see cref="int.MaxValue"/>.</summary>
    public static IReadOnlyList<int> Numbers(string text) =>
        [
            .. Mark()
                .Matches(text)
                .Select(m => PythonNumbers.TryParseInt(m.Value[1..], out BigInteger n) && n < int.MaxValue ? (int)n : int.MaxValue),
        ];

    [GeneratedRegex(@"\[\d+")]
    private static partial Regex Mark();

    [GeneratedRegex(@" \[\d+")]
    private static partial Regex SpacedMark();
}

/// <summary>
/// Scores the citations of free text by entailment, as L-CiteEval (Tang et al. 2024) and ALCE (Gao et al. 2023) do: whether the cited
/// passages entail each sentence, and which of several citations are needed.
/// </summary>
/// <remarks>
/// Recall: share of sentences that their passages entail together. Precision: a single citation counts as its sentence does; of several,
/// once they entail together, one counts if it entails alone or if the others do not entail without it; divided by all citations. Official
/// faults are kept: "[0]" cites the last passage, and a sentence with a number beyond the last passage is wrong and adds no citation.
/// </remarks>
/// <param name="sentences">The sentences with their marks.</param>
/// <param name="passages">The passages as the premises name them, numbered from 1.</param>
/// <param name="atMost">Citations of a sentence that count.</param>
sealed class EntailedCitations(IReadOnlyList<string> sentences, IReadOnlyList<string> passages, int atMost = 3)
{
    int _entailed, _needed;

    /// <summary>Gets the number of citations that count.</summary>
    internal int Citations { get; private set; }

    /// <summary>Gets the scores, once all questions are answered; null for a text without sentences, which the programs skip.</summary>
    internal PrecisionRecall? Score
    {
        get
        {
            if (sentences.Count == 0)
            {
                return null;
            }
            double recall = (double)_entailed / sentences.Count, precision = Citations == 0 ? 0 : (double)_needed / Citations;
            return new(precision, recall, recall + precision == 0 ? 0 : 2 * recall * precision / (recall + precision));
        }
    }

    /// <summary>Yields the questions whether a premise entails a claim; which come next depends on the replies.</summary>
    /// <param name="reply">Returns the reply to the question that was yielded last.</param>
    internal IEnumerable<(string Premise, string Claim)> Questions(Func<bool> reply)
    {
        foreach (string sentence in sentences)
        {
            int[] cited = [.. Metrics.Citations.Numbers(sentence).Select(n => n - 1)];
            if (cited.Length == 0 || cited.Any(c => c >= passages.Count))
            {
                continue;
            }
            cited = [.. cited.Take(atMost)];
            Citations += cited.Length;
            string claim = PythonStrings.Strip(Metrics.Citations.Remove(sentence));
            yield return (Joined(cited), claim);
            if (!reply())
            {
                continue;
            }
            _entailed++;
            if (cited.Length == 1)
            {
                _needed++;
                continue;
            }
            foreach (int one in cited)
            {
                yield return (Joined([one]), claim);
                bool isNeeded = reply();
                if (!isNeeded)
                {
                    int at = Array.IndexOf(cited, one);
                    yield return (Joined([.. cited[..at], .. cited[(at + 1)..]]), claim);
                    isNeeded = !reply();
                }
                _needed += isNeeded ? 1 : 0;
            }
        }
    }

    string Joined(int[] cited) => string.Join('\n', cited.Select(c => passages[c < 0 ? ^1 : c]));
}
