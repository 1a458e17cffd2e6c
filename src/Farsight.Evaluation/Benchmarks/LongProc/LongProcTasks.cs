using System.Globalization;
using Farsight.Evaluation.Core;
using Farsight.Evaluation.PythonCompat;

namespace Farsight.Evaluation.Benchmarks.LongProc;

/// <summary>Represents LongProc: procedures to follow for hundreds or thousands of tokens.</summary>
/// <remarks>
/// Version 1. The names are the official data sets': kind and length of the output. The text between the right tags is compared, so a
/// model without a chat template can be asked as well. Greedy; the room is 1,024, 3,072 or 9,216 tokens.
/// </remarks>
sealed class LongProcTasks : IEvalTaskFamily
{
    static readonly string[] s_all = ["0.5k", "2k", "8k"];

    /// <inheritdoc/>
    public IEnumerable<IEvalTask> Tasks =>
    [
        .. s_all.Select(s => new PathTraversal(s)),
        .. s_all.Select(s => new TomTracking(s)),
        .. s_all.Select(s => new Countdown(s)),
        .. s_all.Select(s => new HtmlToTsv(s)),
        .. s_all[..2].Select(s => new PseudoToCode(s)),
        .. s_all[1..].Select(s => new TravelPlanning(s)),
    ];
}

/// <summary>Provides what LongProc's data sets share.</summary>
/// <param name="kind">"countdown".</param>
/// <param name="size">"0.5k", "2k" or "8k".</param>
/// <param name="metric">Name of the score.</param>
/// <param name="file">Name of the file with the items.</param>
abstract class LongProcTask(string kind, string size, string metric, string? file = null) : IGeneratedTask
{
    const string Repository = "princeton-pli/LongProc @78e873a", Prompts = "prompts.yaml";

    /// <summary>Gets the folder of data files and templates: "longproc/countdown".</summary>
    protected string Folder { get; } = $"longproc/{kind}";

    /// <summary>Gets "0.5k", "2k" or "8k".</summary>
    protected string Size => size;

    /// <summary>Gets further data files.</summary>
    protected virtual IEnumerable<EvalDataFile> MoreData => [];

    /// <inheritdoc/>
    public EvalTaskCard Card => new(
        $"{kind}_{size}", 1, $"LongProc: {kind.Replace('_', ' ')}, {size} tokens of output", $"arXiv:2501.05414; {Repository}", metric, 0)
    {
        Benchmark = "longproc",
        Data = [From($"{Folder}/{file ?? $"{kind}_{size}.json"}"), From($"{Folder}/{Prompts}"), .. MoreData],
    };

    int NewTokens => size switch { "0.5k" => 1024, "2k" => 3072, _ => 9216 };

    /// <summary>Gets the file of the prompt.</summary>
    protected string PromptFile => $"{Folder}/{Prompts}";

    /// <inheritdoc/>
    public IEnumerable<EvalExample> Examples(EvalSetting setting)
    {
        string template = Template(setting.Data, PromptYaml.Text(setting.Data, PromptFile, "USER_PROMPT"));
        int number = 0;
        foreach (DataRecord record in Records(setting.Data))
        {
            string id = number++.ToString(CultureInfo.InvariantCulture);
            if (Item(setting.Data, record, template) is { } item)
            {
                yield return new(id, EvalPrompt.Of(PythonFormat.Fill(template, item.Values, PromptFile)), [item.Reference], NewTokens)
                {
                    Question = item.Question,
                    Details = item.Details,
                };
            }
        }
    }

    /// <inheritdoc/>
    public abstract EvalScore Score(EvalExample example, string completion);

    /// <inheritdoc/>
    public virtual string? Omission(EvalSetting setting) => null;

    /// <summary>Reads the file with the items.</summary>
    protected IEnumerable<DataRecord> Records(EvalData data) => DataRecord.Of(data, $"{Folder}/{file ?? $"{kind}_{size}.json"}");

    /// <summary>Returns what a record asks; null if part of it is missing.</summary>
    protected abstract LongProcItem? Item(EvalData data, DataRecord record, string template);

    /// <summary>Returns the template with its demonstrations, if it has any.</summary>
    protected virtual string Template(EvalData data, string template) => template;

    /// <summary>Describes a file of the official repository.</summary>
    protected static EvalDataFile From(string path) => new(path, $"{Repository}: data/{path["longproc/".Length..]}");

    /// <summary>Returns the accuracy, with the share up to the first error and whether an answer was found beside it.</summary>
    protected static EvalScore ScoreOf(LongProcScore score) =>
        new(score.Accuracy, new Dictionary<string, double> { ["partial"] = score.Partial, ["extraction"] = score.Extraction });
}

/// <summary>Represents one item of LongProc.</summary>
/// <param name="Values">The values for the template.</param>
/// <param name="Reference">The right output.</param>
/// <param name="Question">A short form of the question.</param>
sealed record LongProcItem(IReadOnlyDictionary<string, string> Values, string Reference, string Question)
{
    /// <summary>Gets the details, as <see cref="EvalExample.Details"/>.</summary>
    internal IReadOnlyDictionary<string, IReadOnlyList<string>> Details { get; init; } = new Dictionary<string, IReadOnlyList<string>>();
}

/// <summary>Represents path_traversal: a route through cities with one onward connection each.</summary>
sealed class PathTraversal(string size) : LongProcTask("path_traversal", size, "all lines of the route right")
{
    /// <inheritdoc/>
    public override EvalScore Score(EvalExample example, string completion) =>
        ScoreOf(LongProcTraces.Path(completion, example.References[0]));

    /// <inheritdoc/>
    protected override LongProcItem? Item(EvalData data, DataRecord record, string template)
    {
        if (record.Texts("question_repr") is not [string from, string to])
        {
            throw record.Lacks("two cities 'question_repr'");
        }
        Dictionary<string, string> values = new() { ["city_context"] = record.Text("context_nl"), ["src_city"] = from, ["dst_city"] = to };
        return new(values, record.Text("answer_nl"), $"{from} to {to}");
    }
}

/// <summary>Represents tom_tracking: where someone believes an object to be, step by step.</summary>
sealed class TomTracking(string size) : LongProcTask("tom_tracking", size, "all steps of the trace right")
{
    /// <inheritdoc/>
    public override EvalScore Score(EvalExample example, string completion) =>
        ScoreOf(LongProcTraces.Beliefs(completion, example.References[0]));

    /// <inheritdoc/>
    protected override LongProcItem? Item(EvalData data, DataRecord record, string template)
    {
        string[] names = ["story_components", "story", "question"];
        return new(names.ToDictionary(n => n, record.Text), record.Text("solution"), record.Text("question"));
    }
}
