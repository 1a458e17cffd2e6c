using System.Globalization;
using System.Numerics;
using System.Text.RegularExpressions;
using Farsight.Evaluation.Core;
using Farsight.Evaluation.Core.Prompts;
using Farsight.Evaluation.Metrics;
using Farsight.Evaluation.PythonCompat;
using Farsight.Text.Conversations;

namespace Farsight.Evaluation.Benchmarks.InfiniteBench;

/// <summary>
/// Represents InfiniteBench's tasks with its templates for GPT-4, and with those for base models (YaRN-Mistral, Yi, ChatGLM3), whose names
/// end in "_base".
/// </summary>
/// <remarks>
/// Scores by different templates are not comparable. Source: arXiv:2402.13718; OpenBMB/InfiniteBench @88b3daa, src/eval_utils.py.
/// </remarks>
sealed class InfiniteBenchTasks : IEvalTaskFamily
{
    static readonly string[] s_names =
    [
        "passkey", "number_string", "kv_retrieval", "longbook_sum_eng", "longbook_qa_eng", "longbook_qa_chn", "longbook_choice_eng",
        "longdialogue_qa_eng", "math_find", "math_calc", "code_run", "code_debug",
    ];

    // For GPT-4 math_calc is asked in a conversation that the official program has in its code.
    /// <inheritdoc/>
    public IEnumerable<IEvalTask> Tasks =>
        [
            .. s_names.Where(n => n != "math_calc").Select(n => new InfiniteBenchTask(n, isBase: false)),
            .. s_names.Select(n => new InfiniteBenchTask(n, isBase: true)),
        ];
}

/// <summary>Represents one task of InfiniteBench.</summary>
/// <remarks>
/// Version 1. Prompts that are too long lose their middle. The templates for GPT-4 follow a system message and go into the chat template,
/// those for base models are continued as they are. The official program sets no limit to GPT-4's answers; here they have the limits of
/// the other models, and <see cref="ThinkingTokens"/> where the template asks for more than an answer.
/// </remarks>
/// <param name="task">Its official name.</param>
/// <param name="isBase">Whether the templates for base models are used.</param>
sealed partial class InfiniteBenchTask(string task, bool isBase) : IGeneratedTask
{
    const string Templates = "infinitebench/prompts_and_lengths.json",
        ForChat = "gpt4",
        ForBase = "yarn-mistral (also yi, chatglm3)",
        Budgets = "max_new_tokens";
    const string Repository = "OpenBMB/InfiniteBench @88b3daa";
    const int ThinkingTokens = 1024;

    static readonly ChatTurn s_system = new("system", "You are a helpful assistant");

    readonly string _file = $"infinitebench/data/{task}.jsonl";

    /// <inheritdoc/>
    public EvalTaskCard Card { get; } =
        new(
            task + (isBase ? "_base" : ""),
            Version: 1,
            Title(task) + (isBase ? ", for base models" : ""),
            $"arXiv:2402.13718; {Repository}",
            Metric(task),
            Chance: IsChoice(task) ? 0.25 : null)
        {
            Benchmark = isBase ? "infinitebench-base" : "infinitebench",
            Suites = task is "longbook_sum_eng" or "longbook_qa_eng" or "longbook_choice_eng" && !isBase ? ["long", "paper"] : [],
            Data =
            [
                new(Templates, $"{Repository}, src/prompt.py and src/eval_utils.py, as JSON: sets of templates by task, and {Budgets}"),
                new($"infinitebench/data/{task}.jsonl", "huggingface.co/datasets/xinrongzhang2022/InfiniteBench"),
            ],
        };

    /// <inheritdoc/>
    public IEnumerable<EvalExample> Examples(EvalSetting setting)
    {
        DataRecord all = DataRecord.OfFile(setting.Data, Templates);
        string template = all.Inner(isBase ? ForBase : ForChat).Text(task);
        int budget = all.Inner(Budgets).Number(task);
        return DataRecord
            .Of(setting.Data, _file)
            .Select((r, i) => Example(r, i, template, !isBase && task is "code_debug" or "code_run" ? ThinkingTokens : budget));
    }

    /// <inheritdoc/>
    public EvalScore Score(EvalExample example, string completion)
    {
        Dictionary<string, double> beside = new()
        {
            ["clean"] = InfiniteBenchScore.Score(task, completion, example.References, MetricMode.Clean),
        };
        if (task == "math_calc")
        {
            // The official program drops the first number of the model named "gpt4", which repeats the first value of the question.
            beside["as gpt4"] = InfiniteBenchScore.MathCalc(completion, example.References, dropsFirst: true);
        }
        return new(InfiniteBenchScore.Score(task, completion, example.References), beside);
    }

    static bool IsChoice(string task) => task is "longbook_choice_eng" or "code_debug";

    static string Title(string task) => task switch
    {
        "passkey" => "A number in noise",
        "number_string" => "A long number in noise",
        "kv_retrieval" => "The value of a key",
        "longbook_sum_eng" => "Summary of a book (En.Sum)",
        "longbook_qa_eng" => "Questions about a book (En.QA)",
        "longbook_qa_chn" => "Questions about a book, Chinese (Zh.QA)",
        "longbook_choice_eng" => "Multiple choice about a book (En.MC)",
        "longdialogue_qa_eng" => "Name of a speaker (En.Dia)",
        "math_find" => "A number in a long list (Math.Find)",
        "math_calc" => "A long calculation step by step (Math.Calc)",
        "code_run" => "Result of a function (Code.Run)",
        "code_debug" => "The faulty function (Code.Debug)",
        _ => throw new ArgumentException($"InfiniteBench has no task {task}.", nameof(task)),
    };

    static string Metric(string task) => task switch
    {
        "longbook_sum_eng" => "ROUGE-L of whole summaries",
        "longbook_qa_eng" => "F1 of words",
        "longbook_qa_chn" => "F1 of characters",
        "math_calc" => "share of steps before the first error",
        _ => "right",
    };

    EvalExample Example(DataRecord record, int index, string template, int budget)
    {
        ChatTurn user = new("user", PythonFormat.Fill(template, Values(record), Templates));
        return new(
            index.ToString(CultureInfo.InvariantCulture),
            new EvalPrompt.Messages(isBase ? [user] : [s_system, user]) { UseChatTemplate = !isBase, Cut = PromptCuts.InfiniteBenchMiddle },
            Labels(record),
            budget)
        {
            Question = record.Has("input") ? record.Text("input") : "",
            Group = EvalExample.GroupOf(record.Text(record.Has("content") ? "content" : "context")),
        };
    }

    IReadOnlyList<string> Labels(DataRecord record)
    {
        IReadOnlyList<string> answers = Answers(record);
        if (!IsChoice(task) || answers is [_, "A" or "B" or "C" or "D"])
        {
            return answers;
        }
        int at = answers.Count == 1 ? Options(record).ToList().IndexOf(answers[0]) : -1;
        return at >= 0 ? [answers[0], "ABCD"[at].ToString()] : throw record.Lacks("its answer among its options");
    }

    /// <summary>Returns the answers of a record, of which there is at least one; of calculations only numbers.</summary>
    IReadOnlyList<string> Answers(DataRecord record)
    {
        IReadOnlyList<string> answers = record.Texts("answer");
        return answers.Count > 0 && (task is not ("math_find" or "math_calc") || answers.All(IsNumber))
            ? answers
            : throw record.Lacks("a right answer in 'answer'");
    }

    bool IsNumber(string answer) => task == "math_find" && answer.Contains('.')
        ? double.TryParse(answer, CultureInfo.InvariantCulture, out _)
        : BigInteger.TryParse(answer, CultureInfo.InvariantCulture, out _);

    static IReadOnlyList<string> Options(DataRecord record) =>
        record.Texts("options") is { Count: 4 } four ? four : throw record.Lacks("four options");

    Dictionary<string, string> Values(DataRecord record)
    {
        Dictionary<string, string> values = new() { ["context"] = record.Text(record.Has("content") ? "content" : "context") };
        if (record.Has("input"))
        {
            values["input"] = values["question"] = record.Text("input");
        }
        if (IsChoice(task))
        {
            IReadOnlyList<string> options = Options(record);
            (values["OPTION_A"], values["OPTION_B"], values["OPTION_C"], values["OPTION_D"]) = (
                options[0],
                options[1],
                options[2],
                options[3]);
        }
        if (task == "code_run")
        {
            string call = Found(Call(), record);
            (values["func_call"], values["func"]) = (call, PythonStrings.Before(call, "("));
        }
        if (task == "math_find")
        {
            values["prefix"] = $"What is {PythonStrings.Lower(Found(Number(), record))[..^3]} in the following list?";
        }
        return values;
    }

    static string Found(Regex pattern, DataRecord record) =>
        pattern.Match(record.Text("input")) is { Success: true } match ? match.Value : throw record.Lacks("what its input asks for");

    [GeneratedRegex(@"func_[0-9]+\(-?[0-9]+\)")]
    private static partial Regex Call();

    [GeneratedRegex("The .+ of")]
    private static partial Regex Number();
}
