using System.Globalization;
using Farsight.Evaluation.Core;
using Farsight.Evaluation.Core.Prompts;
using Farsight.Evaluation.Metrics;
using Farsight.Evaluation.PythonCompat;
using Farsight.Text.Conversations;

namespace Farsight.Evaluation.Benchmarks.LoCoMo;

/// <summary>Represents LoCoMo's questions about very long conversations, in five categories.</summary>
/// <remarks>
/// Version 1. Prompts as the official program asks one question at a time; a conversation that is too long loses its oldest part. In
/// adversarial questions the official order of the two options is random without a seed; here it alternates. Their answer is read from
/// "adversarial_answer" where the record has no "answer", as 444 of 446 have. Scores are not comparable with the first arXiv version, which
/// had fifty conversations. Source: arXiv:2402.17753; snap-research/locomo @9228632, task_eval.
/// </remarks>
sealed class LoCoMoQuestions : IGeneratedTask
{
    const string Refusal = "Not mentioned in the conversation";
    const string Options = "options", Category = "category";
    const int NewTokens = 32;

    /// <inheritdoc/>
    public EvalTaskCard Card { get; } = new(
        "locomo_qa", 1, "LoCoMo: questions about long conversations", "arXiv:2402.17753; snap-research/locomo @9228632",
        "F1 of word stems; refusals", null)
    {
        Benchmark = "locomo",
        Data = [LoCoMoConversation.Data],
    };

    /// <inheritdoc/>
    public IEnumerable<EvalExample> Examples(EvalSetting setting) =>
        from conversation in LoCoMoConversation.All(setting.Data)
        from question in conversation.Questions.Index()
        select Example(conversation, question.Item, question.Index);

    /// <inheritdoc/>
    public EvalScore Score(EvalExample example, string completion)
    {
        int category = int.Parse(example.Details[Category][0], CultureInfo.InvariantCulture);
        string said = example.Details.TryGetValue(Options, out IReadOnlyList<string>? options)
            ? LoCoMoScore.Option(completion, options[0], options[1])
            : PythonStrings.Strip(completion);
        return new(LoCoMoScore.Score(category, said, example.References[0]));
    }

    static EvalExample Example(LoCoMoConversation conversation, DataRecord question, int index)
    {
        int category = question.Number(Category);
        string name = LoCoMoCategory.NameOf(category) ?? throw question.Lacks("a category from 1 to 5");
        bool isAdversarial = category == LoCoMoCategory.Adversarial;
        string answer = question.Text(question.Has("answer") || !isAdversarial ? "answer" : "adversarial_answer");
        string[] options = index % 2 == 0 ? [Refusal, answer] : [answer, Refusal];
        string asked = question.Text("question") + category switch
        {
            LoCoMoCategory.Temporal => " Use DATE of CONVERSATION to answer with an approximate date.",
            LoCoMoCategory.Adversarial => $" Select the correct answer: (a) {options[0]} (b) {options[1]}. ",
            _ => "",
        };
        Dictionary<string, IReadOnlyList<string>> details = new()
        {
            [Category] = [category.ToString(CultureInfo.InvariantCulture)],
        };
        if (isAdversarial)
        {
            details[Options] = options;
        }
        return new(
            string.Create(CultureInfo.InvariantCulture, $"{conversation.Name}-{index}"),
            EvalPrompt.Of(Prompt(conversation, asked, isAdversarial)) with { Cut = PromptCuts.Left },
            [isAdversarial ? Refusal : answer],
            NewTokens)
        {
            Question = asked,
            Group = conversation.Name,
            Groups = new Dictionary<string, string> { [Category] = name },
            Details = details,
        };
    }

    static string Prompt(LoCoMoConversation conversation, string question, bool isAdversarial) =>
        $"Below is a conversation between two people: {conversation.Speakers[0]} and {conversation.Speakers[1]}. The conversation takes "
        + "place over multiple days and the date of each conversation is wriiten at the beginning of the conversation.\n\n"
        + conversation.Text + "\n\n\n"
        + (isAdversarial
            ? "Based on the above context, answer the following question.\n\n"
            : "Based on the above context, write an answer in the form of a short phrase for the following question. Answer with exact "
                + "words from the context whenever possible.\n\n")
        + $"Question: {question} Short answer:\n";
}

/// <summary>Represents LoCoMo's event summaries: what happened to one speaker, session by session.</summary>
/// <remarks>
/// Version 1. The official scoring code is not public: here the summary is compared by ROUGE, and the prompt is ours. The paper's FactScore
/// is the task <see cref="LoCoMoEventFacts"/>.
/// </remarks>
sealed class LoCoMoEvents : IGeneratedTask
{
    const int NewTokens = 1024;

    /// <inheritdoc/>
    public EvalTaskCard Card { get; } = new(
        "locomo_events", 1, "LoCoMo: events of a speaker's life", "arXiv:2402.17753; snap-research/locomo @e76cdff, data only",
        "F of ROUGE-L", null)
    {
        Benchmark = "locomo",
        Metrics = [new("ROUGE-1"), new("ROUGE-2")],
        Data = [LoCoMoConversation.Data],
    };

    /// <inheritdoc/>
    public IEnumerable<EvalExample> Examples(EvalSetting setting) => All(setting);

    /// <summary>Returns the examples: one for each speaker with events.</summary>
    internal static IEnumerable<EvalExample> All(EvalSetting setting) =>
        from conversation in LoCoMoConversation.All(setting.Data)
        from speaker in conversation.Speakers
        let events = conversation.Events(speaker)
        where events.Count > 0
        select new EvalExample(
            $"{conversation.Name}-{speaker}",
            EvalPrompt.Of($"{conversation.Text}List the events in the life of {speaker} that this conversation tells, in their order, one "
                + "short sentence per line.") with
            { Cut = PromptCuts.Left },
            [string.Join('\n', events)],
            NewTokens)
        {
            Question = $"Events of {speaker}",
            Group = conversation.Name,
        };

    /// <inheritdoc/>
    public EvalScore Score(EvalExample example, string completion) => new(
        GoogleRouge.L(example.References[0], completion).F1,
        new Dictionary<string, double>
        {
            ["ROUGE-1"] = GoogleRouge.N(example.References[0], completion, 1).F1,
            ["ROUGE-2"] = GoogleRouge.N(example.References[0], completion, 2).F1,
        });
}

/// <summary>Represents the same event summaries, scored by the atomic facts that a judge counts.</summary>
/// <remarks>
/// Version 1. The paper reports precision, recall and F1 of FactScore (arXiv:2305.14251) between summary and events; the score is F1. The
/// judge's prompts are ours: it is asked twice how many atomic facts a text has, and how many of them another text supports.
/// </remarks>
sealed class LoCoMoEventFacts : IJudgedTask
{
    const string Facts = "facts", Supported = "supported", Precision = "fact precision", Recall = "fact recall";

    /// <inheritdoc/>
    public EvalTaskCard Card { get; } = new(
        "locomo_events_facts", 1, "LoCoMo: facts of a speaker's life", "arXiv:2402.17753; snap-research/locomo @e76cdff, data only",
        "F1 of atomic facts by a judge", null)
    {
        Benchmark = "locomo",
        Metrics = [new(Precision), new(Recall)],
        Data = [LoCoMoConversation.Data],
    };

    /// <inheritdoc/>
    public IEnumerable<EvalExample> Examples(EvalSetting setting) => LoCoMoEvents.All(setting);

    /// <inheritdoc/>
    public IReadOnlyList<ChatTurn> Judge(EvalExample example, IReadOnlyList<string> completions) =>
        Ask(completions[^1], example.References[0]);

    /// <inheritdoc/>
    public IReadOnlyList<ChatTurn>? JudgeNext(EvalExample example, IReadOnlyList<string> completions, IReadOnlyList<string> replies) =>
        replies.Count == 1 ? Ask(example.References[0], completions[^1]) : null;

    /// <inheritdoc/>
    public EvalScore? Score(EvalExample example, IReadOnlyList<string> completions, string verdict) => null; // two replies are needed

    /// <inheritdoc/>
    public EvalScore? Score(EvalExample example, IReadOnlyList<string> completions, IReadOnlyList<string> replies) =>
        replies.Count == 2 && Share(replies[0]) is { } precision && Share(replies[1]) is { } recall
            ? new(
                precision + recall > 0 ? 2 * precision * recall / (precision + recall) : 0,
                new Dictionary<string, double> { [Precision] = precision, [Recall] = recall })
            : null;

    static ChatTurn[] Ask(string text, string other) =>
    [
        new(
            "user",
            "Split the first text into atomic facts: short statements with one piece of information each. Count them, and count those that "
                + $"the second text supports. Write one JSON object: {{\"{Facts}\": number, \"{Supported}\": number}}\n\n"
                + $"First text:\n{text}\n\nSecond text:\n{other}"),
    ];

    // A text without facts supports none; a judge may count more supported facts than there are.
    static double? Share(string reply) =>
        JsonReply.LastObject(reply) is { } json
        && JsonReply.Number(json, Facts) is { } facts and >= 0 && JsonReply.Number(json, Supported) is { } supported and >= 0
            ? facts > 0 ? Math.Min(1, supported / facts) : 0
            : null;
}
