using System.Text;
using Farsight.Alignment.Answering;
using Farsight.Evaluation.Core;

namespace Farsight.Evaluation.Benchmarks.Choices;

/// <summary>Scores an example by the most likely of its choices, as lm-evaluation-harness does.</summary>
/// <remarks>
/// acc takes the largest log-probability, acc_norm the largest per character (code point) of the choice without its leading space,
/// acc_bytes the largest per UTF-8 byte; of equals the first. Source: EleutherAI/lm-evaluation-harness @4e7e0d4, api/task.py.
/// </remarks>
static class ChoiceAccuracy
{
    internal const string Acc = "acc", AccNorm = "acc_norm", AccBytes = "acc_bytes";

    /// <summary>Scores an example whose reference is the number of the right choice.</summary>
    /// <param name="example">The example.</param>
    /// <param name="choices">The log-probabilities of the choices.</param>
    /// <param name="value">Which of the three is the score; all are beside it.</param>
    internal static EvalScore Score(EvalExample example, IReadOnlyList<ChoiceLogProb> choices, string value)
    {
        int gold = int.Parse(example.References[0], System.Globalization.CultureInfo.InvariantCulture);
        string[] texts = [.. example.Choices.Select(c => c.Text.StartsWith(' ') ? c.Text[1..] : c.Text)];
        Dictionary<string, double> scores = new()
        {
            [Acc] = Is(choices.Select(c => c.LogProb)),
            [AccNorm] = Is(choices.Zip(texts, (c, t) => c.LogProb / t.EnumerateRunes().Count())),
            [AccBytes] = Is(choices.Zip(texts, (c, t) => c.LogProb / Encoding.UTF8.GetByteCount(t))),
        };
        return new(scores[value], scores);

        double Is(IEnumerable<double> values) => Best([.. values]) == gold ? 1 : 0;
    }

    /// <summary>Returns the index of the largest value, the first of equal ones.</summary>
    internal static int Best(double[] values) => Array.IndexOf(values, values.Max());
}
