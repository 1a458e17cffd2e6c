using Farsight.Evaluation.Core;
using Farsight.Evaluation.PythonCompat;

namespace Farsight.Evaluation.Benchmarks.LongBenchV2;

/// <summary>LongBench v2 with a chain of thought of up to 1,024 tokens, then asked for the letter, without the document.</summary>
/// <param name="name">Of the task.</param>
sealed class LongBenchV2Thinking(string name)
    : LongBenchV2Task(name, "Hard questions on long texts, thought first", Sample, Template),
        IFollowUpTask
{
    internal const string Template = "0shot_cot.txt", AnswerTemplate = "0shot_cot_ans.txt";

    const string Second = "second prompt";

    const int ThoughtTokens = 1024;

    /// <inheritdoc/>
    protected override int FirstTokens => ThoughtTokens;

    /// <inheritdoc/>
    public EvalFollowUp? FollowUp(EvalExample example, IReadOnlyList<string> completions) =>
        completions.Count > 1
            ? null
            : new(
                Prompt(example.Details[Second][0].Replace("$COT$", PythonStrings.Strip(completions[0]), StringComparison.Ordinal)),
                AnswerTokens);

    /// <inheritdoc/>
    protected override IReadOnlyDictionary<string, IReadOnlyList<string>> Details(IReadOnlyList<string> later) =>
        new Dictionary<string, IReadOnlyList<string>> { [Second] = later };
}
