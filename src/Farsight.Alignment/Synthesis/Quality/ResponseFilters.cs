namespace Farsight.Alignment.Synthesis.Quality;

/// <summary>The filters in the order in which synthesis asks them; each is of use by itself, too.</summary>
public static class ResponseFilters
{
    /// <summary>Every reason that a filter can give, for tables.</summary>
    public static IReadOnlyList<string> Reasons { get; } =
        [TooShort.Reason, RepetitionLoop.Reason, Refusal.Reason, EqualResponses.Reason, Unfollowed.Reason, Grounding.Reason];

    /// <summary>The first fault of a chosen response; null for one that may be preferred.</summary>
    /// <param name="question">What was asked.</param>
    /// <param name="chosen">The response.</param>
    /// <param name="seen">The chunks that it was written from, as text.</param>
    public static Fault? OfChosen(string question, string chosen, IEnumerable<string> seen) =>
        TooShort.Check(chosen)
        ?? RepetitionLoop.Check(chosen)
        ?? Refusal.Check(chosen)
        ?? Unfollowed.Check(question, chosen)
        ?? new Grounding([.. seen, question]).Check(chosen);

    /// <summary>The first fault of a rejected response; null for one that may be trained against.</summary>
    /// <remarks>Refusals, made-up answers and other forms are what a rejected response is there for.</remarks>
    public static Fault? OfRejected(string chosen, string rejected) =>
        TooShort.Check(rejected) ?? RepetitionLoop.Check(rejected) ?? EqualResponses.Check(chosen, rejected);
}
