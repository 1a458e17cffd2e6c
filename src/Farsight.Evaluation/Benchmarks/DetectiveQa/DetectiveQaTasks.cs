using System.Globalization;
using System.Text.RegularExpressions;
using Farsight.Evaluation.Core;
using Farsight.Evaluation.Core.Prompts;
using Farsight.Text.Conversations;

namespace Farsight.Evaluation.Benchmarks.DetectiveQa;

/// <summary>Represents DetectiveQA: multiple choice about detective novels, up to the paragraph that gives the solution away.</summary>
/// <remarks>
/// Version 1. The novels are mostly in copyright: questions and texts come from the user's own files, a novel as numbered paragraphs, one
/// per line. Prompts and the judge's prompt are ours; the official ones are not public. "answers" scores the letter, "steps" the share of
/// the reference reasoning steps that a judge finds. Source: arXiv:2409.02465.
/// </remarks>
sealed class DetectiveQaTasks : IEvalTaskFamily
{
    /// <inheritdoc/>
    public IEnumerable<IEvalTask> Tasks =>
        ((string[])["en", "zh"]).SelectMany(l => new IEvalTask[] { new DetectiveQaAnswers(l), new DetectiveQaSteps(l) });
}

/// <summary>Reads questions and novels.</summary>
static class DetectiveQaData
{
    /// <summary>Names the detail that holds the reasoning steps.</summary>
    internal const string Steps = "steps";

    const int NewTokens = 1024;

    /// <summary>Returns the card of a task.</summary>
    internal static EvalTaskCard Card(string language, string part, string metric, double? chance) => new(
        $"detectiveqa_{language}_{part}", 1, $"DetectiveQA: {part}{(language == "zh" ? ", Chinese" : "")}", "arXiv:2409.02465", metric,
            chance)
    {
        Benchmark = "detectiveqa",
        Data =
        [
            new($"detectiveqa/questions_{language}.jsonl", "Hugging Face Phospheneser/DetectiveQA: the samples as JSONL"),
            new($"detectiveqa/novels_{language}/", "your own copies of the novels: NOVEL_ID.txt with one paragraph per line"),
        ],
    };

    /// <summary>Returns the examples of a language.</summary>
    internal static IEnumerable<EvalExample> Examples(EvalSetting setting, string language) =>
        from record in DataRecord.Of(setting.Data, $"detectiveqa/questions_{language}.jsonl")
        let novel = record.Text("novel_id")
        from question in record.Records("questions").Index()
        select Example(setting.Data, $"detectiveqa/novels_{language}/{novel}.txt", novel, question.Item, question.Index);

    static EvalExample Example(EvalData data, string file, string novel, DataRecord question, int index)
    {
        int? reveals = question.Has("answer_position") && question.Number("answer_position") is > 0 and var at ? at : null;
        string[] paragraphs = [.. data.ReadLines(file)];
        string text = string.Join('\n', paragraphs.Take((reveals ?? paragraphs.Length + 1) - 1));
        string options = string.Join('\n', question.Inner("options").TextFields().Select(o => $"{o.Name}. {o.Value}"));
        return new(
            string.Create(CultureInfo.InvariantCulture, $"{novel}-{index}"),
            EvalPrompt.Of(
                $"{text}\n\nAnswer a question about this novel. Write the steps of your reasoning, then the letter of the answer in the "
                    + "form \"Answer: X\".\n\nQuestion: "
                    + $"{question.Text("question")}\n{options}") with
            { Cut = PromptCuts.LongBenchV2Middle },
            [question.Text("answer")],
            NewTokens)
        {
            Question = question.Text("question"),
            Group = novel,
            Details = new Dictionary<string,
                IReadOnlyList<string>>
            { [Steps] = question.Has("reasoning") ? question.Texts("reasoning") : [] },
        };
    }
}

/// <summary>Represents the letters.</summary>
sealed partial class DetectiveQaAnswers(string language) : IGeneratedTask
{
    /// <inheritdoc/>
    public EvalTaskCard Card { get; } = DetectiveQaData.Card(language, "answers", "the letter is right", 0.25);

    /// <inheritdoc/>
    public IEnumerable<EvalExample> Examples(EvalSetting setting) => DetectiveQaData.Examples(setting, language);

    /// <inheritdoc/>
    public EvalScore Score(EvalExample example, string completion) =>
        EvalScore.Of(
            Letter().Matches(completion) is { Count: > 0 } all && all[^1].Groups.Values.Any(g => g.Value == example.References[0]));

    // A letter alone begins the reply; "A man …" is no answer.
    [GeneratedRegex(@"(?:\A\s*\(?([A-D])(?=\)|[.:：,，、]|\s*\z)|(?:Answer:|answer is|答案[:：是])\s*\(?([A-D])\b)")]
    private static partial Regex Letter();
}

/// <summary>Represents the reasoning steps.</summary>
sealed class DetectiveQaSteps(string language) : IJudgedTask
{
    /// <inheritdoc/>
    public EvalTaskCard Card { get; } = DetectiveQaData.Card(language, "steps", "share of reasoning steps found by a judge", null);

    /// <inheritdoc/>
    public IEnumerable<EvalExample> Examples(EvalSetting setting) =>
        DetectiveQaData.Examples(setting, language).Where(e => e.Details[DetectiveQaData.Steps].Count > 0);

    /// <inheritdoc/>
    public IReadOnlyList<ChatTurn> Judge(EvalExample example, IReadOnlyList<string> completions)
    {
        IEnumerable<string> steps =
            example.Details[DetectiveQaData.Steps].Select((s, i) => string.Create(CultureInfo.InvariantCulture, $"{i + 1}. {s}"));
        return
        [
            new(
                "user",
                "Which of the numbered steps does the answer state, in any words? Write one JSON object: {\"found\": [numbers]}\n\nSteps:\n"
                    + $"{string.Join('\n', steps)}\n\nAnswer:\n{completions[^1]}"),
        ];
    }

    /// <inheritdoc/>
    public EvalScore? Score(EvalExample example, IReadOnlyList<string> completions, string verdict)
    {
        int steps = example.Details[DetectiveQaData.Steps].Count;
        return JsonReply.LastObject(verdict) is { } reply && reply.Has("found") && reply.Inner("found") is { IsList: true } list
            ? new((double)list.Items().Select(n => n.Raw).Distinct()
                .Count(n => int.TryParse(n, CultureInfo.InvariantCulture, out int step) && step >= 1 && step <= steps) / steps)
            : null;
    }
}
