namespace Farsight.Alignment.Data;

/// <summary>A turn as token ids.</summary>
/// <param name="Question">Between what came before and the response: the question with the template around it; may be empty in the first
/// turn.</param>
/// <param name="Chosen">The chosen response with its end token; at least one.</param>
/// <param name="Rejected">[M] the rejected responses with their end tokens; at least one token each.</param>
public sealed record TurnTokens(int[] Question, int[] Chosen, IReadOnlyList<int[]> Rejected)
{
    /// <summary>The chosen response and the rejected ones that an objective takes, the first ones; null for all.</summary>
    internal IEnumerable<int[]> Responses(int? rejectedResponses) => Rejected.Take(rejectedResponses ?? int.MaxValue).Prepend(Chosen);
}
