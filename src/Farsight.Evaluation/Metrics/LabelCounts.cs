namespace Farsight.Evaluation.Metrics;

/// <summary>How many labels were said, how many there are, and how many were said rightly.</summary>
public readonly record struct LabelCounts(int Said, int Gold, int Right);
