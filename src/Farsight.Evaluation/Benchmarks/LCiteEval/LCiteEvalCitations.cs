using Farsight.Evaluation.Benchmarks.Judged;
using Farsight.Evaluation.Benchmarks.Ruler;
using Farsight.Evaluation.Core;
using Farsight.Evaluation.Metrics;

namespace Farsight.Evaluation.Benchmarks.LCiteEval;

/// <summary>Represents the citations of L-CiteEval's free answers, judged sentence by sentence: do the cited passages entail it?</summary>
/// <remarks>
/// Version 1. The official judge is an entailment model (deberta-base-long-nli); here a language model is asked for entailment, neutral or
/// contradiction. Scores by different judges are not comparable. Sentences are split by NLTK's model where the user has it (punkt_tab),
/// else by a rule of ours. Calls per answer: its sentences with citations, and one or two per citation of sentences with several.
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
sealed class LCiteEvalCitationTask(LCiteEvalTask answers) : CitationTask
{
    const string Punkt = "punkt_tab/english/", Splitter = "sentence model";

    /// <inheritdoc/>
    public override EvalTaskCard Card => answers.Card with
    {
        Name = answers.Card.Name + "_citations",
        Title = answers.Card.Title + ", citations",
        Metric = "F1 of citations by entailment",
        Chance = null,
        Benchmark = "l-citeeval-citations",
        Metrics = [new(Precision), new(Recall), new("citations") { IsShare = false }, .. OfficialMetrics],
        Data = [.. answers.Card.Data, new(Punkt, "NLTK data: punkt_tab/english") { IsOptional = true }],
    };

    /// <inheritdoc/>
    public override IEnumerable<EvalExample> Examples(EvalSetting setting) => answers.Examples(setting).Select(e => e with
    {
        Details = new Dictionary<string, IReadOnlyList<string>>(e.Details)
        {
            [Splitter] = setting.Data.PathOf(Punkt) is { } folder && PunktModel.Exists(folder) ? [folder] : [],
        },
    });

    /// <inheritdoc/>
    protected override EvalScore Score(EvalExample example, string completion, PrecisionRecall found, int citations) =>
        new(found.F1, new Dictionary<string, double> { ["citations"] = citations });

    /// <inheritdoc/>
    protected override double OfficialScore(EvalScore mean, PrecisionRecall official) => official.F1;

    /// <inheritdoc/>
    protected override EntailedCitations Citations(EvalExample example, string completion) => new(
        example.Details[Splitter] is [var folder]
            ? new PunktSentences(PunktModel.Open(folder)).Split(completion)
            : [.. Sentences.Of(completion)],
        [.. example.Details[LCiteEvalTask.Passages].Select(Passage)]);

    // A passage with a title is kept as JSON.
    static string Passage(string passage) => JsonReply.LastObject(passage) is { } record && record.Has("text") && record.Has("title")
        ? $"Title: {record.Text("title")}\nPassage: {record.Text("text")}"
        : $"Passage: {passage}";
}
