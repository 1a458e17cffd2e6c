using Farsight.Alignment.Fiction.Facts;
using Farsight.Engine.Numerics;

namespace Farsight.Alignment.Synthesis.Facts;

/// <summary>Writes rejected responses that differ from the chosen one by one mistake, in the same words.</summary>
static class MinimalPairs
{
    /// <summary>
    /// Returns different wrong answers, lazily: another item's value; of several values one exchanged, then one left out; a value where the
    /// text has none; and, where the chosen response might be a refusal, the refusal first.
    /// </summary>
    internal static IEnumerable<string> Of(FactQuestionType type, FactSheet sheet, FactQuestion question, SeededRandom random)
    {
        string[] others = [.. sheet.Items.Where(i => i != question.Item).SelectMany(i => i.Values)];
        random.Shuffle<string>(others);
        int first = random.Next(Math.Max(1, question.Item.Values.Count));
        return Mistakes(type, question.Item.Values, others, first).Select(question.AnswerWith).Where(m => m != question.Answer).Distinct();
    }

    /// <summary>Returns wrong lists of values; an empty one is a refusal.</summary>
    static IEnumerable<IReadOnlyList<string>> Mistakes(FactQuestionType type, IReadOnlyList<string> values, string[] others, int first)
    {
        if (type == FactQuestionType.Absent && values.Count > 0)
        {
            yield return [];
        }
        for (int i = 0; i < others.Length; i++)
        {
            int place = values.Count == 0 ? 0 : (first + i / 2) % values.Count;
            yield return type != FactQuestionType.Several ? [others[i]]
                : i % 2 == 0 ? [.. values.Select((v, j) => j == place ? others[i] : v)]
                : [.. values.Where((_, j) => j != place)];
        }
    }
}
