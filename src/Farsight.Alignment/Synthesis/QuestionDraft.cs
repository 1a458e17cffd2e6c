using Farsight.Alignment.Data;

namespace Farsight.Alignment.Synthesis;

/// <summary>A question that is to be written.</summary>
/// <param name="Origin">Single detail, multi-detail or summary.</param>
/// <param name="Chunks">Numbers of the passage's chunks that it is about, ascending.</param>
/// <param name="Ask">What the model is asked.</param>
sealed record QuestionDraft(QuestionOrigin Origin, IReadOnlyList<int> Chunks, ModelAsk Ask);

/// <summary>What the model wrote.</summary>
/// <param name="Question">What is asked.</param>
/// <param name="Answer">The writer's own answer; it helps to find the relevant chunks and is not trained on.</param>
/// <param name="Fault">Why it cannot be used; null for a good one.</param>
sealed record WrittenQuestion(string Question, string Answer, string? Fault)
{
    internal static WrittenQuestion Bad(string fault) => new("", "", fault);
}
