using System.Globalization;
using Farsight.Engine;
using Farsight.Evaluation.Core;
using Farsight.Evaluation.Metrics;

namespace Farsight.Evaluation.Benchmarks.BabiLong;

/// <summary>Represents one question of bAbI with all facts stated before it.</summary>
/// <param name="Facts">Sentences in order; earlier questions are left out.</param>
/// <param name="Question">As in the file, with the space behind it.</param>
/// <param name="Answer">One or more words, with commas between several.</param>
/// <param name="References">The facts from which the answer follows.</param>
sealed record BabiStory(IReadOnlyList<string> Facts, string Question, string Answer, IReadOnlyList<string> References)
{
    const int QuestionParts = 3;

    /// <summary>Reads the questions of a bAbI file, each as a story of its own.</summary>
    /// <param name="lines">"1 Mary got the milk." or "3 What is Mary carrying? ⇥milk⇥1"; a story begins where the number is 1.</param>
    /// <param name="name">The file, for messages.</param>
    /// <param name="mostLines">Stories with more lines than that, the question included, are left out.</param>
    /// <exception cref="InputException">A line does not have this form.</exception>
    public static IEnumerable<BabiStory> Read(IEnumerable<string> lines, string name, int mostLines = int.MaxValue)
    {
        List<(int Number, string Text)> facts = [];
        int at = 0;
        foreach (string line in lines.Where(l => l.Length > 0))
        {
            at++;
            int space = line.IndexOf(' ', StringComparison.Ordinal);
            if (space < 0 || !int.TryParse(line[..space], NumberStyles.None, CultureInfo.InvariantCulture, out int number))
            {
                throw new InputException($"{name}:{at}: a line of bAbI must begin with its number; download the file again.");
            }
            string[] parts = line[(space + 1)..].Split('\t');
            if (number == 1)
            {
                facts.Clear();
            }
            if (parts.Length == 1)
            {
                facts.Add((number, parts[0]));
            }
            else if (parts.Length != QuestionParts)
            {
                throw new InputException(
                    $"{name}:{at}: a question of bAbI must have an answer and the numbers of facts, separated by tabs; {EvalData.Advice}.");
            }
            else if (facts.Count + 1 <= mostLines)
            {
                HashSet<int> numbers =
                [
                    .. parts[2].Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(n => Number(n, name, at)),
                ];
                yield return new(
                    [.. facts.Select(f => f.Text)],
                    parts[0],
                    parts[1],
                    [.. facts.Where(f => numbers.Contains(f.Number)).Select(f => f.Text)]);
            }
        }
    }

    /// <summary>Returns the words that answer the questions of a file; the metric looks for them.</summary>
    /// <remarks>Lists ("apple,milk") give each word by itself; pairs of directions ("e,n") the pair.</remarks>
    public static IReadOnlyList<string> Labels(IEnumerable<BabiStory> stories) =>
    [
        .. stories.SelectMany(s => s.Answer.Length > 3 ? s.Answer.Split(',') : [s.Answer])
            .Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal),
    ];

    static int Number(string text, string name, int line) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int number)
            ? number
            : throw new InputException($"{name}:{line}: '{text}' is not the number of a sentence; download the file again.");
}
