namespace Farsight.Workflows.Timing.Importance;

/// <summary>One scorer on one set.</summary>
/// <param name="Set">Where the questions are from.</param>
/// <param name="Scorer">Its name.</param>
/// <param name="WithAnswer">Whether the gold answer was given beside the question.</param>
/// <param name="Quality">What came of it.</param>
public sealed record ImportanceRow(string Set, string Scorer, bool WithAnswer, RankQuality Quality);
