namespace Farsight.Workflows.Timing.Importance;

/// <summary>A document in chunks, and questions of which is known where the answer stands.</summary>
/// <param name="Chunks">[N] texts.</param>
/// <param name="Questions">At least one.</param>
public sealed record RankCase(IReadOnlyList<string> Chunks, IReadOnlyList<RankQuestion> Questions);

/// <summary>A question whose evidence is known.</summary>
/// <param name="Question">What is asked.</param>
/// <param name="Answer">The gold answer.</param>
/// <param name="Gold">Numbers of the chunks that hold the evidence, at least one.</param>
public sealed record RankQuestion(string Question, string Answer, IReadOnlyList<int> Gold);
