using System.Globalization;
using Farsight.Evaluation.Benchmarks.LCiteEval;
using Farsight.Evaluation.Core;
using Farsight.Evaluation.Core.Prompts;
using Farsight.Evaluation.Metrics;
using Farsight.Evaluation.PythonCompat;
using Farsight.Text.Conversations;

namespace Farsight.Evaluation.Benchmarks.Helmet;

/// <summary>Represents infbench_qa and infbench_choice: questions about ∞Bench's books, scored without a judge.</summary>
sealed class HelmetLongQuestions(bool isChoice) : IGeneratedTask
{
    const int NewTokens = 10;

    string File => $"infinitebench/data/{(isChoice ? "longbook_choice_eng" : "longbook_qa_eng")}.jsonl";

    /// <inheritdoc/>
    public EvalTaskCard Card => HelmetTasks.Card(
        isChoice ? "infbench_choice" : "infbench_qa", isChoice ? "multiple choice about a book" : "questions about a book",
        isChoice ? "the letter or the option is right" : "F of ROUGE-L", isChoice ? 0.25 : null,
        new EvalDataFile(File, "huggingface.co/datasets/xinrongzhang2022/InfiniteBench"));

    /// <inheritdoc/>
    public IEnumerable<EvalExample> Examples(EvalSetting setting) => DataRecord.Of(setting.Data, File).Select((r, i) =>
    {
        IReadOnlyList<string> answers = r.SomeTexts("answer");
        string question = r.Text("input"), options = "";
        if (isChoice)
        {
            IReadOnlyList<string> texts = r.Texts("options") is { Count: 4 } four ? four : throw r.Lacks("four options");
            int right = texts.ToList().IndexOf(answers[0]) is >= 0 and var at ? at : throw r.Lacks("its answer among its options");
            options = $"\nOptions:\n{string.Join('\n', texts.Select((t, n) => $"{"ABCD"[n]}. {t}"))}";
            answers = ["ABCD"[right].ToString(), $"{"ABCD"[right]}. {answers[0]}"];
        }
        string task = isChoice
            ? "You are given a story and a question with multiple choices. Choose the best answer from the options provided. Only one of "
                + "the following options is correct, output the answer using one single letter (A, B, C, or D). Don't say anything else."
            : "You are given a story and a question. Answer the question as concisely as you can, using a single phrase if possible.";
        return new EvalExample(
            i.ToString(CultureInfo.InvariantCulture),
            EvalPrompt.Of($"{task}\n\n{r.Text("context")}\n\nQuestion: {question}{options}") with { Cut = PromptCuts.LongBenchV2Middle },
            answers,
            NewTokens)
        {
            Question = question,
            Group = EvalExample.GroupOf(r.Text("context")),
        };
    });

    /// <inheritdoc/>
    public EvalScore Score(EvalExample example, string completion)
    {
        HelmetMetrics metrics = HelmetScore.Best(completion, example.References);
        return new(
            isChoice ? HelmetScore.IsChosen(completion, example.References) ? 1 : 0 : metrics.RougeL, HelmetTasks.Beside(metrics));
    }
}

/// <summary>Represents narrativeqa: questions about stories, judged for fluency and correctness.</summary>
/// <remarks>The judge's prompt is ours. The score is fluency (0 or 1) times correctness (0 to 3), over 3.</remarks>
sealed class HelmetNarrativeQa : IJudgedTask
{
    const int NewTokens = 100;

    // Not found by the catalog, because a task of a family is made by it.
    internal HelmetNarrativeQa()
    {
    }

    static EvalDataFile Data { get; } =
        new("helmet/narrativeqa.jsonl", "Hugging Face narrativeqa: split test as JSONL with context, question and answer (a list)");

    /// <inheritdoc/>
    public EvalTaskCard Card { get; } =
        HelmetTasks.Card("narrativeqa", "questions about a story", "fluency times correctness by a judge", null, Data);

    /// <inheritdoc/>
    public IEnumerable<EvalExample> Examples(EvalSetting setting) => DataRecord.Of(setting.Data, Data.Path)
        .Select((r, i) => new EvalExample(
        i.ToString(CultureInfo.InvariantCulture),
        EvalPrompt.Of(
            "You are given a story, which can be either a novel or a movie script, and a question. Answer the question as concisely as "
                + $"you can, using a single phrase if possible.\n\n{r.Text("context")}\n\nQuestion: {r.Text("question")}") with
        {
            Cut = PromptCuts.Right,
        },
        r.SomeTexts("answer"),
        NewTokens)
        {
            Question = r.Text("question"),
            Group = EvalExample.GroupOf(r.Text("context")),
        });

    /// <inheritdoc/>
    public IReadOnlyList<ChatTurn> Judge(EvalExample example, IReadOnlyList<string> completions) =>
    [
        new(
            "user",
            "Rate an answer. Fluency: 0 if it is broken, incomplete or repeats itself, else 1. Correctness: 0 wrong, 1 partly right, 2 "
                + "right with something more or less, 3 fully right. Write one JSON object: {\"fluency\": …, \"correctness\": "
                + "…}\n\nQuestion:\n"
                + $"{example.Question}\n\nRight "
                    + $"answers:\n{string.Join('\n', example.References)}\n\nAnswer:\n{HelmetScore.Parsed(completions[^1])}"),
    ];

    /// <inheritdoc/>
    public EvalScore? Score(EvalExample example, IReadOnlyList<string> completions, string verdict) =>
        JsonReply.LastObject(verdict) is { } reply
        && JsonReply.Number(reply, "fluency") is { } fluency
        && JsonReply.Number(reply, "correctness") is { } correctness
            ? new(fluency * correctness / 3)
            : null;
}

/// <summary>Represents the summaries, judged in three calls: fluency, key points found, sentences supported.</summary>
/// <remarks>
/// The judge's prompts are ours; key points come from the data (keypoints, as HELMET publishes them). A summary whose replies cannot be
/// read is a failure here; the official program leaves it out of the mean. Counts are not clipped, so a judge can make the score exceed 1.
/// </remarks>
sealed class HelmetSummary(string set) : IJudgedTask
{
    const string Points = "key points", Expert = "expert summary";

    EvalDataFile Data { get; } = HelmetTasks.File(
        $"{set}.jsonl", $"{set} as JSONL with context, summary (the expert's), keypoints (a list)");

    /// <inheritdoc/>
    public EvalTaskCard Card => HelmetTasks.Card(set, $"summary ({set})", "fluency times F1 by a judge", null, Data);

    /// <inheritdoc/>
    public IEnumerable<EvalExample> Examples(EvalSetting setting) => DataRecord.Of(setting.Data, Data.Path)
        .Select((r, i) => new EvalExample(
        i.ToString(CultureInfo.InvariantCulture),
        EvalPrompt.Of(set == "multi_lexsum"
            ? "You are given the legal documents in a civil rights lawsuit, and you are tasked to summarize the case. Write a concise "
                + "summary of one paragraph (200 to 250 words). The summary should contain a short description of the background, the "
                + "parties involved, and the outcomes of the case.\n\nLegal "
                + $"documents:\n{r.Text("context")}\n\nNow please summarize the case."
            : "You are given a book and you are tasked to summarize it. Write a summary of about 1000 to 1200 words. Only write about the "
                + $"plot and characters of the story.\n\n{r.Text("context")}\n\nNow summarize the book.") with
        {
            Cut = PromptCuts.Right,
        },
        [r.Text("summary")],
        set == "multi_lexsum" ? 400 : 1200)
        {
            Group = EvalExample.GroupOf(r.Text("context")),
            Details = new Dictionary<string, IReadOnlyList<string>> { [Points] = r.Texts("keypoints"), [Expert] = [r.Text("summary")] },
        });

    /// <inheritdoc/>
    public IReadOnlyList<ChatTurn> Judge(EvalExample example, IReadOnlyList<string> completions) =>
        Ask("Is the text coherent, complete and without repetition? Write one JSON object: {\"fluency\": 0 or 1}", completions[^1], "");

    /// <inheritdoc/>
    public IReadOnlyList<ChatTurn>? JudgeNext(EvalExample example, IReadOnlyList<string> completions, IReadOnlyList<string> replies) =>
        replies.Count switch
        {
            1 => Ask(
                "How many of the key points does the text state? Write one JSON object: {\"recall\": number}", completions[^1],
                "Key points:\n" + string.Join('\n', example.Details[Points].Index().Select(p => Numbered(p.Index + 1, p.Item)))),
            2 => Ask(
                "How many sentences does the text have, and how many of them does the expert's summary support? Write one JSON object: "
                    + "{\"precision\": number of supported sentences, \"sentence_count\": number}",
                completions[^1], $"Expert's summary:\n{example.Details[Expert][0]}"),
            _ => null,
        };

    /// <inheritdoc/>
    public EvalScore? Score(EvalExample example, IReadOnlyList<string> completions, string verdict) => null; // three replies are needed

    /// <inheritdoc/>
    public EvalScore? Score(EvalExample example, IReadOnlyList<string> completions, IReadOnlyList<string> replies) =>
        replies.Count == 3
        && Read(replies[0], "fluency") is { } fluency && Read(replies[1], "recall") is { } found
        && Read(replies[2], "precision") is { } supported && Read(replies[2], "sentence_count") is { } sentences
            ? new(HelmetScore.Summary(fluency, (int)found, example.Details[Points].Count, (int)supported, (int)sentences))
            : null;

    static double? Read(string reply, string key) => JsonReply.LastObject(reply) is { } json ? JsonReply.Number(json, key) : null;

    static string Numbered(int number, string point) => string.Create(CultureInfo.InvariantCulture, $"{number}. {point}");

    static ChatTurn[] Ask(string task, string text, string beside) =>
        [new("user", $"{task}\n\n{(beside.Length == 0 ? "" : $"{beside}\n\n")}Text:\n{text}")];
}

/// <summary>Represents alce_asqa and alce_qampari: answers with citations, of which the citations are judged.</summary>
/// <remarks>
/// The score is the mean of answer recall, citation recall and citation precision. The official judge is an entailment model; here a
/// language model is asked. Demonstrations are the first two of the prompt file; there they are drawn.
/// </remarks>
sealed class HelmetCitations(bool isList) : IJudgedTask
{
    const string Passages = "passages", Groups = "groups";
    const int NewTokens = 300, ShortestSentence = 5;

    string Set => isList ? "qampari" : "asqa";

    EvalDataFile Data => HelmetTasks.File($"alce_{Set}.jsonl", $"the file of alce_{Set}, with as many passages (docs) as the length holds");

    EvalDataFile Prompts => HelmetTasks.File($"alce_{Set}_prompt.json", $"prompts/{Set}_revised.json");

    /// <inheritdoc/>
    public EvalTaskCard Card =>
        HelmetTasks.Card($"alce_{Set}", $"answers with citations ({Set})", "mean of answers, citation recall and precision", null, Data,
            Prompts) with
        {
            Metrics = [new("answers"), new("citation recall"), new("citation precision")],
        };

    /// <inheritdoc/>
    public IEnumerable<EvalExample> Examples(EvalSetting setting)
    {
        DataRecord prompts = DataRecord.OfFile(setting.Data, Prompts.Path);
        string instruction = prompts.Text("instruction"), form = prompts.Text("doc_prompt");
        string shown = string.Concat(prompts.Records("demos").Take(HelmetTasks.Shots).Select(d =>
            PythonFormat.Fill(prompts.Text("demo_prompt"), new Dictionary<string, string>
            {
                ["instruction"] = instruction,
                ["question"] = d.Text("question"),
                ["context"] = Context(d, form),
                ["answer"] = d.Text("answer"),
            }, Prompts.Path) + "\n\n\n"));
        return DataRecord.Of(setting.Data, Data.Path).Select((r, i) => new EvalExample(
            i.ToString(CultureInfo.InvariantCulture),
            EvalPrompt.Of($"{shown}{instruction}\n\nQuestion: {r.Text("question")}\n\n{Context(r, form)}"),
            [],
            NewTokens)
        {
            Question = r.Text("question"),
            Details = new Dictionary<string, IReadOnlyList<string>>
            {
                [Passages] = [.. r.Records("docs").Select(d => $"Title: {d.Text("title")}\n{d.Text(d.Has("sent") ? "sent" : "text")}")],
                [Groups] =
                [
                    .. isList
                        ? r.Records("answers").Select(a => string.Join('\t', a.Texts()))
                        : r.Records("qa_pairs").Select(p => string.Join('\t', p.Texts("short_answers"))),
                ],
            },
        });
    }

    /// <inheritdoc/>
    public IReadOnlyList<ChatTurn> Judge(EvalExample example, IReadOnlyList<string> completions) =>
        EntailmentPrompt.Next(Citations(example, completions), []) ?? [];

    /// <inheritdoc/>
    public IReadOnlyList<ChatTurn>? JudgeNext(EvalExample example, IReadOnlyList<string> completions, IReadOnlyList<string> replies) =>
        EntailmentPrompt.Next(Citations(example, completions), replies);

    /// <inheritdoc/>
    public EvalScore? Score(EvalExample example, IReadOnlyList<string> completions, string verdict) =>
        Score(example, completions, (IReadOnlyList<string>)[verdict]);

    /// <inheritdoc/>
    public EvalScore? Score(EvalExample example, IReadOnlyList<string> completions, IReadOnlyList<string> replies)
    {
        if (replies.Any(r => EntailmentPrompt.Read(r) is null))
        {
            return null;
        }
        EntailedCitations citations = Citations(example, completions);
        _ = EntailmentPrompt.Next(citations, replies);
        IReadOnlyList<string>[] groups = [.. example.Details[Groups].Select(g => g.Split('\t'))];
        string text = Metrics.Citations.Remove(Line(completions[^1]));
        double answers = isList ? HelmetScore.ListMatch(text, groups).RecallOfFive : HelmetScore.StringMatch(text, groups);
        PrecisionRecall score = citations.Score ?? default;
        return new((answers + score.Recall + score.Precision) / 3, new Dictionary<string, double>
        {
            ["answers"] = answers,
            ["citation recall"] = score.Recall,
            ["citation precision"] = score.Precision,
        });
    }

    EntailedCitations Citations(EvalExample example, IReadOnlyList<string> completions)
    {
        string text = Line(completions[^1]);
        IEnumerable<string> sentences = isList
            ? PythonStrings.StripEnd(text).TrimEnd('.').TrimEnd(',').Split(',').Select(x => $"{example.Question} {PythonStrings.Strip(x)}")
            : Sentences.Of(text).Where(s => PythonStrings.Length(PythonStrings.Strip(s)) >= ShortestSentence);
        return new([.. sentences], example.Details[Passages]);
    }

    static string Line(string completion) => string.Join(' ', completion.Split('\n', StringSplitOptions.RemoveEmptyEntries));

    static string Context(DataRecord record, string form) => string.Join("\n\n", record.Records("docs").Select((d, i) =>
        PythonFormat.Fill(form, new Dictionary<string, string>
        {
            ["ID"] = (i + 1).ToString(CultureInfo.InvariantCulture),
            ["title"] = d.Text("title"),
            ["text"] = d.Text("text"),
        }, "the doc_prompt of HELMET")));
}
