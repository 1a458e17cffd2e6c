using System.Globalization;
using Farsight.Engine;
using Farsight.Engine.Numerics;
using Farsight.Evaluation.Core;
using Farsight.Evaluation.Core.Prompts;
using Farsight.Evaluation.PythonCompat;
using Farsight.Text.Conversations;

namespace Farsight.Evaluation.Benchmarks.BabiLong;

/// <summary>Represents BABILong's twenty tasks: facts of bAbI scattered in books.</summary>
/// <remarks>
/// Version 1. The original's contexts were drawn without a seed, so these are others, made the same way (<see cref="BabiLongMixer"/>).
/// Facts are those of bAbI's test files; the original takes the training files. The length holds prompt and completion: 300 tokens are set
/// aside for what stands around the context, as in the original, or as many as that has.
/// </remarks>
sealed class BabiLongTasks : IEvalTaskFamily
{
    static readonly string[] s_names =
    [
        "single-supporting-fact",
        "two-supporting-facts",
        "three-supporting-facts",
        "two-arg-relations",
        "three-arg-relations",
        "yes-no-questions",
        "counting",
        "lists-sets",
        "simple-negation",
        "indefinite-knowledge",
        "basic-coreference",
        "conjunction",
        "compound-coreference",
        "time-reasoning",
        "basic-deduction",
        "basic-induction",
        "positional-reasoning",
        "size-reasoning",
        "path-finding",
        "agents-motivations",
    ];

    /// <inheritdoc/>
    public IEnumerable<IEvalTask> Tasks =>
        s_names.Select((n, i) => new BabiLongTask(string.Create(CultureInfo.InvariantCulture, $"qa{i + 1}"), n));
}

/// <summary>Represents one of BABILong's tasks.</summary>
/// <param name="task">"qa1".</param>
/// <param name="kind">What it asks, as in the name of bAbI's file.</param>
sealed class BabiLongTask(string task, string kind) : IGeneratedTask
{
    const string Prompts = "babilong/prompts.json", Program = "babilong/prompts.py", Books = "pg19_like_books";
    const int Around = 300, TokensForFact = 8, NewTokens = 20, StandardSamples = 100, MostTries = 8;

    readonly string _facts = $"babilong/babi_en-10k_test/{task}_{kind}_test.txt";

    /// <inheritdoc/>
    public EvalTaskCard Card { get; } =
        new(
            "babilong_" + task,
            1,
            "BABILong: " + kind.Replace('-', ' '),
            "arXiv:2406.10149; booydar/babilong @7a6efee",
            "the right label alone",
            null)
        {
            Benchmark = "babilong",
            Suites = task is "qa1" or "qa2" or "qa3" or "qa4" or "qa5" ? ["long"] : [],
            IsPerLength = true,
            Data =
            [
                new(Prompts, "booydar/babilong @7a6efee: babilong/prompts.py, as it is or as JSON") { Or = Program },
                new($"babilong/babi_en-10k_test/{task}_{kind}_test.txt", "bAbI tasks 1-20 v1-2: en-10k"),
                new(Books + "/", "long English books as .txt; the original takes the test set of PG-19"),
            ],
        };

    /// <inheritdoc/>
    public IEnumerable<EvalExample> Examples(EvalSetting setting)
    {
        ITextTokens tokens = setting.TokensFor(Card.Name);
        string template = Template(setting.Data);
        BabiLongMixer mixer = new(ReadBooks(setting.Data), tokens.Encode, ids => tokens.Decode(ids));
        BabiStory[] all = [.. BabiStory.Read(setting.Data.ReadLines(_facts), _facts)];
        if (all.Length == 0)
        {
            throw new InputException($"{_facts} has no questions; {EvalData.Advice}.");
        }
        IReadOnlyList<string> labels = BabiStory.Labels(all);
        int mostLines = Math.Max(1, (setting.Length - Around) / TokensForFact),
            format = setting.Format?.Conversation([new ChatTurn("user", "")], "").Length ?? tokens.EncodeStart("").Length;

        int made = 0;
        foreach (
            int i in Order(setting.Seed, all.Length)
                .Where(i => all[i].Facts.Count + 1 <= mostLines)
                .Take(setting.SamplesOr(StandardSamples)))
        {
            yield return Example(
                setting.Length,
                made++,
                Prompt(mixer, setting, template, all[i], i, setting.Length - NewTokens - format),
                all[i],
                labels);
        }
        if (made == 0)
        {
            throw new InputException(
                $"A context of {setting.Length} tokens is too short for {Card.Name}, whose shortest story has "
                    + $"{all.Min(s => s.Facts.Count)} facts; use a longer one."
            );
        }
    }

    /// <inheritdoc/>
    public EvalScore Score(EvalExample example, string completion) =>
        EvalScore.Of(BabiLongAnswer.IsCorrect(example.References[0], completion, example.Question, example.Details["labels"]));

    /// <summary>
    /// Renders the prompt of a story in at most <paramref name="most"/> tokens, if its facts leave room. The whole text may have a few
    /// more tokens than its pieces; noise is then left out.
    /// </summary>
    string Prompt(BabiLongMixer mixer, EvalSetting setting, string template, BabiStory story, int number, int most)
    {
        ITextTokens tokens = setting.TokensFor(Card.Name);
        int context = Math.Min(setting.Length - Around, most - tokens.Count(Fill(template, "", story.Question)));
        for (int i = 0; ; i++)
        {
            SeededRandom random = SeededRandom.For(setting.Seed, $"{Card.Name}/{setting.Length}", number);
            string prompt = Fill(template, mixer.Mix(ref random, story.Facts, context), story.Question);
            int over = tokens.Count(prompt) - most;
            if (over <= 0 || context <= 0 || i == MostTries)
            {
                return prompt;
            }
            context -= over;
        }
    }

    static EvalExample Example(int length, int number, string prompt, BabiStory story, IReadOnlyList<string> labels) => new(
        string.Create(CultureInfo.InvariantCulture, $"{length}-{number}"), EvalPrompt.Of(prompt), [story.Answer], NewTokens)
    {
        Question = story.Question,
        Groups = new Dictionary<string, string> { [EvalExample.Length] = length.ToString(CultureInfo.InvariantCulture) },
        Details = new Dictionary<string, IReadOnlyList<string>> { ["labels"] = labels },
    };

    string Template(EvalData data)
    {
        (string template, DataRecord tasks) = data.Exists(Program) ? OfProgram(data) : OfJson(data);
        DataRecord own = tasks.Inner(task);
        Dictionary<string, string> values = new()
        {
            ["instruction"] = own.Text("instruction"),
            ["examples"] = own.Text("examples"),
            ["post_prompt"] = own.Text("post_prompt"),
            ["context"] = "{context}",
            ["question"] = "{question}",
        };
        return PythonFormat.Fill(template, values, Prompts);
    }

    static (string Template, DataRecord Tasks) OfJson(EvalData data)
    {
        DataRecord prompts = DataRecord.OfFile(data, Prompts);
        return (prompts.Text("default_template"), prompts.Inner("tasks"));
    }

    static (string Template, DataRecord Tasks) OfProgram(EvalData data)
    {
        PythonSource program = new(data.ReadText(Program), Program);
        return ($"{program.TextAfter("TASK_TEMPLATE =")}\n\n{program.TextAfter("USER_TEMPLATE =")}",
            new(program.Dictionary("DEFAULT_PROMPTS ="), Program));
    }

    static string Fill(string template, string context, string question) =>
        PythonFormat.Fill(template, new Dictionary<string, string> { ["context"] = context, ["question"] = question }, Prompts).Trim();

    static string[] ReadBooks(EvalData data) =>
        data.Files(Books).Where(f => f.EndsWith(".txt", StringComparison.Ordinal)).Select(f => data.ReadText($"{Books}/{f}")).ToArray()
            is { Length: > 0 } books
            ? books
            : throw new InputException($"{Books} in the data folder contains no .txt files; put long English books there.");

    int[] Order(int seed, int count)
    {
        int[] order = [.. Enumerable.Range(0, count)];
        SeededRandom random = SeededRandom.For(seed, Card.Name, 0);
        random.Shuffle(order.AsSpan());
        return order;
    }
}
