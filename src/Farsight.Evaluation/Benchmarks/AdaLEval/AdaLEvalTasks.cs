using System.Globalization;
using System.Text;
using Farsight.Engine;
using Farsight.Evaluation.Core;

namespace Farsight.Evaluation.Benchmarks.AdaLEval;

/// <summary>
/// Represents Ada-LEval: the best of many answers (BestAnswer, "stackselect"), and four pieces of text in order (TSort, "textsort").
/// </summary>
/// <remarks>Version 1. As in the original, the first 1,000 items count up to 16k, and the first 200 from 32k.</remarks>
sealed class AdaLEvalTasks : IEvalTaskFamily
{
    static readonly int[] s_thousands = [1, 2, 4, 8, 16, 32, 64, 128];

    /// <inheritdoc/>
    public IEnumerable<IEvalTask> Tasks =>
        [.. s_thousands.Concat([6, 12]).Order().Select(k => new StackSelect(k)), .. s_thousands.Select(k => new TextSort(k))];
}

/// <summary>Provides what both tasks share.</summary>
/// <param name="kind">"stackselect" or "textsort".</param>
/// <param name="thousands">The length in thousands of tokens.</param>
/// <param name="title">The title.</param>
/// <param name="chance">The expected score of a guess.</param>
abstract class AdaLEvalTask(string kind, int thousands, string title, double? chance) : IGeneratedTask
{
    /// <summary>Names the official source.</summary>
    protected const string Repository = "open-compass/Ada-LEval @2154258";

    // lmdeploy's own limit, which the official program leaves as it is.
    const int NewTokens = 512;

    string Name { get; } = string.Create(CultureInfo.InvariantCulture, $"{kind}_{thousands}k");

    /// <inheritdoc/>
    public EvalTaskCard Card =>
        new(
            Name,
            1,
            $"Ada-LEval: {title}, {thousands.ToString(CultureInfo.InvariantCulture)}k",
            $"arXiv:2404.06480; {Repository}",
            "right answer",
            chance)
        {
            Benchmark = "ada-leval",
            Data = [new($"adaleval/{Name}.json", $"{Repository}: fetch_data.sh downloads data/{Name}.json"), .. MoreData],
        };

    /// <summary>Gets further data files.</summary>
    protected virtual IEnumerable<EvalDataFile> MoreData => [];

    /// <inheritdoc/>
    public IEnumerable<EvalExample> Examples(EvalSetting setting)
    {
        Func<DataRecord, string> prompt = Prompts(setting.Data);
        foreach (
            (int i, DataRecord record) in DataRecord.Of(setting.Data, $"adaleval/{Name}.json").Take(thousands < 32 ? 1000 : 200).Index())
        {
            string reference = Reference(record);
            yield return new(string.Create(CultureInfo.InvariantCulture, $"{i}"), EvalPrompt.Of(prompt(record)), [reference], NewTokens)
            {
                Question = Question(record),
                Details = Details(record),
            };
        }
    }

    /// <inheritdoc/>
    public abstract EvalScore Score(EvalExample example, string completion);

    /// <summary>Returns the function that turns a record into a prompt.</summary>
    protected abstract Func<DataRecord, string> Prompts(EvalData data);

    /// <summary>Returns the right answer of a record.</summary>
    protected abstract string Reference(DataRecord record);

    /// <summary>Returns a short form of a record's question.</summary>
    protected abstract string Question(DataRecord record);

    /// <summary>Returns the details of a record, as <see cref="EvalExample.Details"/>.</summary>
    protected virtual IReadOnlyDictionary<string, IReadOnlyList<string>> Details(DataRecord record) =>
        new Dictionary<string, IReadOnlyList<string>>();
}

/// <summary>Represents BestAnswer: the answer to a question on Stack Overflow that the asker accepted.</summary>
sealed class StackSelect(int thousands) : AdaLEvalTask("stackselect", thousands, "best answer", null)
{
    const string File = "adaleval/prompts.json", Choices = "choices", End = "A2:\n\n<ANSWER2>\n\n";

    /// <inheritdoc/>
    protected override IEnumerable<EvalDataFile> MoreData =>
        [
            new(
                File,
                $"{Repository}: the prompt of ada_leval/dataset.py as JSON, "
                    + "stackselect_prompt_of_example with <QUESTION>, <ANSWER1> and <ANSWER2>"
            ),
        ];

    /// <inheritdoc/>
    public override EvalScore Score(EvalExample example, string completion) =>
        EvalScore.Of(
            AdaLEvalAnswer.Best(completion, int.Parse(example.Details[Choices][0], CultureInfo.InvariantCulture)) == example.References[0]);

    /// <inheritdoc/>
    protected override Func<DataRecord, string> Prompts(EvalData data)
    {
        string form = DataRecord.OfFile(data, File).Text("stackselect_prompt_of_example");
        int answers = form.IndexOf("A1:\n\n<ANSWER1>", StringComparison.Ordinal),
            end = form.IndexOf(End, StringComparison.Ordinal) + End.Length;
        (string before, string after) =
            answers > 0 && end > answers
                ? (form[..answers], form[end..])
                : throw new InputException($"{File} has no prompt for two answers; download it again.");
        return record =>
        {
            StringBuilder text = new(before.Replace("<QUESTION>", record.Text("question"), StringComparison.Ordinal));
            foreach ((int i, string answer) in record.Texts("all_answers").Index())
            {
                text.Append(CultureInfo.InvariantCulture, $"A{i + 1}:\n\n{answer}\n\n");
            }
            return text.Append(after).ToString();
        };
    }

    /// <inheritdoc/>
    protected override string Reference(DataRecord record) => record.Text("answer");

    /// <inheritdoc/>
    protected override string Question(DataRecord record) => record.Text("question_id");

    /// <inheritdoc/>
    protected override IReadOnlyDictionary<string, IReadOnlyList<string>> Details(DataRecord record) =>
        new Dictionary<string, IReadOnlyList<string>>
        {
            [Choices] = [record.Texts("all_answers").Count.ToString(CultureInfo.InvariantCulture)],
        };
}

/// <summary>Represents TSort: four pieces of a book to put in order. The data contain the prompt.</summary>
sealed class TextSort(int thousands) : AdaLEvalTask("textsort", thousands, "order of texts", 1 / 24d)
{
    /// <inheritdoc/>
    public override EvalScore Score(EvalExample example, string completion) =>
        EvalScore.Of(AdaLEvalAnswer.IsRightOrder(completion, Order(example.References[0]) ?? []));

    /// <inheritdoc/>
    protected override Func<DataRecord, string> Prompts(EvalData data) => record => record.Text("prompt");

    /// <inheritdoc/>
    protected override string Reference(DataRecord record)
    {
        IReadOnlyList<string> answer = record.Texts("answer");
        string text = answer is [{ } whole] ? whole : $"[{string.Join(", ", answer)}]";
        return Order(text) is { Length: > 0 } ? text : throw record.Lacks("an order 'answer', such as [2, 1, 4, 3]");
    }

    /// <summary>Returns the numbers of a text such as "[2, 1, 4, 3]"; null for another text.</summary>
    static int[]? Order(string text)
    {
        int[] numbers =
        [
            .. text.Trim().TrimStart('[').TrimEnd(']').Split(',')
                .Select(n => int.TryParse(n, CultureInfo.InvariantCulture, out int number) ? number : -1),
        ];
        return numbers.All(n => n >= 0) ? numbers : null;
    }

    /// <inheritdoc/>
    protected override string Question(DataRecord record) => $"book {record.Text("book_id")}";
}
