using Farsight.Alignment.Synthesis.Card;
using Farsight.Evaluation.Report;

namespace Farsight.Workflows.Reports;

/// <summary>Tabulates the sizes of a dataset: minimum, quartiles, maximum and mean over its samples.</summary>
public static class DatasetSizes
{
    /// <summary>Returns the sizes of contexts, questions and responses.</summary>
    /// <param name="card">The dataset.</param>
    /// <param name="hasScores">Whether the scores of the chunks follow, by role.</param>
    public static ReportTable Table(DatasetCard card, bool hasScores) => new(
        ["Size", "Minimum", "25 %", "Median", "75 %", "Maximum", "Mean"],
        [
            Row("context (tokens)", card.ContextTokens),
            Row("context (chunks)", card.ContextChunks),
            Row("question (words)", card.QuestionWords),
            Row("chosen response (words)", card.ChosenWords),
            Row("rejected response (words)", card.RejectedWords),
            .. hasScores ? card.Scores.Select(s => Row($"score of {s.Key} chunks", s.Value)) : [],
        ]);

    static IReadOnlyList<TableCell> Row(string name, Distribution spread) =>
    [
        new(name),
        .. new[] { spread.Min, spread.LowerQuartile, spread.Median, spread.UpperQuartile, spread.Max, spread.Mean }
            .Select(v => new TableCell(ReportText.Rounded(v))),
    ];
}
