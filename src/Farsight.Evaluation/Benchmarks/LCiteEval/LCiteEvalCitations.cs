using Farsight.Evaluation.Benchmarks.Ruler;
using Farsight.Evaluation.Core;
using Farsight.Evaluation.Metrics;
using Farsight.Evaluation.PythonCompat;
using Farsight.Text.Conversations;

namespace Farsight.Evaluation.Benchmarks.LCiteEval;

/// <summary>Represents the citations of L-CiteEval's free answers, judged sentence by sentence: do the cited passages entail it?</summary>
/// <remarks>
/// Version 1. The official judge is an entailment model (deberta-base-long-nli); here a language model is asked for entailment, neutral or
/// contradiction. Scores by different judges are not comparable. Sentences are split by NLTK's model where the user has it (punkt_tab),
/// else by a rule of ours. An item without a sentence, which the official program leaves out, scores 0. Calls per answer: its sentences
/// with citations, and one or two per citation of sentences with several.
/// </remarks>
sealed class LCiteEvalCitations : IEvalTaskFamily
{
    static readonly string[] s_sets =
    [
        "narrativeqa", "natural_questions", "hotpotqa", "2wikimultihopqa", "locomo", "dialsim", "qmsum", "gov_report", "multi_news",
    ];

    /// <inheritdoc/>
    public IEnumerable<IEvalTask> Tasks => new LCiteEvalTasks().Tasks.OfType<LCiteEvalTask>()
        .Where(t => s_sets.Contains(t.Set))
        .Select(t => new LCiteEvalCitationTask(t));
}

/// <summary>Represents the citations of one set.</summary>
sealed class LCiteEvalCitationTask(LCiteEvalTask answers) : IJudgedTask
{
    const string Punkt = "punkt_tab/english/", Splitter = "sentence model";

    /// <inheritdoc/>
    public EvalTaskCard Card => answers.Card with
    {
        Name = answers.Card.Name + "_citations",
        Title = answers.Card.Title + ", citations",
        Metric = "F1 of citations by entailment",
        Chance = null,
        Benchmark = "l-citeeval-citations",
        Metrics = [new("citation precision"), new("citation recall"), new("citations") { IsShare = false }],
        Data = [.. answers.Card.Data, new(Punkt, "NLTK data: punkt_tab/english") { IsOptional = true }],
    };

    /// <inheritdoc/>
    public IEnumerable<EvalExample> Examples(EvalSetting setting) => answers.Examples(setting).Select(e => e with
    {
        Details = new Dictionary<string, IReadOnlyList<string>>(e.Details)
        {
            [Splitter] = setting.Data.PathOf(Punkt) is { } folder && PunktModel.Exists(folder) ? [folder] : [],
        },
    });

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
        PrecisionRecall score = citations.Score ?? default;
        return new(score.F1, new Dictionary<string, double>
        {
            ["citation precision"] = score.Precision,
            ["citation recall"] = score.Recall,
            ["citations"] = citations.Citations,
        });
    }

    static EntailedCitations Citations(EvalExample example, IReadOnlyList<string> completions)
    {
        string text = completions[^1];
        IReadOnlyList<string> sentences = example.Details[Splitter] is [var folder]
            ? new PunktSentences(PunktModel.Open(folder)).Split(text)
            : [.. Sentences.Of(text)];
        return new(sentences, [.. example.Details[LCiteEvalTask.Passages].Select(Passage)]);
    }

    // A passage with a title is kept as JSON.
    static string Passage(string passage) => JsonReply.LastObject(passage) is { } record && record.Has("text") && record.Has("title")
        ? $"Title: {record.Text("title")}\nPassage: {record.Text("text")}"
        : $"Passage: {passage}";
}

/// <summary>Asks a language model whether a premise entails a claim.</summary>
static class EntailmentPrompt
{
    static string Ask(string premise, string claim) =>
        "Does the premise entail the claim? Reply with one word: entailment if the claim follows from the premise, contradiction if the "
        + $"premise contradicts it, neutral otherwise.\n\nPremise:\n{premise}\n\nClaim:\n{claim}";

    /// <summary>
    /// Puts the replies so far into a scoring of citations, and returns the prompt of the first question without one; null when all have
    /// one.
    /// </summary>
    internal static ChatTurn[]? Next(EntailedCitations citations, IReadOnlyList<string> replies)
    {
        int answered = 0;
        foreach ((string premise, string claim) in citations.Questions(() => Read(replies[answered - 1]) ?? false))
        {
            if (answered++ == replies.Count)
            {
                return [new("user", Ask(premise, claim))];
            }
        }
        return null;
    }

    /// <summary>Reads the last label of a reply: whether it is entailment; null where there is none.</summary>
    internal static bool? Read(string reply)
    {
        string text = PythonStrings.Lower(reply);
        (string Label, int At)[] found =
        [
            .. ((string[])["entailment", "neutral", "contradiction"])
                .Select(l => (l, text.LastIndexOf(l, StringComparison.Ordinal)))
                .Where(l => l.Item2 >= 0),
        ];
        return found.Length == 0 ? null : found.MaxBy(f => f.At).Label == "entailment";
    }
}
