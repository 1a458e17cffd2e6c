using Farsight.Evaluation.Core;
using Farsight.Evaluation.Core.Prompts;
using Farsight.Evaluation.PythonCompat;

namespace Farsight.Evaluation.Benchmarks.LongBenchV2;

/// <summary>
/// Represents LongBench v2: asked directly, after a chain of thought, and without the document, which measures what a model remembers.
/// </summary>
/// <remarks>Source: arXiv:2412.15204; THUDM/LongBench @2e00731, pred.py.</remarks>
sealed class LongBenchV2Tasks : IEvalTaskFamily
{
    static readonly EvalDataFile s_questions = new("longbench_v2/questions_without_context.jsonl", LongBenchV2Task.Source)
    {
        Or = LongBenchV2Task.Official,
    };

    /// <inheritdoc/>
    public IEnumerable<IEvalTask> Tasks { get; } =
    [
        new LongBenchV2Task("longbench-v2", "Hard questions about long texts", LongBenchV2Task.WholeOrSample, "0shot.txt"),
        new LongBenchV2Thinking("longbench-v2-cot"),
        new LongBenchV2Task("longbench-v2-no-context", "Hard questions without their texts", s_questions, "0shot_no_context.txt"),
    ];
}

/// <summary>Represents LongBench v2 with one of its prompts.</summary>
/// <remarks>
/// Version 1. The size (short, medium, long) is what the data call length. Sampled at temperature 0.1, as the official program does. That
/// one leaves out questions that got no answer; here they are wrong. The document is put into the template first, so one that contains
/// "$Q$" is changed, as there.
/// </remarks>
/// <param name="name">The task's name.</param>
/// <param name="title">The title.</param>
/// <param name="file">The official file, and what is read if it is missing.</param>
/// <param name="template">The file of the prompt.</param>
class LongBenchV2Task(string name, string title, EvalDataFile file, string template) : IGeneratedTask
{
    internal const string Official = "longbench_v2/data.json",
        Source = "huggingface.co/datasets/THUDM/LongBench-v2, data.json, as longbench_v2/data.json; or a part of it as JSONL";

    /// <summary>Represents the generation budget of an answer.</summary>
    internal const int AnswerTokens = 128;

    const string Folder = "longbench_v2/prompts/",
        Sample = "longbench_v2/sample_with_context.jsonl",
        MoreSample = "longbench_v2/sample_with_context_2.jsonl";
    const string Repository = "THUDM/LongBench @2e00731";

    /// <summary>Gets all questions with their texts, or a part of them.</summary>
    internal static EvalDataFile WholeOrSample { get; } = new(Official, Source) { Substitute = Sample };

    /// <inheritdoc/>
    public EvalTaskCard Card { get; } =
        new(name, Version: 1, title, $"arXiv:2412.15204; {Repository}", "right letter", Chance: 0.25)
        {
            Benchmark = name == "longbench-v2" ? "" : "longbench-v2-variants",
            Suites = name == "longbench-v2" ? ["long"] : [],
            Data =
            [
                .. Templates(template).Select(t => new EvalDataFile(Folder + t, $"{Repository}, prompts/{t}")),
                file,
            ],
        };

    /// <summary>Gets the generation budget of the first completion.</summary>
    protected virtual int FirstTokens => AnswerTokens;

    /// <inheritdoc/>
    public IEnumerable<EvalExample> Examples(EvalSetting setting)
    {
        string[] templates = [.. Templates(template).Select(t => setting.Data.ReadText(Folder + t))];
        return Records(setting.Data).Select(r => Example(r, templates));
    }

    /// <inheritdoc/>
    public EvalScore Score(EvalExample example, string completion) => new(
        LongBenchV2Answer.Score(completion, example.References[0]),
        new Dictionary<string, double>
        {
            ["compensated"] = LongBenchV2Answer.Score(completion, example.References[0], compensated: true),
            ["answered"] = LongBenchV2Answer.Extract(completion) is null ? 0 : 1,
        });

    /// <summary>Creates a prompt that loses its middle when it is too long.</summary>
    protected static EvalPrompt.Messages Prompt(string text) => EvalPrompt.Of(text) with { Cut = PromptCuts.LongBenchV2Middle };

    /// <summary>Returns further details of an example: the filled templates after the first.</summary>
    protected virtual IReadOnlyDictionary<string, IReadOnlyList<string>> Details(IReadOnlyList<string> later) =>
        new Dictionary<string, IReadOnlyList<string>>();

    // The thinking variant's second prompt has the same name with _ans.
    static string[] Templates(string first) =>
        first == LongBenchV2Thinking.Template ? [first, LongBenchV2Thinking.AnswerTemplate] : [first];

    IEnumerable<DataRecord> Records(EvalData data)
    {
        string read = data.PathRead(file) ?? file.Path;
        IEnumerable<DataRecord> records = DataRecord.Of(data, read);
        return read == Sample && data.Exists(MoreSample) ? records.Concat(DataRecord.Of(data, MoreSample)) : records;
    }

    EvalExample Example(DataRecord record, string[] templates)
    {
        string[] prompts = [.. templates.Select(t => Filled(t, record))];
        return new(record.Text("_id"), Prompt(prompts[0]), [record.Text("answer")], FirstTokens)
        {
            Question = record.Text("question"),
            Group = record.Has("context") ? EvalExample.GroupOf(record.Text("context")) : null,
            Groups = new Dictionary<string, string>
            {
                ["difficulty"] = record.Text("difficulty"),
                ["size"] = record.Text("length"),
                ["domain"] = record.Text("domain"),
            },
            Temperature = 0.1f,
            Details = Details(prompts[1..]),
        };
    }

    static string Filled(string template, DataRecord record)
    {
        (string Mark, string Key)[] values =
        [
            ("$Q$", "question"),
            ("$C_A$", "choice_A"),
            ("$C_B$", "choice_B"),
            ("$C_C$", "choice_C"),
            ("$C_D$", "choice_D"),
        ];
        string start = template.Contains("$DOC$", StringComparison.Ordinal)
            ? template.Replace("$DOC$", PythonStrings.Strip(record.Text("context")), StringComparison.Ordinal)
            : template;
        return values.Aggregate(
            start,
            (text, v) => text.Replace(v.Mark, PythonStrings.Strip(record.Text(v.Key)), StringComparison.Ordinal));
    }
}

/// <summary>
/// Represents LongBench v2 with a chain of thought of up to 1,024 tokens, followed by a question for the letter without the document.
/// </summary>
/// <param name="name">The task's name.</param>
sealed class LongBenchV2Thinking(string name)
    : LongBenchV2Task(name, "Hard questions about long texts, after a chain of thought", WholeOrSample, Template),
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
