using System.Globalization;
using Farsight.Evaluation.Benchmarks.Judged;
using Farsight.Evaluation.Core;
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
    public IEnumerable<EvalExample> Examples(EvalSetting setting)
    {
        Item[] all = [.. DataRecord.Of(setting.Data, File).Select(ItemOf)];
        string task = isChoice
            ? "You are given a story and a question with multiple choices. Choose the best answer from the options provided. Only one of "
                + "the following options is correct, output the answer using one single letter (A, B, C, or D). Don't say anything else."
            : "You are given a story and a question. Answer the question as concisely as you can, using a single phrase if possible.";
        return HelmetSampling.Drawn(all).Select(item => new EvalExample(
            item.Index.ToString(CultureInfo.InvariantCulture),
            HelmetCut.Prompt($"{task}\n\n{Shown(item)}", item.Context, $"\n\n{item.Asked}"),
            item.Answers,
            NewTokens)
        {
            Question = item.Question,
            Group = EvalExample.GroupOf(item.Context),
        });

        string Shown(Item own) => HelmetSampling.WithoutStories<Item>(
            [.. all.Where(i => i.Index != own.Index)], i => $"{i.Asked}\nAnswer: {i.Answers[0]}");
    }

    /// <inheritdoc/>
    public EvalScore Score(EvalExample example, string completion)
    {
        HelmetMetrics metrics = HelmetScore.Best(completion, example.References);
        return new(
            isChoice ? HelmetScore.IsChosen(completion, example.References) ? 1 : 0 : metrics.RougeL, HelmetTasks.Beside(metrics));
    }

    Item ItemOf(DataRecord record, int index)
    {
        IReadOnlyList<string> answers = record.SomeTexts("answer");
        string question = record.Text("input"), options = "";
        if (isChoice)
        {
            IReadOnlyList<string> texts = record.Texts("options") is { Count: 4 } four ? four : throw record.Lacks("four options");
            int right = texts.ToList().IndexOf(answers[0]) is >= 0 and var at ? at : throw record.Lacks("its answer among its options");
            options = $"\nOptions:\n{string.Join('\n', texts.Select((t, n) => $"{"ABCD"[n]}. {t}"))}";
            answers = ["ABCD"[right].ToString(), $"{"ABCD"[right]}. {answers[0]}"];
        }
        return new(index, record.Text("context"), question, $"Question: {question}{options}", answers);
    }

    sealed record Item(int Index, string Context, string Question, string Asked, IReadOnlyList<string> Answers);
}

/// <summary>Represents narrativeqa: questions about stories, judged for fluency and correctness.</summary>
/// <remarks>
/// The judge's prompt is ours. The score is fluency (0 or 1) times correctness (0 to 3), over 3. The file holds the stories that are long
/// enough, and its first hundred questions count. The official program draws two demonstrations from the training set without a seed; here
/// they are drawn by the question. Without the file of demonstrations there are none.
/// </remarks>
sealed class HelmetNarrativeQa : IJudgedTask
{
    const int NewTokens = 100;

    // Not found by the catalog, because a task of a family is made by it.
    internal HelmetNarrativeQa()
    {
    }

    static EvalDataFile Data { get; } =
        new("helmet/narrativeqa.jsonl", "Hugging Face narrativeqa: split test as JSONL with context, question and answer (a list)");

    static EvalDataFile Demonstrations { get; } =
        new("helmet/narrativeqa_demos.jsonl", "Hugging Face narrativeqa: split train as JSONL with question and answer (a list)")
        {
            IsOptional = true,
        };

    /// <inheritdoc/>
    public EvalTaskCard Card { get; } =
        HelmetTasks.Card("narrativeqa", "questions about a story", "fluency times correctness by a judge", null, Data, Demonstrations);

    /// <inheritdoc/>
    public IEnumerable<EvalExample> Examples(EvalSetting setting)
    {
        IReadOnlyList<DataRecord> shown = HelmetSampling.Optional(setting.Data, Demonstrations);
        return DataRecord.Of(setting.Data, Data.Path).Take(HelmetSampling.Items).Select((r, i) => new EvalExample(
            i.ToString(CultureInfo.InvariantCulture),
            HelmetCut.Prompt(
                "You are given a story, which can be either a novel or a movie script, and a question. Answer the question as concisely as "
                    + $"you can, using a single phrase if possible.\n\n{Shown(r.Text("question"))}",
                r.Text("context"),
                $"\n\nQuestion: {r.Text("question")}"),
            r.SomeTexts("answer"),
            NewTokens)
        {
            Question = r.Text("question"),
            Group = EvalExample.GroupOf(r.Text("context")),
        });

        string Shown(string question) => HelmetSampling.DrawnBy(
            question, shown, "For example:\n\n", d => $"Question: {d.Text("question")}\nAnswer: {d.SomeTexts("answer")[0]}",
            "\n\nNow, use the following story to answer the question:\n\n");
    }

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
/// read is a failure here; the official program leaves it out of the mean. The official program draws two demonstrations of law cases
/// without a seed; here they are drawn by the case. Without their file there are none. Counts are not clipped, so a judge can make the
/// score exceed 1.
/// </remarks>
sealed class HelmetSummary(string set) : IJudgedTask
{
    const string Points = "key points", Expert = "expert summary";

    bool IsLaw => set == "multi_lexsum";

    EvalDataFile Data { get; } = HelmetTasks.File(
        $"{set}.jsonl", $"{set} as JSONL with context, summary (the expert's), keypoints (a list)");

    EvalDataFile Demonstrations { get; } =
        HelmetTasks.File($"{set}_demos.jsonl", $"summaries of the training set of {set} as JSONL with summary") with { IsOptional = true };

    /// <inheritdoc/>
    public EvalTaskCard Card => HelmetTasks.Card(
        set, $"summary ({set})", "fluency times F1 by a judge", null, [Data, .. IsLaw ? new[] { Demonstrations } : []]);

    /// <inheritdoc/>
    public IEnumerable<EvalExample> Examples(EvalSetting setting)
    {
        (int Index, DataRecord Record)[] all = [.. DataRecord.Of(setting.Data, Data.Path).Index()];
        IReadOnlyList<DataRecord> cases = IsLaw ? HelmetSampling.Optional(setting.Data, Demonstrations) : [];
        return HelmetSampling.Drawn(all).Select(item => new EvalExample(
            item.Index.ToString(CultureInfo.InvariantCulture),
            IsLaw
                ? HelmetCut.Prompt(
                    "You are given the legal documents in a civil rights lawsuit, and you are tasked to summarize the case. Write a "
                        + "concise summary of one paragraph (200 to 250 words). The summary should contain a short description of the "
                        + $"background, the parties involved, and the outcomes of the case.\n\n{Cases(item.Record)}Legal documents:\n",
                    item.Record.Text("context"),
                    "\n\nNow please summarize the case.")
                : HelmetCut.Prompt(
                    "You are given a book and you are tasked to summarize it. Write a summary of about 1000 to 1200 words. Only write "
                        + "about the plot and characters of the story. Do not discuss the themes or background of the book. Do not "
                        + $"provide any analysis or commentary.\n\n{Shown(item.Index)}",
                    item.Record.Text("context"),
                    "\n\nNow summarize the book."),
            [item.Record.Text("summary")],
            IsLaw ? 400 : 1200)
        {
            Group = EvalExample.GroupOf(item.Record.Text("context")),
            Details = new Dictionary<string, IReadOnlyList<string>>
            {
                [Points] = item.Record.Texts("keypoints"),
                [Expert] = [item.Record.Text("summary")],
            },
        });

        string Cases(DataRecord own) => HelmetSampling.DrawnBy(
            own.Text("summary"), cases, "Example summaries:\n\n", d => $"Summary: {d.Text("summary")}",
            "\n\nNow, write a summary of the following legal documents.\n");

        string Shown(int own) => HelmetSampling.WithoutStories<(int Index, DataRecord Record)>(
            [.. all.Where(i => i.Index != own)], i => $"Summary: {PythonStrings.Strip(i.Record.Text("summary"))}");
    }

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
/// language model is asked. Each question has two demonstrations that Python's random draws in the order of the file, and a hundred
/// questions are drawn afterwards. Sentences are split by a rule of ours, not by NLTK.
/// </remarks>
sealed class HelmetCitations(bool isList) : CitationTask
{
    const string Passages = "passages", Groups = "groups";
    const int NewTokens = 300, ShortestSentence = 5;

    string Set => isList ? "qampari" : "asqa";

    EvalDataFile Data => HelmetTasks.File($"alce_{Set}.jsonl", $"the file of alce_{Set}, with as many passages (docs) as the length holds");

    EvalDataFile Prompts => HelmetTasks.File($"alce_{Set}_prompt.json", $"prompts/{Set}_revised.json");

    /// <inheritdoc/>
    public override EvalTaskCard Card =>
        HelmetTasks.Card($"alce_{Set}", $"answers with citations ({Set})", "mean of answers, citation recall and precision", null, Data,
            Prompts) with
        {
            Metrics = [new("answers"), new(Recall), new(Precision), .. OfficialMetrics],
        };

    /// <inheritdoc/>
    public override IEnumerable<EvalExample> Examples(EvalSetting setting)
    {
        DataRecord prompts = DataRecord.OfFile(setting.Data, Prompts.Path);
        IReadOnlyList<DataRecord> demonstrations = prompts.Records("demos");
        PythonRandom random = new(HelmetSampling.Seed);
        (DataRecord Record, DataRecord[] Shown, int Index)[] all =
        [
            .. DataRecord.Of(setting.Data, Data.Path).Select((r, i) =>
                (r, random.Sample(demonstrations, Math.Min(HelmetTasks.Shots, demonstrations.Count)), i)),
        ];
        return HelmetSampling.Drawn(all).Select(item => new EvalExample(
            item.Index.ToString(CultureInfo.InvariantCulture),
            EvalPrompt.Of(
                $"{string.Concat(item.Shown.Select(d => Shown(prompts, d)))}{prompts.Text("instruction")}\n\nQuestion: "
                    + $"{item.Record.Text("question")}\n\n{Context(prompts, item.Record)}"),
            [],
            NewTokens)
        {
            Question = item.Record.Text("question"),
            Details = new Dictionary<string, IReadOnlyList<string>>
            {
                [Passages] =
                    [.. item.Record.Records("docs").Select(d => $"Title: {d.Text("title")}\n{d.Text(d.Has("sent") ? "sent" : "text")}")],
                [Groups] =
                [
                    .. isList
                        ? item.Record.Records("answers").Select(a => string.Join('\t', a.Texts()))
                        : item.Record.Records("qa_pairs").Select(p => string.Join('\t', p.Texts("short_answers"))),
                ],
            },
        });
    }

    /// <inheritdoc/>
    protected override EvalScore Score(EvalExample example, string completion, PrecisionRecall found, int citations)
    {
        IReadOnlyList<string>[] groups = [.. example.Details[Groups].Select(g => g.Split('\t'))];
        string text = Metrics.Citations.Remove(Line(completion));
        double answers = isList ? HelmetScore.ListMatch(text, groups).RecallOfFive : HelmetScore.StringMatch(text, groups);
        return new((answers + found.Recall + found.Precision) / 3, new Dictionary<string, double> { ["answers"] = answers });
    }

    /// <inheritdoc/>
    protected override double OfficialScore(EvalScore mean, PrecisionRecall official) =>
        (mean.Beside.GetValueOrDefault("answers") + official.Recall + official.Precision) / 3;

    /// <inheritdoc/>
    protected override EntailedCitations Citations(EvalExample example, string completion)
    {
        string text = Line(completion);
        IEnumerable<string> sentences = isList
            ? PythonStrings.StripEnd(text).TrimEnd('.').TrimEnd(',').Split(',').Select(x => $"{example.Question} {PythonStrings.Strip(x)}")
            : Sentences.Of(text).Where(s => PythonStrings.Length(PythonStrings.Strip(s)) >= ShortestSentence);
        return new([.. sentences], example.Details[Passages]);
    }

    static string Line(string completion) => string.Join(' ', completion.Split('\n', StringSplitOptions.RemoveEmptyEntries));

    string Shown(DataRecord prompts, DataRecord demonstration) => PythonFormat.Fill(
        prompts.Text("demo_prompt"),
        new Dictionary<string, string>
        {
            ["instruction"] = prompts.Text("instruction"),
            ["question"] = demonstration.Text("question"),
            ["context"] = Context(prompts, demonstration),
            ["answer"] = demonstration.Text("answer"),
        },
        Prompts.Path) + "\n\n\n";

    static string Context(DataRecord prompts, DataRecord record) => string.Join("\n\n", record.Records("docs").Select((d, i) =>
        PythonFormat.Fill(prompts.Text("doc_prompt"), new Dictionary<string, string>
        {
            ["ID"] = (i + 1).ToString(CultureInfo.InvariantCulture),
            ["title"] = d.Text("title"),
            ["text"] = d.Text("text"),
        }, "the doc_prompt of HELMET")));
}
