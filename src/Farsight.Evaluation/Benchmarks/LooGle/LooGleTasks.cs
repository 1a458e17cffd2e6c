using System.Globalization;
using Farsight.Evaluation.Core;
using Farsight.Evaluation.Core.Prompts;
using Farsight.Evaluation.PythonCompat;

namespace Farsight.Evaluation.Benchmarks.LooGle;

/// <summary>Represents LooGLE: short- and long-dependency questions, summaries and masks over long documents.</summary>
/// <remarks>
/// Version 1. Prompts are continued without a chat template and cut in the middle, as the program for open models does. That program also
/// decodes with a repetition penalty of 2, which is not done here: it is the models' crutch, not part of the question. METEOR needs
/// WordNet, BERTScore and the judge of the paper need models; they are not computed.
/// </remarks>
sealed class LooGleTasks : IEvalTaskFamily
{
    /// <inheritdoc/>
    public IEnumerable<IEvalTask> Tasks =>
        [
            new LooGleText("shortdep_qa"),
            new LooGleText("longdep_qa"),
            new LooGleText("longdep_summarization"),
            new LooGleCloze("shortdep_cloze"),
        ];
}

/// <summary>Provides what LooGLE's tasks share.</summary>
/// <param name="task">The official name.</param>
/// <param name="metric">Name of the score.</param>
abstract class LooGleTask(string task, string metric) : IGeneratedTask
{
    const string Prompts = "loogle/task2prompt.json", Lengths = "loogle/task2maxlen.json", Repository = "bigai-nlco/LooGLE @6734382";

    string File => $"loogle/{task}.jsonl";

    /// <inheritdoc/>
    public EvalTaskCard Card => new("loogle_" + task, 1, $"LooGLE: {task}", $"arXiv:2311.04939; {Repository}", metric, 0)
    {
        Benchmark = "loogle",
        Data =
        [
            new(File, $"Hugging Face bigainlco/LooGLE, test; a sample in {Repository}: LooGLE-testdata"),
            new(Prompts, $"{Repository}: config/task2prompt.json"),
            new(Lengths, $"{Repository}: config/task2maxlen.json"),
        ],
    };

    /// <inheritdoc/>
    public IEnumerable<EvalExample> Examples(EvalSetting setting)
    {
        string template = DataRecord.OfFile(setting.Data, Prompts).Text(task);
        int newTokens = DataRecord.OfFile(setting.Data, Lengths).Number(task);
        foreach ((int d, DataRecord document) in DataRecord.Of(setting.Data, File).Index())
        {
            foreach ((int q, LooGleQuestion question) in Questions(document).Index())
            {
                Dictionary<string, string> values = new() { ["input"] = document.Text("input"), ["Q"] = question.Question };
                EvalPrompt prompt = EvalPrompt.Of(PythonFormat.Fill(template, values, Prompts)) with
                {
                    UseChatTemplate = false,
                    Cut = PromptCuts.LongBenchMiddle,
                };
                yield return new(string.Create(CultureInfo.InvariantCulture, $"{d}-{q}"), prompt, question.References, newTokens)
                {
                    Question = question.Question,
                    Group = d.ToString(CultureInfo.InvariantCulture),
                    Details = question.Details,
                };
            }
        }
    }

    /// <inheritdoc/>
    public abstract EvalScore Score(EvalExample example, string completion);

    /// <summary>Creates a question from a pair of question and answer.</summary>
    protected abstract LooGleQuestion Ask(string question, object? answer, DataRecord document);

    // The pairs are a Python literal, or "none" where the document is only summarized.
    IEnumerable<LooGleQuestion> Questions(DataRecord document)
    {
        string pairs = document.Text("qa_pairs");
        if (pairs == "none")
        {
            return [Ask("", document.Text("output"), document)];
        }
        return PythonLiteral.TryParse(pairs, out object? value) && value is List<object?> list
            ? list.Select(p =>
                Ask(
                    Value(p, "Q", document) as string ?? throw document.Lacks("a question 'Q' in 'qa_pairs'"),
                    Value(p, "A", document),
                    document))
            : throw document.Lacks("a Python list 'qa_pairs'");
    }

    static object? Value(object? pair, string key, DataRecord document) => pair is List<KeyValuePair<object?, object?>> entries
        ? entries.LastOrDefault(e => e.Key as string == key).Value : throw document.Lacks("dictionaries in 'qa_pairs'");
}

/// <summary>Represents a question of LooGLE.</summary>
/// <param name="Question">Empty for a summary.</param>
/// <param name="References">The answer.</param>
/// <param name="Details">As <see cref="EvalExample.Details"/>.</param>
sealed record LooGleQuestion(string Question, IReadOnlyList<string> References, IReadOnlyDictionary<string, IReadOnlyList<string>> Details);

/// <summary>Represents answers and summaries in free text.</summary>
sealed class LooGleText(string task) : LooGleTask(task, "recall of ROUGE-L")
{
    /// <inheritdoc/>
    public override EvalScore Score(EvalExample example, string completion)
    {
        (double rouge1, double rouge2, double rougeL) = LooGleScore.RougeRecalls(example.References[0], completion);
        (double bleu1, double bleu4) = LooGleScore.BleuScores(example.References[0], completion);
        return new(
            rougeL,
            new Dictionary<string, double>
            {
                ["rouge1"] = rouge1,
                ["rouge2"] = rouge2,
                ["bleu1"] = bleu1,
                ["bleu4"] = bleu4,
            });
    }

    /// <inheritdoc/>
    protected override LooGleQuestion Ask(string question, object? answer, DataRecord document) =>
        new(
            question,
            [answer as string ?? throw document.Lacks("a text 'A' in 'qa_pairs'")],
            new Dictionary<string, IReadOnlyList<string>>());
}

/// <summary>Represents the cloze task: names behind masks. The result is over all masks of all documents.</summary>
sealed class LooGleCloze(string task) : LooGleTask(task, "masks filled exactly, of all masks"), IAggregatedTask
{
    const string Masks = "masks", Answers = "answers", Exact = "exact", Partial = "partial";

    /// <inheritdoc/>
    public override EvalScore Score(EvalExample example, string completion)
    {
        Dictionary<string, string> gold = example.Details[Masks].Zip(example.Details[Answers]).ToDictionary(p => p.First, p => p.Second);
        (int exact, int partial) = LooGleScore.ClozeMatches(gold, completion);
        return new(
            (double)exact / gold.Count,
            new Dictionary<string, double>
            {
                [Exact] = exact,
                [Partial] = partial,
                [Masks] = gold.Count,
            });
    }

    /// <inheritdoc/>
    public EvalScore Aggregate(IReadOnlyList<ScoredExample> examples)
    {
        double Sum(string name) => examples.Sum(e => e.Score.Beside.GetValueOrDefault(name));
        double masks = Sum(Masks);
        return masks == 0 ? new(0) : new(Sum(Exact) / masks, new Dictionary<string, double> { [Partial] = Sum(Partial) / masks });
    }

    /// <inheritdoc/>
    public EvalScore Failure(EvalExample example) =>
        new(0, new Dictionary<string, double> { [Masks] = example.Details[Masks].Count });

    /// <inheritdoc/>
    protected override LooGleQuestion Ask(string question, object? answer, DataRecord document)
    {
        if (answer is not List<KeyValuePair<object?, object?>> { Count: > 0 } masks || !masks.All(m => m is { Key: string, Value: string }))
        {
            throw document.Lacks("a dictionary of texts 'A' in 'qa_pairs'");
        }
        (string Mask, string Name)[] named = [.. masks.GroupBy(m => (string)m.Key!).Select(g => (g.Key, (string)g.Last().Value!))];
        string literal =
            $"{{{string.Join(", ", named.Select(n => PythonList.Of([n.Mask])[1..^1] + ": " + PythonList.Of([n.Name])[1..^1]))}}}";
        return new(
            question,
            [literal],
            new Dictionary<string, IReadOnlyList<string>>
            {
                [Masks] = [.. named.Select(n => n.Mask)],
                [Answers] = [.. named.Select(n => n.Name)],
            });
    }
}
