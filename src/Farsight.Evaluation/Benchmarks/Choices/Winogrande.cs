using System.Globalization;
using System.Text.RegularExpressions;
using Farsight.Alignment.Answering;
using Farsight.Engine;
using Farsight.Evaluation.Core;

namespace Farsight.Evaluation.Benchmarks.Choices;

/// <summary>Represents Winogrande: which of two names fits the blank of a sentence.</summary>
/// <remarks>
/// Version 1. Partial scoring: the sentence up to the blank, with a name in it, is the prompt, and what follows the blank is scored after
/// both. Validation set, without examples. The original JSONL is read if present, else LLM-Adapters' copy. Source:
/// arXiv:1907.10641; arXiv:1806.02847 (partial scoring); EleutherAI/lm-evaluation-harness @4e7e0d4, tasks/winogrande.
/// </remarks>
sealed partial class Winogrande : IChoiceTask
{
    const string Original = "winogrande/dev.jsonl", Copy = "winogrande/test.llm_adapters.json";

    /// <inheritdoc/>
    public EvalTaskCard Card { get; } =
        new(
            "winogrande",
            Version: 1,
            "Name that fits a blank",
            "arXiv:1907.10641; EleutherAI/lm-evaluation-harness @4e7e0d4, tasks/winogrande",
            "acc, 0-shot",
            Chance: 0.5)
        {
            Suites = ["short", "paper"],
            Data =
            [
                new(
                    Copy,
                    "AGI-Edgerunners/LLM-Adapters @8166572, dataset/winogrande/test.json; "
                        + "or the original as winogrande/dev.jsonl, from the archive winogrande_1.1"
                )
                {
                    Or = Original,
                    Sha256 = "6946f5209e7114c65c6d04f8f644c5a061af20d730b1cfe158fff3dc44076fb9",
                },
            ],
        };

    /// <inheritdoc/>
    public IEnumerable<EvalExample> Examples(EvalSetting setting) => setting.Data.Exists(Original)
        ? DataRecord.Of(setting.Data, Original).Select(OfOriginal)
        : DataRecord.Of(setting.Data, Copy).Select(OfCopy);

    /// <inheritdoc/>
    public EvalScore Score(EvalExample example, IReadOnlyList<ChoiceLogProb> choices) =>
        EvalScore.Of(
            ChoiceAccuracy.Best([.. choices.Select(c => c.LogProb)]).ToString(CultureInfo.InvariantCulture) == example.References[0]);

    /// <summary>Creates an example.</summary>
    /// <param name="index">Its number in the file.</param>
    /// <param name="sentence">The sentence, with one "_".</param>
    /// <param name="options">The two names.</param>
    /// <param name="answer">"1" or "2".</param>
    /// <exception cref="InputException">The sentence has no blank, or the answer is another.</exception>
    internal static EvalExample Example(int index, string sentence, string[] options, string answer)
    {
        int blank = sentence.IndexOf('_', StringComparison.Ordinal);
        if (blank < 0 || answer is not ("1" or "2"))
        {
            throw new InputException(
                $"Winogrande, question {index + 1}: a blank '_' and the answer 1 or 2 are needed; download the file again.");
        }
        EvalPrompt[] prompts = [.. options.Select(o => EvalPrompt.Of(sentence[..blank] + o) with { UseChatTemplate = false })];
        string rest = $" {sentence[(blank + 1)..].Trim()}";
        return new(index.ToString(CultureInfo.InvariantCulture), prompts[0], [answer == "1" ? "0" : "1"], MaxNewTokens: 0)
        {
            Question = sentence,
            Choices = [.. prompts.Select(p => new EvalChoice(rest) { Prompt = p })],
        };
    }

    static EvalExample OfOriginal(DataRecord record, int index) =>
        Example(index, record.Text("sentence"), [record.Text("option1"), record.Text("option2")], record.Text("answer"));

    static EvalExample OfCopy(DataRecord record, int index)
    {
        Match match = Instruction().Match(record.Text("instruction"));
        return match.Success && record.Text("answer") is [.., var answer]
            ? Example(index, match.Groups[1].Value, [match.Groups[2].Value, match.Groups[3].Value], answer.ToString())
            : throw record.Lacks("a sentence in the expected form in 'instruction', and its answer in 'answer'");
    }

    [GeneratedRegex(
        @"\APlease choose the correct answer to fill in the blank to complete the given sentence: (.*)\n\n"
            + @"Option1: (.*) Option2: (.*) Answer format: option1/option2\z",
        RegexOptions.Singleline | RegexOptions.CultureInvariant
    )]
    private static partial Regex Instruction();
}
