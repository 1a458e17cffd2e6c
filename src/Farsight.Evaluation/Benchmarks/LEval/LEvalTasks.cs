using System.Globalization;
using Farsight.Evaluation.Core;
using Farsight.Evaluation.Metrics;
using Farsight.Evaluation.PythonCompat;

namespace Farsight.Evaluation.Benchmarks.LEval;

/// <summary>Represents L-Eval: closed tasks by exact match, open ones by F1 and ROUGE.</summary>
/// <remarks>
/// Version 1. Prompts are those of the official program for Llama 2 chat models, with its cut by words, where the user's folder has that
/// program; else short ones of ours, and the group "prompts" of the results records this. Open tasks tell the model how long the reference
/// is, as officially. Items that the benchmark gives to judges or people are left out, as in its automatic evaluation.
/// </remarks>
sealed class LEvalTasks : IEvalTaskFamily
{
    static readonly string[] s_closed = ["coursera", "quality", "tpo", "gsm100", "codeU", "topic_retrieval_longchat"];
    static readonly string[] s_questions =
    [
        "financial_qa",
        "legal_contract_qa",
        "multidoc_qa",
        "narrative_qa",
        "natural_question",
        "scientific_qa",
    ];
    static readonly string[] s_summaries =
    [
        "gov_report_summ",
        "meeting_summ",
        "news_summ",
        "paper_assistant",
        "patent_summ",
        "review_summ",
        "tv_show_summ",
    ];

    /// <inheritdoc/>
    public IEnumerable<IEvalTask> Tasks =>
        [
            .. s_closed.Select(t => new LEvalClosed(t)),
            new LEvalSciFi("sci_fi"),
            .. s_questions.Select(t => new LEvalQuestions(t)),
            .. s_summaries.Select(t => new LEvalSummaries(t)),
        ];
}

/// <summary>Provides what L-Eval's tasks share.</summary>
/// <param name="task">The official name.</param>
/// <param name="folder">Where its file is.</param>
/// <param name="metric">Name of the score.</param>
/// <param name="chance">The expected score of a guess.</param>
abstract class LEvalTask(string task, string folder, string metric, double? chance) : IGeneratedTask
{
    const string Repository = "OpenLMLab/LEval @cd34b05";
    const int NewTokens = 512;

    static readonly string[] s_scored = ["exam", "f1", "rouge"];

    string File => $"leval/{folder}/{task}.jsonl";

    /// <inheritdoc/>
    public EvalTaskCard Card =>
        new("leval_" + task.ToLowerInvariant(), 1, $"L-Eval: {task}", $"arXiv:2307.11088; {Repository}", metric, chance)
        {
            Benchmark = "l-eval",
            Data =
            [
                new(File, $"{Repository}: LEval-data/{folder}/{task}.jsonl"),
                new(LEvalPrompts.Config, $"{Repository}: Baselines/LEval_config.py; without it, Farsight uses its own prompts")
                {
                    IsOptional = true,
                },
                new(LEvalPrompts.Program, $"{Repository}: Baselines/llama2-chat-test.py; without it, Farsight uses its own prompts")
                {
                    IsOptional = true,
                },
            ],
        };

    /// <inheritdoc/>
    public IEnumerable<EvalExample> Examples(EvalSetting setting)
    {
        LEvalPrompts prompts = LEvalPrompts.Of(setting.Data);
        foreach ((int d, DataRecord document) in DataRecord.Of(setting.Data, File).Index())
        {
            IReadOnlyList<string> instructions = document.Texts("instructions"), references = document.Texts("outputs");
            if (instructions.Count != references.Count)
            {
                throw document.Lacks("as many 'outputs' as 'instructions'");
            }
            for (int q = 0; q < instructions.Count && s_scored.Contains(document.Text("evaluation")); q++)
            {
                yield return new(
                    string.Create(CultureInfo.InvariantCulture, $"{d}-{q}"),
                    Prompt(prompts, document.Text("input"), instructions[q], references[q]),
                    [references[q]],
                    NewTokens)
                {
                    Question = instructions[q],
                    Group = d.ToString(CultureInfo.InvariantCulture),
                    Groups = Groups(prompts.Origin, q),
                    Details = Details(prompts, instructions[q]),
                };
            }
        }
    }

    /// <inheritdoc/>
    public abstract EvalScore Score(EvalExample example, string completion);

    /// <summary>Returns the prompt of a question.</summary>
    protected virtual EvalPrompt Prompt(LEvalPrompts prompts, string document, string instruction, string reference) =>
        prompts.Closed(task, document, instruction);

    /// <summary>Returns the details of a question, as <see cref="EvalExample.Details"/>.</summary>
    protected virtual IReadOnlyDictionary<string, IReadOnlyList<string>> Details(LEvalPrompts prompts, string instruction) =>
        new Dictionary<string, IReadOnlyList<string>>();

    // Topics further back in the conversation are harder; the official program reports them apart.
    Dictionary<string, string> Groups(string origin, int question)
    {
        Dictionary<string, string> groups = new() { ["prompts"] = origin };
        if (task == "topic_retrieval_longchat")
        {
            groups["topic"] = (question + 1).ToString(CultureInfo.InvariantCulture);
        }
        return groups;
    }
}

/// <summary>Represents an exam: letters, numbers, outputs of code, or names of topics.</summary>
sealed class LEvalClosed(string task) : LEvalTask(task, "Closed-ended-tasks", "exact match", task is "quality" or "tpo" ? 0.25 : null)
{
    readonly string _task = task;

    /// <inheritdoc/>
    public override EvalScore Score(EvalExample example, string completion) =>
        new(LEvalExam.Score(_task, completion, example.References[0]));
}

/// <summary>
/// Represents sci_fi: whether a statement holds in a story, and whether it holds in the real world. The second question comes without the
/// story.
/// </summary>
sealed class LEvalSciFi(string task)
    : LEvalTask(task, "Closed-ended-tasks", "true or false, in the story and in the world", 0.5),
        IGeneratedTask,
        IFollowUpTask
{
    const string Fact = "fact", Loyalty = "loyalty";

    /// <inheritdoc/>
    public EvalFollowUp? FollowUp(EvalExample example, IReadOnlyList<string> completions) =>
        completions.Count > 1 ? null : new(EvalPrompt.Of(example.Details[Fact][0]), example.MaxNewTokens);

    /// <summary>Scores both answers in the form in which the official program joins them.</summary>
    public EvalScore Score(EvalExample example, IReadOnlyList<string> completions) =>
        Score(example, $"{completions[0]} [fact: {completions[^1]}]");

    /// <inheritdoc/>
    public override EvalScore Score(EvalExample example, string completion)
    {
        (string saidLoyalty, string saidFact) = LEvalExam.Judgment(completion);
        (string loyalty, string fact) = LEvalExam.ReferenceJudgment(example.References[0]);
        double loyal = LEvalExam.ExactMatch(saidLoyalty, loyalty), factual = LEvalExam.ExactMatch(saidFact, fact);
        return new((loyal + factual) / 2, new Dictionary<string, double> { [Loyalty] = loyal, [Fact] = factual });
    }

    /// <inheritdoc/>
    protected override IReadOnlyDictionary<string, IReadOnlyList<string>> Details(LEvalPrompts prompts, string instruction) =>
        new Dictionary<string, IReadOnlyList<string>> { [Fact] = [prompts.Fact(instruction)] };
}

/// <summary>Represents questions answered in free text.</summary>
sealed class LEvalQuestions(string task) : LEvalTask(task, "Open-ended-tasks", "F1 of the answer's tokens", 0)
{
    /// <inheritdoc/>
    public override EvalScore Score(EvalExample example, string completion) => new(TokenF1.OfAnswers(completion, example.References).F1);

    /// <inheritdoc/>
    protected override EvalPrompt Prompt(LEvalPrompts prompts, string document, string instruction, string reference) =>
        prompts.Open(document, instruction, PythonStrings.Split(reference).Count);
}

/// <summary>Represents summaries and other long texts. The result is the geometric mean of the means of three ROUGE scores.</summary>
sealed class LEvalSummaries(string task)
    : LEvalTask(task, "Open-ended-tasks", "geometric mean of ROUGE-1, ROUGE-2 and ROUGE-L (F)", 0),
        IAggregatedTask
{
    static readonly string[] s_names = ["rouge1", "rouge2", "rougeL"];

    /// <inheritdoc/>
    public override EvalScore Score(EvalExample example, string completion)
    {
        string reference = example.References[0];
        return Mean([
            GoogleRouge.N(reference, completion, 1).F1,
            GoogleRouge.N(reference, completion, 2).F1,
            GoogleRouge.L(reference, completion).F1,
        ]);
    }

    /// <inheritdoc/>
    public EvalScore Aggregate(IReadOnlyList<ScoredExample> examples) =>
        Mean([.. s_names.Select(n => examples.Average(e => e.Score.Beside.GetValueOrDefault(n)))]);

    /// <inheritdoc/>
    protected override EvalPrompt Prompt(LEvalPrompts prompts, string document, string instruction, string reference) =>
        prompts.Open(document, instruction, PythonStrings.Split(reference).Count);

    static EvalScore Mean(double[] rouge) =>
        new(Math.Cbrt(rouge[0] * rouge[1] * rouge[2]), s_names.Zip(rouge).ToDictionary(p => p.First, p => p.Second));
}
